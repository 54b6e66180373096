"""Operations with a guard around each: between two of them, a process can listen and give up."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from trainsmith_trainer.backends.tape.ops import Ops


class GuardedOps:
    """The operations of another class, whose errors name the operation and its shapes."""

    def __init__(self, ops: Any, between: Callable[[], None]) -> None:
        """Guard operations.

        Args:
            ops: see `tape.Ops`.
            between: is called before each operation.
        """
        for name in dir(Ops):
            if not name.startswith("_"):
                setattr(self, name, _guarded(name, getattr(ops, name), between))


def _guarded(name: str, operation: Callable[..., Any], between: Callable[[], None]) -> Any:
    @wraps(operation)
    def guarded(*arguments: Any, **options: Any) -> Any:
        between()
        try:
            return operation(*arguments, **options)
        except RuntimeError as error:
            lines = str(error).splitlines() or [""]
            if any("Out of Memory" in line for line in lines):
                raise MemoryError(lines[0]) from error
            shapes = ", ".join(str(list(one.shape)) for one in arguments if hasattr(one, "shape"))
            raise RuntimeError(f"ttnn's `{name}` of {shapes}: {' '.join(lines[:4])}") from error

    return guarded
