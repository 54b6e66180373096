"""Recipes for an empty file, from `templates/`, and the device section of each board.

The paths in a recipe become those of files that are there, if there is no doubt which, and the
editor stops at each path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from trainsmith_schemas.editor import messages
from trainsmith_schemas.families.qwen3.family import TEMPLATE as MODEL
from trainsmith_schemas.trainers.boards import BOARDS, Board
from trainsmith_server.features.paths import ListFolder, fitting
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes


@dataclass(frozen=True, slots=True)
class Template:
    """Text to start from."""

    label: str
    about: str
    text: str


_FOLDER = Path(__file__).parent.parent / "templates"


def _recipe(file: str, label: str, about: str) -> Template:
    text = read_bytes(_FOLDER / file, limits.RECIPE).decode()
    return Template(label, f"Trainsmith recipe: {about}", text)


RECIPES = (
    _recipe("quick_start.yaml", "Quick Start", "a first run"),
    _recipe("research.yaml", "Research", "an experiment with frequent measurements"),
    _recipe("production.yaml", "Production", "a model for production"),
    _recipe(
        "private_data.yaml",
        "Scenario: private data",
        "data that must not leave the machine, such as patients' notes",
    ),
    _recipe(
        "code_translator.yaml",
        "Scenario: code translator",
        "a few hundred examples, and a new version every few hours",
    ),
    _recipe(
        "ablation.yaml",
        "Scenario: research",
        "runs that differ in one setting and are compared",
    ),
    _recipe(
        "weekly_pipeline.yaml",
        "Scenario: production pipeline",
        "the same run every week, on eight devices",
    ),
)


def _device_section(board: Board) -> Template:
    several = board.devices > 1
    about = f"{board.devices} devices that share each batch" if several else "one device"
    text = (
        "device_config:\n"
        f"  enable_ddp: {'true' if several else 'false'}\n"
        f"  mesh_shape: {list(board.mesh_shape)}"
    )
    return Template(f"device_config: {board.name}", about, text)


DEVICE_SECTIONS = tuple(_device_section(board) for board in BOARDS)


_PATH = re.compile(r'((data_path|model_config): ")([^"]+)')
"""The path of the data, or of the model file, in a recipe."""
_DATA = re.compile(
    r"(?!requirements|constraints|readme|license|notice|cmakelists).*\.(txt|jsonl|parquet|arrow)",
    re.IGNORECASE,
)
"""The names of files that are likely to be data. Others can be, such as source code."""


def with_files(recipe: Template, list_folder: ListFolder) -> Template:
    """A recipe with the only data and the only model file around it, where there is just one."""

    def path(found: re.Match[str]) -> str:
        start, key, written = found.groups()
        folder = written.rpartition("/")[0] + "/"
        there = [*_files(key, "", list_folder), *_files(key, folder, list_folder)]
        return start + (there[0] if len(there) == 1 else written)

    return replace(recipe, text=_PATH.sub(path, recipe.text))


def _files(key: str, folder: str, list_folder: ListFolder) -> Iterator[str]:
    """The paths of a folder's files that a key is likely to name."""
    for entry in fitting(list_folder(folder), key, "file", quoted=False):
        is_data = key == "data_path" and _DATA.fullmatch(entry.name)
        if entry.kind == "file" and (is_data or entry.document == "model"):
            yield folder + entry.name


def snippet_of(text: str) -> str:
    """A template as a snippet of the protocol: the editor stops at each path."""
    escaped = re.sub(r"[\\$}]", r"\\\g<0>", text)
    stops = count(1)
    return _PATH.sub(lambda found: f"{found[1]}${{{next(stops)}:{found[3]}}}", escaped)


def all_templates() -> messages.Templates:
    """The templates for new recipes."""

    def message(label: str, one: Template) -> messages.Template:
        return messages.Template(label=label, about=one.about, text=one.text)

    return messages.Templates(
        recipes=[message(one.label, one) for one in RECIPES],
        devices=[
            message(board.name, one) for board, one in zip(BOARDS, DEVICE_SECTIONS, strict=True)
        ],
        model=MODEL,
    )
