"""The settings that affect diagnostics: the trainer, the level of each code, the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trainsmith_schemas.editor.settings import Level
from trainsmith_schemas.trainers.boards import Board
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class LintOptions:
    """The settings of a user or a project; the defaults leave everything to the rules."""

    profile: Trainer | None = None
    """The trainer to check for; `None` to detect it from the keys."""
    levels: Mapping[str, Level] = field(default_factory=dict[str, Level])
    """The levels of codes that differ from the default."""
    board: Board | None = None
    """The board or system that recipes are for, if it is set."""
    local_only: bool = False
    """Whether recipes must not send data to other machines."""

    def severity(self, code: str, usual: Severity | None) -> Severity | None:
        """The severity of a code; `usual` and the result are `None` if the code is off."""
        level = self.levels.get(code)
        if level is None:
            return usual
        return None if level == "off" else level
