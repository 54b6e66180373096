"""Qwen 3: a LLaMA that normalises the queries and keys of each head before adding positions.

Yang et al. 2025, "Qwen3 Technical Report". Names follow `transformers.Qwen3ForCausalLM`.
"""

from __future__ import annotations

from trainsmith_trainer.backends.torch.models.llama import Llama
from trainsmith_trainer.backends.torch.models.rotary_attention import NormedAttention


class Qwen3(Llama):
    """The whole model."""

    attention = NormedAttention


MODEL = Qwen3
