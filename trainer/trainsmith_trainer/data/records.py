"""A file of examples → its records: lines, items of a list, or rows of a table."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from trainsmith_schemas.data_types import DataType
from trainsmith_schemas.json_text import is_too_deep
from trainsmith_system.reading import MIB
from trainsmith_trainer.data.files import DATA_KEY, file_type, opened
from trainsmith_trainer.data.tables import UnreadableTableError, read_arrow, read_parquet
from trainsmith_trainer.errors import RunError

_LONGEST_LINE = 64 * MIB
"""Of an example; the whole line is in memory several times."""
_LARGEST_LIST = 1024 * MIB
"""Of a `.json` file, which is read as a whole."""


@dataclass(frozen=True)
class Record:
    """One record, or why it cannot be read."""

    line: int
    """Its line, or its row in a table, counted from 1."""
    value: Any = None
    """Any JSON value."""
    problem: str = ""
    """What is wrong with the line, and how to fix it."""


def read_records(path: Path, columns: Collection[str]) -> Iterator[Record]:
    """The records of a file, in order.

    Args:
        path: the file.
        columns: those of a table that are read; others may be large.

    Raises:
        RunError: it cannot be read.
    """
    readers: dict[DataType, Callable[[BinaryIO], Iterator[Record]]] = {
        "jsonl": _lines,
        "json": lambda file: _items(path, file),
        "parquet": lambda file: _rows(path, read_parquet(file, columns)),
        "arrow": lambda file: _rows(path, read_arrow(file, columns)),
    }
    with opened(path) as file:
        for record in readers[file_type(path)](file):
            yield Record(record.line, problem=_TOO_DEEP) if is_too_deep(record.value) else record


def _lines(file: BinaryIO) -> Iterator[Record]:
    """The objects of a JSONL file; empty lines are skipped."""
    for number, line in enumerate(_whole_lines(file), 1):
        if not line.strip():
            continue
        if len(line) > _LONGEST_LINE:
            yield Record(
                number,
                problem=f"the line has more than {_LONGEST_LINE:,} bytes: divide the example",
            )
            continue
        try:
            text = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode("utf-8")
            yield Record(number, json.loads(text))
        except ValueError as error:
            yield Record(number, problem=_problem(error))
        except RecursionError:
            yield Record(number, problem=_TOO_DEEP)


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of a line that is too long, only the first part is kept."""
    while line := file.readline(_LONGEST_LINE + 1):
        yield line
        while len(line) > _LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE + 1)


_TOO_DEEP = "this is nested too deeply: write one object with texts in it"


def _problem(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} of the line is not UTF-8: save the file as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return (
            f"this is not JSON ({error.msg} at character {error.colno}): write an object per line"
        )
    # Python limits the digits of a number to a few thousand.
    return "a number in this has too many digits: shorten it, or put it in quotes"


def _items(path: Path, file: BinaryIO) -> Iterator[Record]:
    """The items of the list in a JSON file, each with the line at which it begins."""
    content = file.read(_LARGEST_LIST + 1)
    if len(content) > _LARGEST_LIST:
        raise _unreadable(
            path,
            f"it has more than {_LARGEST_LIST:,} bytes",
            "write each example on a line of its own, in a .jsonl file",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start:,} is not UTF-8", "save it as UTF-8") from None
    del content
    decode, at, line = json.JSONDecoder().raw_decode, _after_space(text, 0), 1
    if not text.startswith("[", at):
        raise _unreadable(
            path, "it is not a list of examples", 'write [{"prompt": "…", "response": "…"}, …]'
        )
    line += text.count("\n", 0, at)
    at, separator = at + 1, ","
    while separator == ",":
        begin = _after_space(text, at)
        line += text.count("\n", at, begin)
        if text.startswith("]", begin):  # An empty list; JSON allows no comma before this.
            return
        try:
            value, end = decode(text, begin)
        except json.JSONDecodeError as error:
            raise _unreadable(path, _not_json(error), "correct it there") from None
        except (ValueError, RecursionError):
            raise _unreadable(
                path, f"the example in line {line} has too many digits or levels", "shorten it"
            ) from None
        yield Record(line, value)
        at = _after_space(text, end)
        line += text.count("\n", begin, at)
        separator = text[at : at + 1]
        at += 1
    if separator != "]":
        raise _unreadable(
            path,
            f"it is not JSON: after the example that ends in line {line}, a comma or ] is missing",
            "correct it there",
        )


def _not_json(error: json.JSONDecodeError) -> str:
    return f"it is not JSON: {error.msg} in line {error.lineno}, character {error.colno}"


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at


def _rows(path: Path, rows: Iterator[Mapping[str, Any]]) -> Iterator[Record]:
    try:
        for number, fields in enumerate(rows, 1):
            # A table has a place for each column in each row; an empty one means that it is absent.
            yield Record(number, {key: each for key, each in fields.items() if each is not None})
    except UnreadableTableError as error:
        raise _unreadable(path, str(error), error.advice) from None


def _unreadable(path: Path, why: str, advice: str) -> RunError:
    return RunError(f"{path} cannot be read: {why}", advice=advice, config_path=DATA_KEY)
