"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention.

Touvron et al. 2023, "LLaMA", and Grattafiori et al. 2024 for the scaled positions. Names follow
`transformers.LlamaForCausalLM`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainsmith_schemas.families.llama.family import feed_forward_width, key_value_heads
from trainsmith_schemas.families.llama.fields import RopeScaling
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.decode_step import affine, attend_to_past
from trainsmith_trainer.backends.torch.models.transformer import (
    Dropout,
    LayerCache,
    Step,
    Transformer,
    attend,
    first_weights,
    split_heads,
)


class Llama(Transformer):
    """The whole model."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        width = config.embedding_dim
        rotation = _Rotation(config)
        self.model = nn.ModuleDict(
            {
                "embed_tokens": nn.Embedding(config.vocab_size, width),
                "layers": nn.ModuleList(_Block(config, rotation) for _ in range(config.num_blocks)),
                "norm": nn.RMSNorm(width, eps=config.norm_epsilon),
            }
        )
        self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
        first_weights(self, residual_names=("o_proj", "down_proj"))
        if config.weight_tying == "enabled":
            self.lm_head.weight = cast("nn.Embedding", self.model["embed_tokens"]).weight

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Token vectors; positions enter in attention."""
        return self.model["embed_tokens"](tokens)

    def blocks(self) -> Iterable[nn.Module]:
        """The blocks in order."""
        return cast("nn.ModuleList", self.model["layers"])

    def steps(self) -> list[Step]:
        """The blocks for one token at a time."""
        return [cast("_Block", block).step() for block in self.blocks()]

    def logits(self, vectors: Tensor) -> Tensor:
        """Normalise, then one score for each token of the vocabulary."""
        return self.lm_head(self.model["norm"](vectors))


class _Block(nn.Module):
    def __init__(self, config: TransformerConfig, rotation: _Rotation) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.self_attn = _Attention(config, rotation)
        self.post_attention_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.mlp = _FeedForward(config)

    def forward(self, vectors: Tensor, cache: LayerCache | None) -> Tensor:
        vectors = vectors + self.self_attn(self.input_layernorm(vectors), cache)
        return vectors + self.mlp(self.post_attention_layernorm(vectors))

    def step(self) -> Step:
        """`forward` for one token."""
        norm_1, norm_2 = self.input_layernorm.forward, self.post_attention_layernorm.forward
        attention, mlp = self.self_attn, self.mlp
        to_queries, to_keys, to_values, out = map(
            affine, (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj)
        )
        gate, up, down = map(affine, (mlp.gate_proj, mlp.up_proj, mlp.down_proj))
        turn, heads = attention.rotation.forward, attention.shared_heads
        size = attention.q_proj.out_features // attention.heads

        def step(vector: Tensor, position: int, cache: LayerCache) -> Tensor:
            normed = norm_1(vector)
            # All heads of a token are turned alike, however many share a key.
            queries = turn(to_queries(normed).view(1, -1, 1, size), position)
            keys = turn(to_keys(normed).view(1, heads, 1, size), position)
            values = to_values(normed).view(1, heads, 1, size)
            shared = queries.view(1, heads, -1, size)
            vector = out(attend_to_past(shared, keys, values, position, cache), vector)
            normed = norm_2(vector)
            return down(functional.silu(gate(normed)) * up(normed), vector)

        return step


class _Attention(nn.Module):
    def __init__(self, config: TransformerConfig, rotation: _Rotation) -> None:
        super().__init__()
        width = config.embedding_dim
        self.heads = config.num_heads
        self.shared_heads = key_value_heads(config)
        shared_width = width // self.heads * self.shared_heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, shared_width, bias=False)
        self.v_proj = nn.Linear(width, shared_width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.drop = Dropout(config.dropout_prob)
        self.rotation = rotation

    def forward(self, vectors: Tensor, cache: LayerCache | None) -> Tensor:
        queries = self.rotation(split_heads(self.q_proj(vectors), self.heads))
        keys = self.rotation(split_heads(self.k_proj(vectors), self.shared_heads))
        values = split_heads(self.v_proj(vectors), self.shared_heads)
        return self.drop(self.o_proj(attend(queries, keys, values, cache)))


class _FeedForward(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width, inner = config.embedding_dim, feed_forward_width(config)
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)
        self.drop = Dropout(config.dropout_prob)

    def forward(self, vectors: Tensor) -> Tensor:
        gated = functional.silu(self.gate_proj(vectors)) * self.up_proj(vectors)
        return self.drop(self.down_proj(gated))


class _Rotation(nn.Module):
    """Rotary positions (Su et al. 2021): number i of a head turns with number i + half."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        frequencies = _frequencies(config)
        angles = torch.outer(torch.arange(config.max_sequence_length).float(), frequencies)
        angles = torch.cat((angles, angles), dim=1)
        # One table for all blocks, moved with the model and never saved.
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)

    def forward(self, heads: Tensor, start: int = 0) -> Tensor:
        end = start + heads.shape[2]
        cosines = cast("Tensor", self.cosines)[start:end]
        sines = cast("Tensor", self.sines)[start:end]
        first, second = heads.chunk(2, dim=3)
        turned = heads * cosines + torch.cat((-second, first), dim=3) * sines
        return turned.to(heads.dtype)


def _frequencies(config: TransformerConfig) -> Tensor:
    """Radians per position for each pair of numbers, of shape (head size / 2,)."""
    size = config.embedding_dim // config.num_heads
    frequencies = 1.0 / config.theta ** (torch.arange(0, size, 2).float() / size)
    scaling = config.rope_scaling
    return _stretched(frequencies, scaling) if scaling and scaling.scaling_factor else frequencies


def _stretched(frequencies: Tensor, scaling: RopeScaling) -> Tensor:
    """Lower frequencies: all alike, or as LLaMA 3.1 does it, where short waves stay as they are.

    Chen et al. 2023, "Extending Context Window of Large Language Models via Positional
    Interpolation", for the first. In the second there is a blend between long waves and short ones.
    """
    if scaling.rope_type == "linear":
        return frequencies / scaling.scaling_factor
    wavelengths = 2 * math.pi / frequencies
    original = scaling.original_context_length
    low, high = scaling.low_freq_factor, scaling.high_freq_factor
    blend = ((original / wavelengths - low) / (high - low)).clamp(0, 1)
    return blend * frequencies + (1 - blend) * frequencies / scaling.scaling_factor
