"""The modules that training needs; editing recipes does not need them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

MODULES = ("jinja2", "matplotlib", "numpy", "rich", "safetensors", "tokenizers", "torch")
"""The `train` extra of pyproject.toml; a test compares the two."""
BESIDE_A_BACKEND = tuple(module for module in MODULES if module != "torch")
"""What training and generation need besides the tensor library of a backend."""
FOR_CHECKPOINTS = ("numpy", "safetensors")
"""What reading a checkpoint needs."""
FOR_DRY_RUN = ("numpy",)
"""What counting the tokens of a text needs."""

LEAST: Mapping[str, str] = MappingProxyType(
    {
        "jinja2": "3.1.6",
        "matplotlib": "3.8",
        "numpy": "1.26",
        "rich": "13.7",
        "safetensors": "0.4.3",
        "tokenizers": "0.20",
        "torch": "2.4",
        "pyarrow": "17",
    }
)
"""The oldest versions that work; a test compares them with pyproject.toml.

Older ones of jinja2 and pyarrow run programs from templates and files of others. The extension uses
the modules of the user's Python, where pip never saw pyproject.toml.
"""


def outdated(module: str) -> str:
    """The least version of a module, if an older one is installed; empty if it is not too old."""
    least = LEAST.get(module)
    if least is None:
        return ""
    try:
        installed = importlib.metadata.version(module)
    except importlib.metadata.PackageNotFoundError:
        return ""
    return least if _numbers(installed) < _numbers(least) else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


_WITHOUT_TORCH = "\nOr train GPT-2, LLaMA or Qwen 3 without it, more slowly: --backend numpy"


def require_modules(modules: Sequence[str] = MODULES) -> None:
    """Raise `click.ClickException` that says what is missing or too old, and what to install."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        names = " ".join(missing)
        instead = _WITHOUT_TORCH if missing == ["torch"] else ""
        raise click.ClickException(
            f"this needs modules that this Python lacks: {', '.join(missing)}\n"
            f"Install them: {sys.executable} -m pip install {names}{instead}"
        )
    older = [f"{module}>={least}" for module in modules if (least := outdated(module))]
    if older:
        names = " ".join(f"'{one}'" for one in older)
        raise click.ClickException(
            f"this needs newer versions of modules: {', '.join(older)}\n"
            f"Install them: {sys.executable} -m pip install {names}"
        )
