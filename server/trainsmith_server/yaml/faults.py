"""Collects the faults of a text, at most one for each line."""

from __future__ import annotations

from trainsmith_server.yaml.tree import Fault, SyntaxFix

MAX_FAULTS = 200
"""Further faults of a text are dropped: they take time, and users fix the first ones first."""


class Faults:
    """The faults that were found so far."""

    __slots__ = ("found", "silent")

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.silent = False
        """The line has a fault already; follow-on faults are not reported."""

    def add(self, fault: Fault | None) -> None:
        """Report a fault, unless its line has one already, which usually causes the second."""
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
        """Report a fault at a span."""
        self.add(Fault(code, message, (start, end), fix))
