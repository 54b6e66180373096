"""Gemma 3, its language model: two kinds of positions, and normalised queries and keys.

Gemma Team 2025, "Gemma 3 Technical Report". Names follow `transformers.Gemma3ForCausalLM`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from trainsmith_schemas.families.llama.layout import head_size
from trainsmith_schemas.families.windows import SLIDING, kinds
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.attention import AttentionForm
from trainsmith_trainer.backends.torch.models.gemma2 import Gemma2, GemmaNorm
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding, rotary_frequencies
from trainsmith_trainer.backends.torch.models.rotary_attention import NormedAttention


class _Attention(NormedAttention):
    def head_norm(self, config: TransformerConfig) -> nn.Module:
        return GemmaNorm(self.size, config.norm_epsilon)


class Gemma3(Gemma2):
    """The whole model."""

    attention = _Attention

    def form(self, config: TransformerConfig, block: int) -> AttentionForm:
        """The window and scale of a block's attention, whose scores have no bound."""
        return replace(super().form(config, block), softcap=None)

    def rotation(self, config: TransformerConfig) -> Callable[[int], RotaryEmbedding | None]:
        """The positions in each block, which depend on its window."""
        everywhere, blocks = super().rotation(config), kinds(config)
        frequencies = rotary_frequencies(head_size(config), config.rope_local_base_freq)
        local = RotaryEmbedding(frequencies, config.max_sequence_length)
        return lambda block: local if blocks[block] == SLIDING else everywhere(block)


MODEL = Gemma3
