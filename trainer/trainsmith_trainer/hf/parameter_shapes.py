"""Which parameters a model has, worked out without a tensor library."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.model import TransformerConfig

Shape = tuple[int, ...]


def parameter_shapes(config: TransformerConfig) -> dict[str, Shape]:
    """The shape of each parameter, by the name that `models` gives it; linear ones are (out, in).

    Args:
        config: the model's shape, with its vocabulary's size.
    """
    body = _llama(config) if config.model_type == "llama" else _gpt2(config)
    shapes = dict(body)
    if config.weight_tying == "disabled":
        shapes["lm_head.weight"] = (config.vocab_size, config.embedding_dim)
    return shapes


def _gpt2(config: TransformerConfig) -> Iterator[tuple[str, Shape]]:
    width = config.embedding_dim
    yield "transformer.wte.weight", (config.vocab_size, width)
    yield "transformer.wpe.weight", (config.max_sequence_length, width)
    for block in range(config.num_blocks):
        of_block = f"transformer.h.{block}"
        yield from _with_bias(config, f"{of_block}.ln_1", (width,))
        yield from _with_bias(config, f"{of_block}.attn.c_attn", (3 * width, width))
        yield from _with_bias(config, f"{of_block}.attn.c_proj", (width, width))
        yield from _with_bias(config, f"{of_block}.ln_2", (width,))
        yield from _with_bias(config, f"{of_block}.mlp.c_fc", (4 * width, width))
        yield from _with_bias(config, f"{of_block}.mlp.c_proj", (width, 4 * width))
    yield from _with_bias(config, "transformer.ln_f", (width,))


def _with_bias(config: TransformerConfig, layer: str, weight: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{layer}.weight", weight
    if config.bias:
        yield f"{layer}.bias", weight[:1]


def _llama(config: TransformerConfig) -> Iterator[tuple[str, Shape]]:
    width, inner = config.embedding_dim, derived.feed_forward_width(config)
    shared = width // config.num_heads * (config.num_groups or config.num_heads)
    yield "model.embed_tokens.weight", (config.vocab_size, width)
    for block in range(config.num_blocks):
        of_block = f"model.layers.{block}"
        yield f"{of_block}.input_layernorm.weight", (width,)
        yield f"{of_block}.self_attn.q_proj.weight", (width, width)
        yield f"{of_block}.self_attn.k_proj.weight", (shared, width)
        yield f"{of_block}.self_attn.v_proj.weight", (shared, width)
        yield f"{of_block}.self_attn.o_proj.weight", (width, width)
        yield f"{of_block}.post_attention_layernorm.weight", (width,)
        yield f"{of_block}.mlp.gate_proj.weight", (inner, width)
        yield f"{of_block}.mlp.up_proj.weight", (inner, width)
        yield f"{of_block}.mlp.down_proj.weight", (width, inner)
    yield "model.norm.weight", (width,)
