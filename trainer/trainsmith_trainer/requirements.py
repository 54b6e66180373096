"""The modules that training needs and that somebody who only edits recipes does without."""

from __future__ import annotations

import importlib.util
import sys

import click

MODULES = ("matplotlib", "numpy", "rich", "safetensors", "tokenizers", "torch")
"""The `train` extra of pyproject.toml; a test holds the two together."""


def require_modules() -> None:
    """Raise `click.ClickException` that says which modules are missing and how to install them."""
    missing = [module for module in MODULES if importlib.util.find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        raise click.ClickException(
            f"training needs modules that this Python lacks: {', '.join(missing)}\n"
            f"Install them: {sys.executable} -m pip install {names}"
        )
