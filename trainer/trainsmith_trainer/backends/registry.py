"""The backends by name. To add one, add a folder `backends/<name>/` and a line here.

The folder's package is a `base.BackendModule`; it imports its tensor library inside its functions.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from trainsmith_trainer.backends.base import BackendModule, Purpose

AUTO = "auto"
"""The first backend of `chosen_by_auto` that is available."""

BACKENDS: dict[str, str] = {
    "ttnn": "trainsmith_trainer.backends.ttnn",
    "torch": "trainsmith_trainer.backends.torch",
    "numpy": "trainsmith_trainer.backends.numpy",
}
"""The package of each backend, by the backend's name."""

BY_NAME_ONLY = frozenset({"numpy"})
"""Backends that `AUTO` never chooses: they are slower, so a run must ask for them."""

OPERATIONS = (
    "unavailable",
    "unsupported",
    "load_library",
    "may_copy_process",
    "open_backend",
    "open_decoder",
)
"""The functions of a `base.BackendModule`."""


class BackendError(Exception):
    """A backend is unknown, unavailable or unfinished. The text says which, and what to do."""


@dataclass(frozen=True)
class LoadedBackend:
    """A backend that was chosen."""

    name: str
    module: BackendModule
    reason: str = ""
    """Why `AUTO` chose it; empty if it was named."""


def chosen_by_auto() -> list[str]:
    """The backends that `AUTO` tries, in this order."""
    return [name for name in BACKENDS if name not in BY_NAME_ONLY]


def choose_backend(name: str = AUTO, purpose: Purpose = "train") -> LoadedBackend:
    """Find a backend by its name.

    Args:
        name: one of `BACKENDS`, or `AUTO`.
        purpose: what it is needed for.

    Raises:
        BackendError: the backend does not exist, or cannot be used here for this purpose.
    """
    if name not in (AUTO, *BACKENDS):
        known = ", ".join((AUTO, *BACKENDS))
        raise BackendError(f"there is no backend `{name}`: choose one of {known}")
    problems: list[str] = []
    candidates = chosen_by_auto() if name == AUTO else [name]
    reason = f"`{AUTO}` picks the first of {', '.join(candidates)} that can be used here"
    for candidate in candidates:
        module = importlib.import_module(BACKENDS[candidate])
        problem = passed_over(candidate) if name == AUTO else ""
        problem = problem or _problem(module, purpose)
        if not problem:
            loaded = cast("BackendModule", module)
            return LoadedBackend(candidate, loaded, reason if name == AUTO else "")
        problems.append(f"the backend `{candidate}` cannot {purpose} here: {problem}")
    seen = "" if name == AUTO else "; `trainsmith devices` shows what there is"
    raise BackendError("; ".join(problems) + seen)


def available_backend() -> LoadedBackend | None:
    """The backend that `AUTO` chooses to train with; `None` if there is none here."""
    try:
        return choose_backend()
    except BackendError:
        return None


def passed_over(name: str) -> str:
    """Why `AUTO` passes over a backend that could be used; most have no such function.

    Args:
        name: one of `BACKENDS`.
    """
    reason = getattr(importlib.import_module(BACKENDS[name]), "passed_over", None)
    return str(reason()) if reason else ""


def _problem(module: object, purpose: Purpose) -> str:
    missing = [operation for operation in OPERATIONS if not hasattr(module, operation)]
    if missing:
        return f"it is unfinished, it lacks {', '.join(missing)}"
    return cast("BackendModule", module).unavailable(purpose)
