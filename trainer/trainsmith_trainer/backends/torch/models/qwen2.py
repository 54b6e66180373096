"""Qwen 2 and 2.5: a LLaMA with biases on queries, keys and values, which its layout has.

Names follow `transformers.Qwen2ForCausalLM`.
"""

from __future__ import annotations

from trainsmith_trainer.backends.torch.models.llama import Llama

MODEL = Llama
