"""The families of models by name: the one list that a new family joins."""

from __future__ import annotations

from typing import Literal

ModelType = Literal["gpt2", "llama", "qwen3", "deepseek"]
"""Every family. Each name is a folder beside this file, with a `FAMILY` in its `family.py`."""
