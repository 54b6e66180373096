"""The faults of a text, of which each line has one at most."""

from __future__ import annotations

from trainsmith_server.yaml.tree import Fault, SyntaxFix

MAX_FAULTS = 200
"""Later faults of one text are left out: nobody reads them, and each costs time."""


class Faults:
    """The faults that were found so far."""

    __slots__ = ("found", "silent")

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.silent = False
        """The line has a fault already; what follows from it is not reported."""

    def add(self, fault: Fault | None) -> None:
        """Report a fault, unless its line has one already: the second follows from the first."""
        if fault is None:
            return
        if not self.silent and len(self.found) < MAX_FAULTS:
            self.found.append(fault)
        self.silent = True

    def report(
        self,
        message: str,
        start: int,
        end: int,
        code: str = "yaml-syntax",
        fix: SyntaxFix | None = None,
    ) -> None:
        """Report what is wrong at a span."""
        self.add(Fault(code, message, (start, end), fix))
