"""Why a run failed, as an event: what happened, which line of which file, what to change there."""

from __future__ import annotations

import errno
import time

from trainsmith_schemas.meaning.advice import lower_rate
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CHECKPOINTS, LOG
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.run.prepare import Run
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in

_BATCH = "training_config.batch_size"
_VALIDATION_BATCH = "training_config.validation_batch_size"


def failed(run: Run, step: int, error: Exception) -> events.RunFailed:
    """The last event of a run that failed.

    Args:
        run: the run.
        step: the last step that was taken.
        error: what happened.
    """
    known = _explained(error)
    saved = checkpoints_in(run.folder / CHECKPOINTS)
    parts = [known.advice] if known.advice else []
    if saved:
        parts.append(f"the last checkpoint is {saved[-1].relative_to(run.folder).as_posix()}")
        if run.resume_command:
            parts.append(f"to resume from it: {run.resume_command}")
    origin = run.inputs.config.origin_of(known.config_path) if known.config_path else None
    return events.RunFailed(
        time=time.time(),
        step=step,
        message=known.message,
        advice="; ".join(parts) or None,
        config_path=known.config_path,
        file=(origin.file or None) if origin else None,
        line=(origin.line or None) if origin else None,
        change=_change(run, known.config_path),
    )


def is_expected(error: Exception) -> bool:
    """Whether the user can do something about an error."""
    return isinstance(error, RunError | OSError | MemoryError) or _is_memory_error(error)


def _explained(error: Exception) -> RunError:
    if isinstance(error, RunError):
        return error
    if isinstance(error, OSError):
        return _system_error(error)
    if isinstance(error, MemoryError) or _is_memory_error(error):
        # The backend reports its own lack of memory; this is any other.
        return RunError("the memory is too small", advice=f"lower `{_BATCH}`", config_path=_BATCH)
    return RunError(
        f"{type(error).__name__}: {error}",
        advice=f"this should not happen; {LOG} has the details",
    )


def _is_memory_error(error: Exception) -> bool:
    """PyTorch raises a `RuntimeError` with such a text; this module does not import PyTorch."""
    known_texts = ("out of memory", "not enough memory", "t allocate memory")
    return isinstance(error, RuntimeError) and any(words in str(error) for words in known_texts)


def _system_error(error: OSError) -> RunError:
    where = f"{error.filename}: " if error.filename else ""
    message = f"{where}{error.strerror or error}"
    if error.errno != errno.ENOSPC:
        return RunError(message)
    return RunError(
        message,
        advice="free some space, or keep fewer checkpoints",
        config_path="training_config.keep_last_n",
    )


def _change(run: Run, key: str | None) -> events.Change | None:
    """The one value to try instead: half the batch that was too large, half the rate, no tracker.

    Halving follows the lesson on configuration patterns.
    """
    if key is None:
        return None
    if key == run.inputs.schedule.key:
        return events.Change(key=key, value=lower_rate(run.inputs.schedule.peak))
    if key == _BATCH and run.inputs.training.batch_size > 1:
        return events.Change(key=key, value=run.inputs.training.batch_size // 2)
    if key == _VALIDATION_BATCH and run.inputs.validation_batch > 1:
        return events.Change(key=key, value=run.inputs.validation_batch // 2)
    if key == "training_config.use_wandb":
        return events.Change(key=key, value=False)
    return None
