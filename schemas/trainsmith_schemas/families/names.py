"""The families of models by name."""

from __future__ import annotations

from typing import Literal, NoReturn

ModelType = Literal["gpt2", "llama", "qwen3", "deepseek"]
"""Every family. `registry.family_of` and `build_model` fail type checking until they know it."""


def assert_never(value: NoReturn) -> NoReturn:
    """Mark a place that no value reaches; `typing` has this only since Python 3.11."""
    raise AssertionError(f"unexpected value: {value!r}")
