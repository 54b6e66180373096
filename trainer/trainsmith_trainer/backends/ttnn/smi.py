"""What `tt-smi` says about the boards: their kinds, the driver, the firmware.

`tt-smi -s` writes a snapshot as JSON. It is a program of the driver's, so it may hang with the
board, and its output is text from outside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from trainsmith_schemas.quantities import plural
from trainsmith_schemas.trainers.boards import Card, article, card_of
from trainsmith_system.children import NoAnswerError, answer_of, program_in_path
from trainsmith_system.text import one_line, shortened

_SECONDS = 20.0
"""It answers within a few seconds for 32 devices; with a board that hangs, never."""
_MOST = 4 * 2**20
"""A device takes some 5 KB of the snapshot."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _cleaned(text: str) -> str:
    return shortened(one_line(text.strip()), 100)


_Text = Annotated[str, AfterValidator(_cleaned)]


class _Part(BaseModel):
    """A part of the snapshot; versions of `tt-smi` differ in what else there is."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _BoardInfo(_Part):
    board_type: _Text | None = None


class _Firmwares(_Part):
    fw_bundle_version: _Text | None = None


class _Device(_Part):
    board_info: _BoardInfo
    firmwares: _Firmwares = _Firmwares()


class _Host(_Part):
    driver: Annotated[_Text | None, Field(alias="Driver")] = None


class _Snapshot(_Part):
    host_info: _Host = _Host()
    device_info: Annotated[list[_Device], Field(max_length=1024)]


@dataclass(frozen=True)
class Boards:
    """Boards of one kind."""

    name: str
    """`N300`, or the `board_type` of a kind that is not known here."""
    card: Card | None
    """`None` if the kind is not known here."""
    devices: int
    """All devices of these boards together."""
    firmware: str
    """The versions of their firmware; empty if `tt-smi` does not say."""

    @property
    def words(self) -> str:
        """How many boards there are: `an N300`, `4 × N300`."""
        count = max(1, self.devices // self.card.devices) if self.card else self.devices
        return article(self.name) if count == 1 else f"{count} × {self.name}"


@dataclass(frozen=True)
class Answer:
    """What `tt-smi` says."""

    boards: tuple[Boards, ...] = ()
    driver: str = ""
    """The version of the driver; empty if it is not known."""
    problem: str = ""
    """Why there is no answer; empty if there is one."""

    @property
    def devices(self) -> int:
        """The devices of all boards."""
        return sum(boards.devices for boards in self.boards)

    @property
    def memory(self) -> int | None:
        """Bytes of DRAM of the first device, which a run opens; `None` if it is not known."""
        card = self.boards[0].card if self.boards else None
        return card.memory if card else None

    @property
    def words(self) -> str:
        """The boards in words: `an N300 with 2 devices`."""
        names = " and ".join(boards.words for boards in self.boards)
        return f"{names} with {plural(self.devices, 'device')}"


@cache
def ask() -> Answer:
    """Ask `tt-smi` once in a process; it takes seconds."""
    program = program_in_path("tt-smi")
    if program is None:
        return Answer(
            problem="the program `tt-smi` is not in the PATH: install it with `pip install tt-smi`"
        )
    try:
        # Without a terminal, older versions write colours and break lines.
        written = answer_of(program, ["-s"], seconds=_SECONDS, most=_MOST)
    except NoAnswerError as error:
        said = _COLOURS.sub("", str(error))
        return Answer(problem=f"`tt-smi -s` {shortened(one_line(said), 300)}")
    return read_snapshot(written)


def read_snapshot(written: bytes) -> Answer:
    """Read the snapshot.

    Args:
        written: what `tt-smi -s` wrote.
    """
    text = _COLOURS.sub("", written.decode("utf-8", "replace"))
    try:
        # Older versions write lines about what they do before it.
        snapshot = _Snapshot.model_validate_json(text[text.find("{") :])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        what = shortened(one_line(f"{place}: {first['msg']}"), 200)
        return Answer(problem=f"the snapshot of `tt-smi -s` is not one that can be read ({what})")
    return Answer(tuple(_by_kind(snapshot.device_info)), snapshot.host_info.driver or "")


def _by_kind(devices: Iterable[_Device]) -> Iterable[Boards]:
    kinds = [(_name(device), device) for device in devices]
    for name, count in Counter(name for name, _ in kinds).items():
        of_kind = [device for kind, device in kinds if kind == name]
        versions = {device.firmwares.fw_bundle_version or "" for device in of_kind} - {""}
        card = card_of(of_kind[0].board_info.board_type or "")
        yield Boards(name, card, count, ", ".join(sorted(versions)))


def _name(device: _Device) -> str:
    kind = device.board_info.board_type or ""
    card = card_of(kind)
    return card.name if card else kind or "unknown board"
