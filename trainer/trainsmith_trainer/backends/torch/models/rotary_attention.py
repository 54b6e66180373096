"""Grouped-query attention with rotary positions, for LLaMA and all families derived from it."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.attention import (
    AttentionForm,
    LayerCache,
    attend,
    attend_to_past,
    split_heads,
)
from trainsmith_trainer.backends.torch.models.decode_step import affine
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding
from trainsmith_trainer.backends.torch.models.transformer import Dropout, Positions


def linear(config: TransformerConfig, name: str) -> nn.Linear:
    """A linear layer of a block, with the shape and the bias that the family's layout has."""
    shapes = require_layout(config).block(config)
    width_out, width_in = shapes[f"{name}.weight"]
    return nn.Linear(width_in, width_out, bias=f"{name}.bias" in shapes)


class Project(Protocol):
    """Queries, keys and values of one token, each of shape (1, heads × head size)."""

    def __call__(self, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (1, width)."""
        ...


class AttentionStep(Protocol):
    """Attention of one token, whose result may be added to a residual."""

    def __call__(
        self, vector: Tensor, position: int, cache: LayerCache, residual: Tensor | None = None
    ) -> Tensor:
        """Map (1, width) to (1, width)."""
        ...


class RotaryAttention(nn.Module):
    """Attention whose heads have the family's size."""

    def __init__(
        self, config: TransformerConfig, rotation: RotaryEmbedding | None, form: AttentionForm
    ) -> None:
        """Build the layers.

        Args:
            config: the model's shape.
            rotation: adds positions; `None`: no positions.
            form: the window, scale and bound of the scores.
        """
        super().__init__()
        layout = require_layout(config)
        self.heads = config.num_heads
        self.key_heads = layout.key_value_heads(config)
        self.size = layout.head_size(config)
        self.add_projections(config)
        self.o_proj = linear(config, "self_attn.o_proj")
        self.drop = Dropout(config.dropout_prob)
        self.rotation = rotation
        self.form = form

    def add_projections(self, config: TransformerConfig) -> None:
        """Add the layers that `project` needs."""
        self.q_proj = linear(config, "self_attn.q_proj")
        self.k_proj = linear(config, "self_attn.k_proj")
        self.v_proj = linear(config, "self_attn.v_proj")

    def project(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (batch, length, heads × head size)."""
        return self.q_proj(vectors), self.k_proj(vectors), self.v_proj(vectors)

    def project_step(self) -> Project:
        """`project` for one token."""
        queries, keys, values = map(affine, (self.q_proj, self.k_proj, self.v_proj))
        return lambda vector: (queries(vector), keys(vector), values(vector))

    def place_queries(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Add positions to queries, (batch, heads, length, head size)."""
        return self.rotation(heads, positions) if self.rotation else heads

    def place_keys(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Add positions to keys, (batch, heads, length, head size)."""
        return self.rotation(heads, positions) if self.rotation else heads

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        positions = packed.positions if packed else 0
        queries, keys, values = self.project(vectors)
        if packed:
            queries, keys, values = map(packed.restore, (queries, keys, values))
        queries = self.place_queries(split_heads(queries, self.heads), positions)
        keys = self.place_keys(split_heads(keys, self.key_heads), positions)
        values = split_heads(values, self.key_heads)
        mixed = attend(queries, keys, values, cache, packed, self.form)
        return self.drop(self.o_proj(packed.shorten(mixed) if packed else mixed))

    def step(self) -> AttentionStep:
        """`forward` for one token."""
        project, out = self.project_step(), affine(self.o_proj)
        place_queries, place_keys = self.place_queries, self.place_keys
        heads, size, form = self.key_heads, self.size, self.form

        def step(
            vector: Tensor, position: int, cache: LayerCache, residual: Tensor | None = None
        ) -> Tensor:
            queries, keys, values = project(vector)
            # All heads of a token have the same position, even if several share a key.
            queries = place_queries(queries.view(1, -1, 1, size), position)
            keys = place_keys(keys.view(1, heads, 1, size), position)
            values, shared = values.view(1, heads, 1, size), queries.view(1, heads, -1, size)
            return out(attend_to_past(shared, keys, values, position, cache, form), residual)

        return step


class NormedAttention(RotaryAttention):
    """Attention that normalises the queries and keys of each head before adding positions."""

    def add_projections(self, config: TransformerConfig) -> None:
        """Add the layers that `project` and the positions need."""
        super().add_projections(config)
        self.q_norm = self.head_norm(config)
        self.k_norm = self.head_norm(config)

    def head_norm(self, config: TransformerConfig) -> nn.Module:
        """The normalisation of a head."""
        return nn.RMSNorm(self.size, eps=config.norm_epsilon)

    def place_queries(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Normalise queries, (batch, heads, length, head size), and add positions."""
        return super().place_queries(self.q_norm(heads), positions)

    def place_keys(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Normalise keys, (batch, heads, length, head size), and add positions."""
        return super().place_keys(self.k_norm(heads), positions)
