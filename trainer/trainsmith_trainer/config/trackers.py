"""Where a recipe sends its metrics, and what keeps it from doing so."""

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
from trainsmith_trainer.config.source import Source, parse_source
from trainsmith_trainer.errors import ConfigProblem, RecipeError

_WANDB_KEY: KeyPath = ("training_config", "use_wandb")
_TENSORBOARD_KEY: KeyPath = ("training_config", "use_tensorboard")
_LEVELS: tuple[Privacy, ...] = get_args(Privacy)


def tracking_problems(document: TrainingDocument, source: Source) -> Iterator[ConfigProblem]:
    """What keeps a run from telling the trackers that its recipe asks for.

    Args:
        document: the recipe.
        source: where its values were written.
    """
    training = document.training_config
    if training.use_wandb:
        privacy = what_keeps_private(Path(source.name))
        if privacy:
            message = (
                f"`use_wandb` sends metrics to a service, and {privacy}: "
                "write `use_wandb: false`; every metric is in the run's `events.jsonl` anyway"
            )
            origin = source.origin_of(_WANDB_KEY)
            yield ConfigProblem(origin, "error", "wandb-privacy", message, dotted(_WANDB_KEY))
    for wanted, key, package in (
        (training.use_wandb, _WANDB_KEY, "wandb"),
        (training.use_tensorboard, _TENSORBOARD_KEY, "tensorboard"),
    ):
        if wanted and importlib.util.find_spec(package) is None:
            message = (
                f"`{key[-1]}` needs the package {package}, which this Python lacks; install it: "
                f"{sys.executable} -m pip install {package}"
            )
            yield ConfigProblem(
                source.origin_of(key), "error", "missing-package", message, dotted(key)
            )


def what_keeps_private(recipe: Path) -> str:
    """What forbids that anything leaves this machine, as half a sentence; empty if nothing does.

    The environment and the project's file are asked. What cannot be understood counts as a no: a
    slip of the pen must not send anything.
    """
    said = os.environ.get(PRIVACY_VARIABLE, "")
    if said and said != "unrestricted":
        return f"the environment variable {PRIVACY_VARIABLE} is `{said}`{_unknown(said)}"
    for folder in recipe.absolute().parents:
        if (folder / PROJECT_FILE).is_file():
            return _of_project(folder / PROJECT_FILE)
    return ""


def _of_project(path: Path) -> str:
    try:
        source = parse_source(path.read_bytes().decode("utf-8-sig"), str(path))
    except RecipeError as error:
        return f"{path} cannot be asked ({error.problems[0].message})"
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} cannot be asked ({error})"
    said = source.data.get("privacy") if isinstance(source.data, dict) else None
    if said is None or said == "unrestricted":
        return ""
    return f"{source.origin_of(('privacy',)).label} says `privacy: {said}`{_unknown(said)}"


def _unknown(said: object) -> str:
    known = " or ".join(f"`{level}`" for level in _LEVELS)
    return "" if said in _LEVELS else f", which is neither {known}"
