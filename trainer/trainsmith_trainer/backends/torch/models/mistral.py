"""Mistral: a LLaMA with a sliding window, which its layout has in every block.

Names follow `transformers.MistralForCausalLM`.
"""

from __future__ import annotations

from trainsmith_trainer.backends.torch.models.llama import Llama

MODEL = Llama
