"""A data file → its texts or its tokens, in pieces, so that it need not fit into memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from trainsmith_trainer.data.files import DATA_KEY, opened
from trainsmith_trainer.data.segments import Segment
from trainsmith_trainer.errors import RunError

PIECE = 1 << 18
"""Characters of text, or tokens, that are read at once."""

# Cutting here does not change the tokens: no tokenizer joins a letter with what follows the next
# space, and hardly any joins a character with the space after it.
_PLACES_TO_CUT = (re.compile(r"(?<=\w) (?=\w)"), re.compile(r"(?<=\S)(?=\s)"))
_SEARCHED = 1 << 12
_MOST_PIECES = 16
"""How many pieces are searched for such a place before a text is cut anywhere."""


def read_text(path: Path, piece: int = PIECE) -> Iterator[Segment]:
    """The text of a UTF-8 file, as one document.

    Windows line endings become line feeds; a byte order mark is dropped.

    Raises:
        RunError: it cannot be read, or is not UTF-8.
    """
    rest = ""
    for text in _decoded(path, piece):
        rest += text
        at = _place_to_cut(rest) if len(rest) > piece else 0
        if len(rest) > piece * _MOST_PIECES:
            at = at or len(rest)
        if at:
            yield Segment(rest[:at])
            rest = rest[at:]
    if rest:
        yield Segment(rest)


def _decoded(path: Path, piece: int) -> Iterator[str]:
    decoder, done, held = codecs.getincrementaldecoder("utf-8")(), 0, ""
    with opened(path) as file:
        while True:
            block = file.read(piece)
            waiting = len(decoder.getstate()[0])
            try:
                text = held + decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                at = done - waiting + error.start
                raise RunError(
                    f"{path} is not UTF-8 text (byte {at:,}, in line {_line_at(path, at)})",
                    advice="save it as UTF-8",
                    config_path=DATA_KEY,
                ) from None
            if done == 0:
                text = text.removeprefix("\ufeff")
            done += len(block)
            # The line feed that follows may be the next block's first character.
            held = "\r" if block and text.endswith("\r") else ""
            text = text[: len(text) - len(held)].replace("\r\n", "\n")
            if text:
                yield text
            if not block:
                return


def _line_at(path: Path, end: int) -> int:
    with opened(path) as file:
        return 1 + sum(file.read(min(PIECE, end - at)).count(b"\n") for at in range(0, end, PIECE))


def _place_to_cut(text: str) -> int:
    """Where a text can be cut without changing its tokens; 0 if nowhere."""
    first = max(1, len(text) - _SEARCHED)
    for place in _PLACES_TO_CUT:
        found = [match.start() for match in place.finditer(text, first)]
        if found:
            return found[-1]
    return 0


def read_tokens(
    path: Path, piece: int = PIECE
) -> Iterator[tuple[npt.NDArray[np.uint32], int | None]]:
    """The tokens of a file that tt-train's tools wrote, in pieces.

    The file is YAML with a list `tokens`, parsed as a stream because there may be millions. The
    last piece comes with the file's `tokenizer_vocab_size`, if there is one.

    Raises:
        RunError: it cannot be read, or contains something else.
    """
    try:
        with opened(path) as file:
            yield from _tokens_in(path, yaml.parse(file, Loader=_LOADER), piece)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _no_tokens(path, mark, f"this is not YAML ({error.problem})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _no_tokens(path, None, f"this is not YAML ({' '.join(str(error).split())})") from None


def _tokens_in(
    path: Path, events: Iterator[Any], piece: int
) -> Iterator[tuple[npt.NDArray[np.uint32], int | None]]:
    """Read the list and the number from the events of the parser."""
    depth, key, size, found = 0, "", None, False
    waiting: list[int] = []
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise _no_tokens(path, event.start_mark, f"`*{str(event.anchor)[:20]}` is an alias")
        if isinstance(event, yaml.ScalarEvent):
            if depth == 1 and not key:
                key = event.value
            elif depth == 1:
                size = _number(path, event) if key == "tokenizer_vocab_size" else size
                key = ""
            elif key == "tokens":
                waiting.append(_number(path, event))
                if len(waiting) == piece:
                    yield np.array(waiting, np.uint32), None
                    waiting = []
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:  # libyaml takes quadratic time for endless nesting.
                raise _no_tokens(path, event.start_mark, "this is nested too deeply")
            found = found or (depth == 2 and key == "tokens")
            wrong = isinstance(event, yaml.SequenceStartEvent) == (depth == 1)
            if (depth == 1 and wrong) or (depth > 2 and key == "tokens"):
                raise _no_tokens(path, event.start_mark, "expected a list `tokens` of numbers")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            key = "" if depth == 1 else key
    if not found:
        raise _no_tokens(path, None, "it has no list `tokens`")
    yield np.array(waiting, np.uint32), size


_DEEPEST = 20
"""Levels of values beside the tokens, which are ignored."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _number(path: Path, event: Any) -> int:
    if event.value.isascii() and event.value.isdigit() and len(event.value) < 10:
        return int(event.value)
    raise _no_tokens(path, event.start_mark, f"`{event.value[:20]}` is not a token's number")


def _no_tokens(path: Path, mark: Any, why: str) -> RunError:
    place = f"{path}:{mark.line + 1}" if mark else str(path)
    return RunError(
        f"{place}: {why}",
        advice="a YAML file of data contains `tokens`, a list of whole numbers, and "
        "`tokenizer_vocab_size`, without aliases; text belongs in a .txt file",
        config_path=DATA_KEY,
    )
