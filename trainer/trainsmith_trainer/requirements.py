"""The modules that training needs and that somebody who only edits recipes does without."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

import click

MODULES = ("matplotlib", "numpy", "rich", "safetensors", "tokenizers", "torch")
"""The `train` extra of pyproject.toml; a test holds the two together."""
LIBRARIES = ("torch",)
"""The tensor libraries among them: another backend does without."""
FOR_CHECKPOINTS = ("numpy", "safetensors")
"""What reading a checkpoint needs."""
FOR_DRY_RUN = ("numpy",)
"""What counting the tokens of a text needs."""


def modules_for(backend: str) -> Sequence[str]:
    """What training and writing need besides a chosen backend's own library."""
    chosen = backend not in ("auto", "torch")
    return [module for module in MODULES if not (chosen and module in LIBRARIES)]


def require_modules(modules: Sequence[str] = MODULES) -> None:
    """Raise `click.ClickException` that says which modules are missing and how to install them."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        raise click.ClickException(
            f"this needs modules that this Python lacks: {', '.join(missing)}\n"
            f"Install them: {sys.executable} -m pip install {names}"
        )
