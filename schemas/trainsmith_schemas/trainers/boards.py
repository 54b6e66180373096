"""Tenstorrent's boards and systems: how many devices each has, in which mesh, and their memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BoardName = Literal["N150", "N300", "p100", "p150", "T3K", "Galaxy"]
Architecture = Literal["Wormhole", "Blackhole"]

_GIB = 2**30


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


@dataclass(frozen=True)
class Card:
    """A kind of board, as `tt-smi` names it."""

    prefix: str
    """What its `board_type` begins with: `p150` of `p150a`."""
    name: str
    """Its name for people: `N150`."""
    devices: int
    """The number of devices on a board."""
    architecture: Architecture
    memory: int
    """Bytes of DRAM of each device, as published by Tenstorrent."""


CARDS = (
    Card("n150", "N150", 1, "Wormhole", 12 * _GIB),
    Card("n300", "N300", 2, "Wormhole", 12 * _GIB),
    Card("tt-galaxy-wh", "Galaxy", 32, "Wormhole", 12 * _GIB),
    Card("wh_4u", "Galaxy", 32, "Wormhole", 12 * _GIB),
    Card("p100", "p100", 1, "Blackhole", 28 * _GIB),
    Card("p150", "p150", 1, "Blackhole", 32 * _GIB),
    Card("p300", "p300", 2, "Blackhole", 32 * _GIB),
    Card("tt-galaxy-bh", "Galaxy Blackhole", 32, "Blackhole", 32 * _GIB),
)


def article(name: str) -> str:
    """The name of one board, with its article: `an N300`, `a p150`."""
    return f"{'an' if name.startswith(('N', 'u')) else 'a'} {name}"


def card_of(board_type: str) -> Card | None:
    """The kind of board of a device; `None` if it is not known here.

    Args:
        board_type: of `tt-smi -s`: `n300 L` is the device of an N300 that has the connection to the
            host, and `n300 R` the other one.
    """
    kind = board_type.strip().lower()
    return next((card for card in CARDS if kind.startswith(card.prefix)), None)
