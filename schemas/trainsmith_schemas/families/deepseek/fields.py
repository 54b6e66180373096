"""The keys of `transformer_config` that tt-train's DeepSeek reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Integer, Number, ReadBy, Section

_TT_TRAIN = ReadBy("tt-train")

_Size = Annotated[Integer | None, Field(ge=1), _TT_TRAIN]


class MoeHyperparam(Section):
    """The experts of a DeepSeek and how each token is sent to some of them."""

    moe_inter_dim: _Size = None
    """The width inside each expert. tt-train takes 256 without it."""

    n_routed_experts: _Size = None
    """How many experts there are to choose from. tt-train takes 8 without it."""

    n_shared_experts: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """How many experts see every token. tt-train takes 1 without it."""

    n_activated_experts: _Size = None
    """How many of the routed experts see each token. tt-train takes 2 without it."""

    n_expert_groups: _Size = None
    """Groups of experts, of which the best are chosen first. `1` turns groups off."""

    n_limited_groups: _Size = None
    """How many groups each token may choose its experts from."""

    score_func: Annotated[Literal["sigmoid", "softmax"] | None, _TT_TRAIN] = None
    """How an expert's score is computed. tt-train takes `sigmoid` without it."""

    route_scale: Annotated[Number | None, Field(gt=0), _TT_TRAIN] = None
    """The factor on the experts' outputs. tt-train takes 2.5 without it."""


class DeepseekAttention(Section):
    """Latent attention, and the blocks without experts."""

    q_lora_rank: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The width that queries are compressed to (deepseek). `0` does not compress them."""

    kv_lora_rank: _Size = None
    """The width that keys and values are compressed to (deepseek)."""

    qk_nope_head_dim: _Size = None
    """The dimensions of a query and key head without rotary positions (deepseek)."""

    qk_rope_head_dim: _Size = None
    """The dimensions of a query and key head with rotary positions (deepseek)."""

    v_head_dim: _Size = None
    """The dimensions of a value head (deepseek)."""

    n_dense_layers: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """How many of the first blocks have a plain feed-forward layer, not experts (deepseek)."""

    inter_dim: _Size = None
    """The width inside the plain feed-forward layers (deepseek)."""


# The keys of the last base come first.
class DeepseekFields(MoeHyperparam, DeepseekAttention):
    """What a DeepSeek has besides the common keys; older files name the experts' sizes here."""

    moe_type: Annotated[Literal["dense", "sparse", "sparse_tp", "sparse_ep"] | None, _TT_TRAIN] = (
        None
    )
    """How the experts are computed (deepseek): masked and whole, or only the chosen ones.

    `sparse_ep` divides the experts over the devices of `moe_axis`.
    """

    moe_hyperparam: Annotated[MoeHyperparam | None, _TT_TRAIN] = None
    """The experts and how each token is sent to some of them (deepseek)."""
