"""Tenstorrent's boards and systems: how many devices each has, and in which mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BoardName = Literal["N150", "N300", "p100", "p150", "T3K", "Galaxy"]


@dataclass(frozen=True)
class Board:
    """A board or a system."""

    name: BoardName
    mesh_shape: tuple[int, int]
    """The rows and columns of its mesh, as opened by tt-train."""

    @property
    def devices(self) -> int:
        """The number of devices."""
        return self.mesh_shape[0] * self.mesh_shape[1]


BOARDS = (
    Board("N150", (1, 1)),
    Board("N300", (1, 2)),
    Board("p100", (1, 1)),
    Board("p150", (1, 1)),
    Board("T3K", (1, 8)),
    Board("Galaxy", (1, 32)),
)
