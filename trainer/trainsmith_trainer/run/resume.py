"""Where a run continues: which checkpoint, whether it fits the recipe, what to warn about.

`plan_resume` decides it once, before the run; everything else reads its `ResumePlan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainsmith_schemas.meaning.difference import Settings, differences
from trainsmith_schemas.runs.events import RunFinished
from trainsmith_schemas.runs.layout import CHECKPOINTS, RESOLVED
from trainsmith_schemas.runs.reports import Difference
from trainsmith_system.folders import is_same
from trainsmith_trainer.errors import ResumeError
from trainsmith_trainer.formatting import change_text
from trainsmith_trainer.history.record import newest_run, read_history, settings_from
from trainsmith_trainer.run_dir.checkpoint import (
    Checkpoint,
    DamagedCheckpointError,
    checkpoints_in,
    newest_intact,
    read_checkpoint,
    set_aside,
    step_of,
)
from trainsmith_trainer.run_dir.create import check_name, is_in

LATEST = Path()
"""Stands for the newest checkpoint, in place of a path."""

_CHANGEABLE_KEYS = {
    "transformer_config.dropout_prob",
    "transformer_config.model_path",
    "transformer_config.runner_type",
    "lora_config.adapter_path",
    "lora_config.lora_dropout",
}
"""Keys of the model that may change, because the weights keep their meaning."""


@dataclass(frozen=True)
class ResumePlan:
    """Where a run continues; `fresh_plan` returns that of a new run."""

    folder: Path | None
    """The folder of the run that continues; `None` if a new run branches off."""
    checkpoint: Checkpoint | None
    """`None` if the run was stopped before its first checkpoint: it starts over."""
    parent: str | None
    """The name of the previous run."""
    warnings: tuple[str, ...] = ()
    finished: bool = False
    """Whether the run had finished: it continues only with more steps in the recipe."""

    @property
    def step(self) -> int:
        """Optimizer steps that were taken before."""
        return self.checkpoint.state.step if self.checkpoint else 0

    @property
    def origin(self) -> str | None:
        """The checkpoint's path, relative to the run's folder if it is inside."""
        if self.checkpoint is None:
            return None
        path = self.checkpoint.path
        inside = self.folder is not None and self.folder in path.parents
        return (path.relative_to(self.folder) if inside and self.folder else path).as_posix()


def fresh_plan(parent: Path, config: Path, *, smoke: bool) -> ResumePlan:
    """The plan of a run that starts at step 0.

    Args:
        parent: the recipe's `checkpoint_dir`.
        config: the recipe.
        smoke: whether it is a smoke run, which has no previous run.
    """
    return ResumePlan(None, None, None if smoke else newest_run(parent, config))


def plan_resume(parent: Path, config: Path, name: str | None, wanted: Path) -> ResumePlan:
    """Decide where `--resume` continues. Every byte of the chosen checkpoint is verified once.

    Args:
        parent: the recipe's `checkpoint_dir`.
        config: the recipe.
        name: the run's name, if the user gave one.
        wanted: `LATEST`, or the path of a checkpoint or of a run's folder.

    Raises:
        ResumeError: there is nothing to resume. The text says what to do.
    """
    if name is not None and not is_in(parent, name):
        check_name(name)
    if wanted == LATEST:
        return _latest(_run_folder(parent, config, name))
    if (wanted / CHECKPOINTS).is_dir():
        if name is None or is_same(parent / name, wanted):
            return _latest(wanted)
        newest, damaged = newest_intact(wanted / CHECKPOINTS)
        if newest is None:
            raise ResumeError(f"{wanted} has no intact checkpoint")
        return ResumePlan(None, newest, wanted.name, tuple(map(str, damaged)))
    return _from_checkpoint(parent, name, wanted)


def _run_folder(parent: Path, config: Path, name: str | None) -> Path:
    name = name or newest_run(parent, config, versions=False)
    if name is None:
        other = newest_run(parent, config)
        raise ResumeError(
            f"{parent} has no run of {config}: "
            + (
                f"the newest run of a similar recipe is {other}; --name {other} resumes it"
                if other
                else "there is nothing to resume"
            )
        )
    if not (parent / name).is_dir():
        raise ResumeError(f"there is no run {parent / name}: start it without --resume")
    return parent / name


def _latest(folder: Path) -> ResumePlan:
    checkpoint, damaged = newest_intact(folder / CHECKPOINTS)
    warnings = [f"{error}; the checkpoint before it is used" for error in damaged]
    if checkpoint is None:
        warnings = [str(error) for error in damaged]
        warnings.append(f"{folder} has no intact checkpoint: the run starts over")
    return _in_place(folder, checkpoint, tuple(warnings))


def _in_place(
    folder: Path, checkpoint: Checkpoint | None, warnings: tuple[str, ...] = ()
) -> ResumePlan:
    """Continue a run in its own folder."""
    history = read_history(folder)
    parent = history.started.parent if history else None
    finished = history is not None and isinstance(history.end, RunFinished)
    return ResumePlan(folder, checkpoint, parent, warnings, finished)


def _from_checkpoint(parent: Path, name: str | None, path: Path) -> ResumePlan:
    try:
        checkpoint = read_checkpoint(path)
    except DamagedCheckpointError as error:
        raise ResumeError(f"{error}: name another checkpoint, or a run's folder") from None
    own = path.absolute().parent.parent if path.absolute().parent.name == CHECKPOINTS else None
    if own is None:
        return ResumePlan(None, checkpoint, None)
    in_place = name is None or is_same(parent / name, own)
    if not in_place:
        return ResumePlan(None, checkpoint, own.name)
    newer = [one for one in checkpoints_in(path.parent) if (step_of(one) or 0) > _step(path)]
    if newer:
        raise ResumeError(
            f"{own.name} has newer checkpoints than {path.name}, up to {newer[-1].name}: "
            "add a --name to branch off a new run from there, or resume without a path"
        )
    return _in_place(path.parent.parent, checkpoint)


def _step(path: Path) -> int:
    return step_of(path) or 0


def set_damaged_aside(folder: Path, checkpoint: Checkpoint | None) -> None:
    """Rename the damaged checkpoints that are newer than the one that a run resumes from."""
    step = checkpoint.state.step if checkpoint else -1
    for path in checkpoints_in(folder / CHECKPOINTS):
        if _step(path) > step:
            set_aside(path)


def refuse_another_model(checkpoint: Checkpoint, now: Settings) -> list[Difference]:
    """The changes in the recipe since a checkpoint was written.

    Raises:
        ResumeError: the model has changed; the text lists the changes.
    """
    before = settings_from(checkpoint.texts.get(RESOLVED, b""))
    if before is None:
        return []
    changed = differences([before, now])
    in_model = [change for change in changed if _is_in_model(change)]
    if in_model:
        raise ResumeError(
            f"the model is not the one of {checkpoint.path}:",
            *(f"    {change_text(change)}" for change in in_model),
            "Undo these changes, or start a new run without --resume",
        )
    return changed


def _is_in_model(change: Difference) -> bool:
    return any(
        key.startswith(("transformer_config.", "lora_config.")) and key not in _CHANGEABLE_KEYS
        for key in change.keys
    )


def changed_environment(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Warnings about changes outside the recipe, such as another version or device."""
    if "backend" in now:
        before = {"backend": "torch", **before}  # Older checkpoints do not name it.
    # Another backend has other versions, which do not need to be listed one by one.
    is_other = "backend" in now and before.get("backend") != now["backend"]
    for key in sorted(before.keys() & now.keys() if is_other else before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            was, is_now = before.get(key, "unknown"), now.get(key, "unknown")
            yield f"{key} was {was} and is now {is_now}: results agree only up to rounding"
