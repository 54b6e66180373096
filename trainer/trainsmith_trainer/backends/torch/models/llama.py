"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention.

Touvron et al. 2023, "LLaMA", and Grattafiori et al. 2024 for the scaled positions. Names follow
`transformers.LlamaForCausalLM`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from trainsmith_schemas.families.llama.family import feed_forward_width, key_value_heads
from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.decode_step import affine, attend_to_past
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding
from trainsmith_trainer.backends.torch.models.transformer import (
    Block,
    Dropout,
    LayerCache,
    Packed,
    Positions,
    Step,
    Transformer,
    attend,
    init_weights,
    split_heads,
)


class Llama(Transformer):
    """The whole model."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        width = config.embedding_dim
        rotation = RotaryEmbedding(config)
        self.model = nn.ModuleDict(
            {
                "embed_tokens": nn.Embedding(config.vocab_size, width),
                "layers": nn.ModuleList(
                    _Block(config, self.attention(config, rotation))
                    for _ in range(config.num_blocks)
                ),
                "norm": nn.RMSNorm(width, eps=config.norm_epsilon),
            }
        )
        self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
        init_weights(self, residual_names=("o_proj", "down_proj"))
        if config.weight_tying == "enabled":
            self.lm_head.weight = cast("nn.Embedding", self.model["embed_tokens"]).weight

    def attention(self, config: TransformerConfig, rotation: RotaryEmbedding) -> LlamaAttention:
        """The attention of one block."""
        return LlamaAttention(config, rotation)

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Token vectors; positions enter in attention."""
        return self.model["embed_tokens"](tokens)

    def blocks(self) -> Iterable[Block]:
        """The blocks in order."""
        return cast("Iterable[Block]", self.model["layers"])

    def logits(self, vectors: Tensor) -> Tensor:
        """Normalise, then compute a logit for each token of the vocabulary."""
        return self.lm_head(self.model["norm"](vectors))


class _Block(Block):
    def __init__(self, config: TransformerConfig, attention: LlamaAttention) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.self_attn = attention
        self.post_attention_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.mlp = _FeedForward(config)

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        vectors = vectors + self.self_attn(self.input_layernorm(vectors), cache, packed)
        return vectors + self.mlp(self.post_attention_layernorm(vectors))

    def step(self) -> Step:
        """`forward` for one token."""
        norm_1, norm_2 = self.input_layernorm.forward, self.post_attention_layernorm.forward
        attention, mlp = self.self_attn, self.mlp
        to_queries, to_keys, to_values, out = map(
            affine, (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj)
        )
        gate, up, down = map(affine, (mlp.gate_proj, mlp.up_proj, mlp.down_proj))
        place_queries, place_keys = attention.place_queries, attention.place_keys
        heads, size = attention.key_heads, attention.size

        def step(vector: Tensor, position: int, cache: LayerCache) -> Tensor:
            normed = norm_1(vector)
            # All heads of a token have the same position, even if several share a key.
            queries = place_queries(to_queries(normed).view(1, -1, 1, size), position)
            keys = place_keys(to_keys(normed).view(1, heads, 1, size), position)
            values = to_values(normed).view(1, heads, 1, size)
            shared = queries.view(1, heads, -1, size)
            vector = out(attend_to_past(shared, keys, values, position, cache), vector)
            normed = norm_2(vector)
            return down(functional.silu(gate(normed)) * up(normed), vector)

        return step


class LlamaAttention(nn.Module):
    """Grouped-query attention with rotary positions; its heads have the family's size."""

    def __init__(
        self, config: TransformerConfig, rotation: RotaryEmbedding, *, bias: bool = False
    ) -> None:
        super().__init__()
        width = config.embedding_dim
        self.heads = config.num_heads
        self.key_heads = key_value_heads(config)
        self.size = require_layout(config).head_size(config)
        query_width, key_width = self.size * self.heads, self.size * self.key_heads
        self.q_proj = nn.Linear(width, query_width, bias=bias)
        self.k_proj = nn.Linear(width, key_width, bias=bias)
        self.v_proj = nn.Linear(width, key_width, bias=bias)
        self.o_proj = nn.Linear(query_width, width, bias=bias)
        self.drop = Dropout(config.dropout_prob)
        self.rotation = rotation

    def place_queries(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Add positions to queries, (batch, heads, length, head size)."""
        return self.rotation(heads, positions)

    def place_keys(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Add positions to keys, (batch, heads, length, head size)."""
        return self.rotation(heads, positions)

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        positions = packed.positions if packed else 0
        queries = self.place_queries(split_heads(self.q_proj(vectors), self.heads), positions)
        keys = self.place_keys(split_heads(self.k_proj(vectors), self.key_heads), positions)
        values = split_heads(self.v_proj(vectors), self.key_heads)
        return self.drop(self.o_proj(attend(queries, keys, values, cache, packed)))


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


MODEL = Llama
