"""A file of examples → its records: lines, items of a list, or rows of a table."""

from __future__ import annotations

import codecs
import importlib.util
import json
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from trainsmith_schemas.data_types import DataType
from trainsmith_system.reading import MIB
from trainsmith_trainer.data.files import DATA_KEY, file_type, opened
from trainsmith_trainer.errors import RunError

_LONGEST_LINE = 64 * MIB
"""Of an example; the whole line is in memory several times."""
_LARGEST_LIST = 1024 * MIB
"""Of a `.json` file, which is read as a whole."""
_ROWS = 256
"""How many rows of a table are read at once."""
_LONGEST_REASON = 300


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
        "parquet": lambda file: _parquet(path, file, columns),
        "arrow": lambda file: _arrow(path, file, columns),
    }
    with opened(path) as file:
        yield from readers[file_type(path)](file)


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


def _parquet(path: Path, file: BinaryIO, columns: Collection[str]) -> Iterator[Record]:
    with _readable_table(path):
        import pyarrow.parquet

        table = pyarrow.parquet.ParquetFile(file)
        names = _among(table.schema_arrow.names, columns)
        yield from _rows(table.iter_batches(batch_size=_ROWS, columns=names))


def _arrow(path: Path, file: BinaryIO, columns: Collection[str]) -> Iterator[Record]:
    with _readable_table(path):
        import pyarrow

        batches = pyarrow.ipc.open_stream(file) if _is_stream(file) else _batches_of(file)
        for batch in batches:
            chosen = batch.select(_among(batch.schema.names, columns))
            yield from _rows(chosen.slice(at, _ROWS) for at in range(0, len(chosen), _ROWS))


def _is_stream(file: BinaryIO) -> bool:
    """Whether an Arrow file is a stream, as `datasets` writes it, and has no table of contents."""
    magic = file.read(6)
    file.seek(0)
    return magic != b"ARROW1"


def _batches_of(file: BinaryIO) -> Iterator[Any]:
    import pyarrow

    reader = pyarrow.ipc.open_file(file)
    return (reader.get_batch(at) for at in range(reader.num_record_batches))


def _among(names: list[str], columns: Collection[str]) -> list[str]:
    """The columns to read: all of them, if none is known, so that a message can name them."""
    return [name for name in names if name in columns] or names


def _rows(batches: Iterable[Any]) -> Iterator[Record]:
    number = 0
    for batch in batches:
        for fields in batch.to_pylist():
            number += 1
            # A table has a place for each column in each row; an empty one means that it is absent.
            yield Record(number, {key: each for key, each in fields.items() if each is not None})


@contextmanager
def _readable_table(path: Path) -> Generator[None, None, None]:
    """Turn errors of the library `pyarrow`, also its absence, into an error that says what to do.

    Raises:
        RunError: it is not there, or cannot read the file.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise RunError(
            f"{path} needs the module pyarrow, which this Python lacks",
            advice=f"install it: {sys.executable} -m pip install pyarrow",
            config_path=DATA_KEY,
        )
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, MemoryError) as error:
        why = " ".join(str(error).split())[:_LONGEST_REASON]
        raise _unreadable(path, why, "write it again, with pyarrow or datasets") from None


def _unreadable(path: Path, why: str, advice: str) -> RunError:
    return RunError(f"{path} cannot be read: {why}", advice=advice, config_path=DATA_KEY)
