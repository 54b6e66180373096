"""Phi-3: a LLaMA with fused layers, and positions in a part of each head.

Abdin et al. 2024, "Phi-3 Technical Report". Names follow `transformers.Phi3ForCausalLM`.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from trainsmith_schemas.families.phi3.family import rotated_size
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.decode_step import Affine, affine
from trainsmith_trainer.backends.torch.models.llama import FeedForward, Llama
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding, rotary_frequencies
from trainsmith_trainer.backends.torch.models.rotary_attention import (
    Project,
    RotaryAttention,
    linear,
)


class _FusedAttention(RotaryAttention):
    """One layer computes queries, keys and values."""

    def add_projections(self, config: TransformerConfig) -> None:
        self.qkv_proj = linear(config, "self_attn.qkv_proj")

    def project(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self._split(self.qkv_proj(vectors))

    def project_step(self) -> Project:
        project = affine(self.qkv_proj)
        return lambda vector: self._split(project(vector))

    def _split(self, fused: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shared = self.key_heads * self.size
        queries, keys, values = fused.split((self.heads * self.size, shared, shared), dim=-1)
        return queries, keys, values


class _FusedFeedForward(FeedForward):
    """One layer computes the gate and what passes it."""

    def add_projections(self, config: TransformerConfig) -> None:
        self.gate_up_proj = linear(config, "mlp.gate_up_proj")

    def gated(self, vectors: Tensor) -> Tensor:
        gate, up = self.gate_up_proj(vectors).chunk(2, dim=-1)
        return functional.silu(gate) * up

    def step(self) -> Affine:
        gate_up, down = affine(self.gate_up_proj), affine(self.down_proj)

        def step(vector: Tensor, residual: Tensor | None = None) -> Tensor:
            gate, up = gate_up(vector).chunk(2, dim=-1)
            return down(functional.silu(gate) * up, residual)

        return step


class Phi3(Llama):
    """The whole model."""

    attention = _FusedAttention
    feed_forward = _FusedFeedForward

    def rotation(self, config: TransformerConfig) -> Callable[[int], RotaryEmbedding | None]:
        """The positions in each block."""
        frequencies = rotary_frequencies(rotated_size(config), config.theta)
        rotation = RotaryEmbedding(frequencies, config.max_sequence_length)
        return lambda _block: rotation


MODEL = Phi3
