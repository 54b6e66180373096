"""The experiment trackers of a recipe, and what prevents their use."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from trainsmith_schemas.editor.settings import PRIVACY_VARIABLE, PROJECT_FILE, Privacy
from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.config.source import Source, parse_source
from trainsmith_trainer.errors import ConfigProblem, RecipeError

_WANDB_KEY: KeyPath = ("training_config", "use_wandb")
_TENSORBOARD_KEY: KeyPath = ("training_config", "use_tensorboard")
_LEVELS: tuple[Privacy, ...] = get_args(Privacy)
_WANDB_SETTINGS = (Path("wandb", "settings"), Path(".wandb", "settings"))
"""What wandb reads in the current folder; it can name the server that gets the user's key."""
_WANDB_DEFAULTS = "config-defaults.yaml"
"""Another file that wandb reads there: it sends what is in it, also through a link."""


def tracking_problems(document: TrainingDocument, source: Source) -> Iterator[ConfigProblem]:
    """What prevents a run from using the trackers of its recipe.

    Args:
        document: the recipe.
        source: where its values were written.
    """
    training = document.training_config
    if training.use_wandb:
        origin = source.origin_of(_WANDB_KEY)
        for message in _privacy_messages(Path(source.name)):
            yield ConfigProblem(origin, "error", "wandb-privacy", message, dotted(_WANDB_KEY))
    for is_used, key, package in (
        (training.use_wandb, _WANDB_KEY, "wandb"),
        (training.use_tensorboard, _TENSORBOARD_KEY, "tensorboard"),
    ):
        if is_used and importlib.util.find_spec(package) is None:
            message = (
                f"`{key[-1]}` needs the package {package}, which this Python lacks; install it: "
                f"{sys.executable} -m pip install {package}"
            )
            yield ConfigProblem(
                source.origin_of(key), "error", "missing-package", message, dotted(key)
            )


def _privacy_messages(recipe: Path) -> Iterator[str]:
    if restriction := privacy_restriction(recipe):
        yield (
            f"`use_wandb` sends metrics to a service, and {restriction}: "
            "write `use_wandb: false`; every metric is in the run's `events.jsonl` anyway"
        )
    for path in filter(os.path.lexists, _WANDB_SETTINGS):
        yield (
            f"`use_wandb` would follow {path} in this folder, which may name another server: "
            "move these settings to ~/.config/wandb/settings, or delete the file"
        )
    if os.path.lexists(_WANDB_DEFAULTS):
        yield (
            f"`use_wandb` would send the content of {_WANDB_DEFAULTS} in this folder: rename the "
            "file, or delete it"
        )


def privacy_restriction(recipe: Path) -> str:
    """What forbids sending data off this machine, as half a sentence; empty if nothing does.

    The environment and the project files are read. A value that cannot be understood is a
    restriction too: a typo must not send anything.
    """
    level = os.environ.get(PRIVACY_VARIABLE, "")
    if level and level != "unrestricted":
        return f"the environment variable {PRIVACY_VARIABLE} is `{level}`{_unknown(level)}"
    # Every project file counts: one in a folder below must not permit what one above forbids.
    files = (folder / PROJECT_FILE for folder in recipe.absolute().parents)
    restrictions = map(_of_project, filter(os.path.lexists, files))
    return next(filter(None, restrictions), "")


def _of_project(path: Path) -> str:
    try:
        source = parse_source(
            read_bytes(path, limits.PROJECT_CONFIG).decode("utf-8-sig"), str(path)
        )
    except RecipeError as error:
        return f"{path} cannot be read ({error.problems[0].message})"
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} cannot be read ({error})"
    level = source.data.get("privacy") if isinstance(source.data, dict) else None
    if level is None or level == "unrestricted":
        return ""
    return f"{source.origin_of(('privacy',)).label} says `privacy: {level}`{_unknown(level)}"


def _unknown(level: object) -> str:
    known = " nor ".join(f"`{name}`" for name in _LEVELS)
    return "" if level in _LEVELS else f", which is neither {known}"
