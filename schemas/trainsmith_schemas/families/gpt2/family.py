"""GPT-2: learned (or fixed) positions, layer normalisation, GELU (Radford et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.families.checks import heads_divide_width
from trainsmith_schemas.families.description import refuse, require
from trainsmith_schemas.families.family import (
    Distinction,
    Family,
    HuggingFace,
    Layout,
    Shapes,
    parameter_shapes,
    with_biases,
)
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.sections.model import TransformerConfig

_POSITIONS = "transformer.wpe.weight"
_ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh"}


def _outer(config: TransformerConfig) -> Shapes:
    width = config.embedding_dim
    return {
        "transformer.wte.weight": (config.vocab_size, width),
        _POSITIONS: (config.max_sequence_length, width),
        **with_biases({"transformer.ln_f": (width,)}, config.bias),
    }


def _block(config: TransformerConfig) -> Shapes:
    width = config.embedding_dim
    layers = {
        "ln_1": (width,),
        "attn.c_attn": (3 * width, width),
        "attn.c_proj": (width, width),
        "ln_2": (width,),
        "mlp.c_fc": (4 * width, width),
        "mlp.c_proj": (width, 4 * width),
    }
    return with_biases(layers, config.bias)


def _kept_by_block(config: TransformerConfig) -> Kept:
    width = config.embedding_dim
    return Kept(
        reads=(
            (width, ("attn.c_attn",)),
            (0, ("attn.c_proj",)),
            (width, ("mlp.c_fc",)),
            (4 * width, ("mlp.c_proj",)),
        ),
        attention=4 * width,
        result=width,
        between=4 * width,
        norms=2 * width,
        passing=5 * width,
        float32_norms=False,
    )


def _untrained(config: TransformerConfig) -> tuple[str, ...]:
    return (_POSITIONS,) if config.positional_embedding_type == "fixed" else ()


LAYOUT = Layout(
    body="transformer.",
    embedding="transformer.wte.weight",
    blocks="transformer.h",
    outer=_outer,
    block=_block,
    head_size=lambda config: config.embedding_dim // config.num_heads,
    key_value_heads=lambda config: config.num_heads,
    kept_by_block=_kept_by_block,
    per_position=(_POSITIONS,),
    untrained=_untrained,
)


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": config.embedding_dim,
        "n_layer": config.num_blocks,
        "n_head": config.num_heads,
        "n_positions": config.max_sequence_length,
        "n_inner": None,
        "activation_function": "gelu_new" if config.activation == "gelu_tanh" else "gelu",
        "layer_norm_epsilon": config.norm_epsilon,
        "resid_pdrop": config.dropout_prob,
        "embd_pdrop": config.dropout_prob,
        "attn_pdrop": 0.0,
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    activation = described.get("activation_function", "gelu_new")
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        refuse("activation_function", activation, "gelu and gelu_new are")
    width = described.get("n_embd")
    if described.get("n_inner") not in (None, 4 * width if isinstance(width, int) else None):
        refuse("n_inner", described["n_inner"], "four times `n_embd` is")
    require(described, "scale_attn_weights", True, absent=True)
    require(described, "scale_attn_by_inverse_layer_idx", False, absent=False)
    require(described, "add_cross_attention", False, absent=False)
    return {"activation": _ACTIVATIONS[activation]}


def _zeros(config: TransformerConfig) -> Shapes:
    """The biases that Hugging Face requires."""
    own = parameter_shapes(LAYOUT, config)
    with_bias = parameter_shapes(LAYOUT, config.model_copy(update={"bias": True}))
    return {name: shape for name, shape in with_bias.items() if name not in own}


FAMILY = Family(
    name="gpt2",
    title="GPT-2",
    about="learned positions, layer normalisation, GELU.",
    keys=("bias", "activation", "positional_embedding_type"),
    trained_by=("trainsmith", "tt-train", "tt-train-flat"),
    contradictions=heads_divide_width,
    distinctions=(
        Distinction("bias", "bias", lambda config: config.bias),
        Distinction(
            "positions",
            "positional_embedding_type",
            lambda config: config.positional_embedding_type,
        ),
    ),
    layout=LAYOUT,
    hugging_face=HuggingFace(
        plain={
            "vocab_size": "vocab_size",
            "embedding_dim": "n_embd",
            "num_blocks": "n_layer",
            "num_heads": "n_head",
            "max_sequence_length": "n_positions",
            "norm_epsilon": "layer_norm_epsilon",
            "dropout_prob": "resid_pdrop",
        },
        others={"activation": "activation_function", "weight_tying": "tie_word_embeddings"},
        absent={"norm_epsilon": 1e-5, "dropout_prob": 0.1},
        tied_if_absent=True,
        write=_write,
        read=_read,
        supported="GELU or its tanh approximation. `n_inner` must be four times `n_embd`.",
        transposed=(".c_attn.weight", ".c_proj.weight", ".c_fc.weight"),
        zeros=_zeros,
        constants=(".attn.bias", ".attn.masked_bias"),
        settled_by_weights=("bias", "positional_embedding_type"),
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "gpt2"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
