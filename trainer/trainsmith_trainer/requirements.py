"""The modules that training needs; editing recipes does not need them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

import click

MODULES = ("jinja2", "matplotlib", "numpy", "rich", "safetensors", "tokenizers", "torch")
"""The `train` extra of pyproject.toml; a test compares the two."""
BESIDE_A_BACKEND = tuple(module for module in MODULES if module != "torch")
"""What training and generation need besides the tensor library of a backend."""
FOR_CHECKPOINTS = ("numpy", "safetensors")
"""What reading a checkpoint needs."""
FOR_DRY_RUN = ("numpy",)
"""What counting the tokens of a text needs."""


def require_modules(modules: Sequence[str] = MODULES) -> None:
    """Raise `click.ClickException` that says which modules are missing and how to install them."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        raise click.ClickException(
            f"this needs modules that this Python lacks: {', '.join(missing)}\n"
            f"Install them: {sys.executable} -m pip install {names}"
        )
