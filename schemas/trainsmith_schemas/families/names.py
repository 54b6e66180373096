"""The names of the families of models. A new family is added to this list."""

from __future__ import annotations

from typing import Literal

ModelType = Literal[
    "gpt2",
    "llama",
    "qwen2",
    "qwen3",
    "mistral",
    "smollm3",
    "phi3",
    "gemma2",
    "gemma3_text",
    "deepseek",
]
"""Every family. Each has a folder of this name next to this file, with `FAMILY` in `family.py`."""
