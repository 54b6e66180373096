"""The keys of `transformer_config` that tt-train's DeepSeek reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Integer, Number, ReadBy, Section

_TT_TRAIN = ReadBy("tt-train")

_Size = Annotated[Integer | None, Field(ge=1), _TT_TRAIN]


class MoeHyperparam(Section):
    """The mixture of experts: its size, and how tokens are routed."""

    moe_inter_dim: _Size = None
    """The hidden width of each expert. tt-train's default is 256."""

    n_routed_experts: _Size = None
    """The number of experts to choose from. tt-train's default is 8."""

    n_shared_experts: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The number of experts that process every token. tt-train's default is 1."""

    n_activated_experts: _Size = None
    """The number of routed experts that process each token. tt-train's default is 2."""

    n_expert_groups: _Size = None
    """The number of expert groups; routing chooses groups before experts. `1` turns groups off."""

    n_limited_groups: _Size = None
    """The number of groups from which each token's experts are chosen."""

    score_func: Annotated[Literal["sigmoid", "softmax"] | None, _TT_TRAIN] = None
    """The function that computes an expert's score. tt-train's default is `sigmoid`."""

    route_scale: Annotated[Number | None, Field(gt=0), _TT_TRAIN] = None
    """The factor that scales the routed experts' outputs. tt-train's default is 2.5."""


class DeepseekAttention(Section):
    """Multi-head latent attention, and the blocks without experts."""

    q_lora_rank: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The width to which queries are compressed. `0`: no compression."""

    kv_lora_rank: _Size = None
    """The width to which keys and values are compressed."""

    qk_nope_head_dim: _Size = None
    """The part of each query and key head without rotary positions, in dimensions."""

    qk_rope_head_dim: _Size = None
    """The part of each query and key head with rotary positions, in dimensions."""

    v_head_dim: _Size = None
    """The number of dimensions per value head."""

    n_dense_layers: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The number of initial blocks with a plain feed-forward layer, not experts."""

    inter_dim: _Size = None
    """The hidden width of the plain feed-forward layers."""


# The last base's keys come first.
class DeepseekFields(MoeHyperparam, DeepseekAttention):
    """The keys that DeepSeek adds. Older files write those of `moe_hyperparam` directly here."""

    moe_type: Annotated[Literal["dense", "sparse", "sparse_tp", "sparse_ep"] | None, _TT_TRAIN] = (
        None
    )
    """How experts are computed: all of them, masked, or only those that are chosen.

    `sparse_ep` distributes the experts across the devices of `moe_axis`.
    """

    moe_hyperparam: Annotated[MoeHyperparam | None, _TT_TRAIN] = None
    """The mixture of experts: its size, and how tokens are routed."""
