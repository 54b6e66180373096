"""The names of the families of models. A new family is added to this list."""

from __future__ import annotations

from typing import Literal

ModelType = Literal["gpt2", "llama", "qwen2", "qwen3", "mistral", "deepseek"]
"""Every family. Each has a folder of this name next to this file, with `FAMILY` in `family.py`."""
