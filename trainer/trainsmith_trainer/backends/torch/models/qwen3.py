"""Qwen 3: a LLaMA that normalises the queries and keys of each head before adding positions.

Yang et al. 2025, "Qwen3 Technical Report". Names follow `transformers.Qwen3ForCausalLM`.
"""

from __future__ import annotations

from trainsmith_schemas.families.windows import window
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.attention import AttentionForm
from trainsmith_trainer.backends.torch.models.llama import FeedForward, Llama, LlamaBlock
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding
from trainsmith_trainer.backends.torch.models.rotary_attention import NormedAttention
from trainsmith_trainer.backends.torch.models.transformer import Block


class Qwen3(Llama):
    """The whole model."""

    def block(self, config: TransformerConfig, at: int, rotation: RotaryEmbedding) -> Block:
        """The block with this number."""
        attention = NormedAttention(config, rotation, AttentionForm(window(config, at)))
        return LlamaBlock(config, attention, FeedForward(config))


MODEL = Qwen3
