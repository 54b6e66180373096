"""What a text is judged by, apart from itself: the trainer and the level of each code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trainsmith_schemas.editor.settings import Level
from trainsmith_schemas.trainers.boards import Board
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class LintOptions:
    """The choices of a person or a project; without any, everything is as the rules say."""

    profile: Trainer | None = None
    """The trainer to judge for; `None` is the one that the text was written for."""
    levels: Mapping[str, Level] = field(default_factory=dict[str, Level])
    """Codes whose level is not the usual one."""
    board: Board | None = None
    """The board or system that recipes are for, where somebody has said it."""
    local_only: bool = False
    """Whether nothing may leave the machine."""

    def severity(self, code: str, usual: Severity | None) -> Severity | None:
        """How severe a code is here; `usual` and the result are `None` where it is off."""
        level = self.levels.get(code)
        if level is None:
            return usual
        return None if level == "off" else level
