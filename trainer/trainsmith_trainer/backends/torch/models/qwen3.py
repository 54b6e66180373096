"""Qwen 3: a LLaMA that normalises the queries and keys of each head before adding positions.

Yang et al. 2025, "Qwen3 Technical Report". Names follow `transformers.Qwen3ForCausalLM`.
"""

from __future__ import annotations

from torch import Tensor, nn

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.llama import Llama, LlamaAttention
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding
from trainsmith_trainer.backends.torch.models.transformer import Positions


class Qwen3(Llama):
    """The whole model."""

    def attention(self, config: TransformerConfig, rotation: RotaryEmbedding) -> LlamaAttention:
        """The attention of one block."""
        return _Attention(config, rotation)


class _Attention(LlamaAttention):
    def __init__(self, config: TransformerConfig, rotation: RotaryEmbedding) -> None:
        super().__init__(config, rotation, bias=config.attention_bias)
        self.q_norm = nn.RMSNorm(self.size, eps=config.norm_epsilon)
        self.k_norm = nn.RMSNorm(self.size, eps=config.norm_epsilon)

    def place_queries(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        return super().place_queries(self.q_norm(heads), positions)

    def place_keys(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        return super().place_keys(self.k_norm(heads), positions)


MODEL = Qwen3
