"""Recipes for an empty file, from `templates/`, and the device section of each board."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trainsmith_schemas.editor import messages
from trainsmith_schemas.families.qwen3.family import TEMPLATE as MODEL
from trainsmith_schemas.trainers.boards import BOARDS, Board
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
