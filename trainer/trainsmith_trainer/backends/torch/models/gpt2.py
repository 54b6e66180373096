"""GPT-2: learned (or fixed) positions, layer normalisation, GELU.

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". Names follow
`transformers.GPT2LMHeadModel`; linear weights are (out, in), which `export.py` transposes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.initial_weights import sinusoidal_positions
from trainsmith_trainer.backends.torch.models.attention import (
    LayerCache,
    attend,
    attend_to_past,
    split_heads,
)
from trainsmith_trainer.backends.torch.models.decode_step import affine
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.models.transformer import (
    Block,
    Dropout,
    Positions,
    Step,
    Transformer,
)

_GELU_FORMS = {"gelu": "none", "gelu_tanh": "tanh"}


class Gpt2(Transformer):
    """The whole model."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        width = config.embedding_dim
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, width),
                "wpe": nn.Embedding(config.max_sequence_length, width),
                "drop": Dropout(config.dropout_prob),
                "h": nn.ModuleList(_Block(config) for _ in range(config.num_blocks)),
                "ln_f": nn.LayerNorm(width, eps=config.norm_epsilon, bias=config.bias),
            }
        )
        self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
        positions = cast("nn.Embedding", self.transformer["wpe"])
        if config.positional_embedding_type == "fixed":
            positions.weight.requires_grad_(False)
            fixed = sinusoidal_positions(config.max_sequence_length, width)
            positions.weight.copy_(torch.from_numpy(fixed))
        if config.weight_tying == "enabled":
            self.lm_head.weight = cast("nn.Embedding", self.transformer["wte"]).weight

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Token vectors plus position vectors."""
        if isinstance(positions, int):
            positions = torch.arange(positions, positions + tokens.shape[1], device=tokens.device)
        vectors = self.transformer["wte"](tokens) + self.transformer["wpe"](positions)
        return self.transformer["drop"](vectors)

    def blocks(self) -> Iterable[Block]:
        """The blocks in order."""
        return cast("Iterable[Block]", self.transformer["h"])

    def normed(self, vectors: Tensor) -> Tensor:
        """The last normalisation."""
        return self.transformer["ln_f"](vectors)


class _Block(Block):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.embedding_dim
        self.ln_1 = nn.LayerNorm(width, eps=config.norm_epsilon, bias=config.bias)
        self.attn = _Attention(config)
        self.ln_2 = nn.LayerNorm(width, eps=config.norm_epsilon, bias=config.bias)
        self.mlp = _FeedForward(config)

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        vectors = vectors + self.attn(self.ln_1(vectors), cache, packed)
        return vectors + self.mlp(self.ln_2(vectors))

    def step(self) -> Step:
        """`forward` for one token."""
        norm_1, norm_2 = self.ln_1.forward, self.ln_2.forward
        into, out = affine(self.attn.c_attn), affine(self.attn.c_proj)
        up, down = affine(self.mlp.c_fc), affine(self.mlp.c_proj)
        heads, approximate = self.attn.heads, self.mlp.approximate

        def step(vector: Tensor, position: int, cache: LayerCache) -> Tensor:
            queries, keys, values = into(norm_1(vector)).view(3, 1, heads, 1, -1).unbind(0)
            vector = out(attend_to_past(queries, keys, values, position, cache), vector)
            inner = functional.gelu(up(norm_2(vector)), approximate=approximate)
            return down(inner, vector)

        return step


class _Attention(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.embedding_dim
        self.heads = config.num_heads
        self.c_attn = nn.Linear(width, 3 * width, bias=config.bias)
        self.c_proj = nn.Linear(width, width, bias=config.bias)
        self.drop = Dropout(config.dropout_prob)

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        projected = self.c_attn(vectors)
        parts = (packed.restore(projected) if packed else projected).chunk(3, dim=2)
        queries, keys, values = (split_heads(part, self.heads) for part in parts)
        mixed = attend(queries, keys, values, cache, packed)
        return self.drop(self.c_proj(packed.shorten(mixed) if packed else mixed))


class _FeedForward(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.embedding_dim
        self.c_fc = nn.Linear(width, 4 * width, bias=config.bias)
        self.c_proj = nn.Linear(4 * width, width, bias=config.bias)
        self.drop = Dropout(config.dropout_prob)
        self.approximate = _GELU_FORMS[config.activation]

    def forward(self, vectors: Tensor) -> Tensor:
        inner = functional.gelu(self.c_fc(vectors), approximate=self.approximate)
        return self.drop(self.c_proj(inner))


MODEL = Gpt2
