"""Parquet and Arrow files → rows. Nothing in such a file is believed before it is validated.

Arrow's reader maps a file into memory as it is: unchecked, its offsets may lead anywhere.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from trainsmith_schemas.quantities import plural
from trainsmith_system.reading import MIB
from trainsmith_trainer.requirements import outdated

_ROWS = 256
"""How many rows of a table are read at once."""
_LARGEST_ROWS = 64 * MIB
_LONGEST_REASON = 300

Row = Mapping[str, Any]
"""JSON values by the names of their columns; `None` where the table has no value."""


class UnreadableTableError(Exception):
    """A table cannot be read. The text says why, `advice` what to do."""

    def __init__(self, why: str, advice: str) -> None:
        super().__init__(why)
        self.advice = advice


def read_parquet(file: BinaryIO, columns: Collection[str]) -> Iterator[Row]:
    """The rows of a Parquet file, with those of the given columns that it has.

    Raises:
        UnreadableTableError: it cannot be read, or the module `pyarrow` is not there.
    """
    with _readable():
        import pyarrow.parquet

        table = pyarrow.parquet.ParquetFile(file)
        names = _among(table.schema_arrow, columns)
        _require_small_columns(table.metadata, set(names))
        yield from _rows(table.iter_batches(batch_size=_ROWS, columns=names))


def _require_small_columns(metadata: Any, names: set[str]) -> None:
    """Refuse by the sizes that a Parquet file states, before anything is decompressed.

    Raises:
        UnreadableTableError: on average, a column's rows that are read at once would be refused.
    """
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        parts = math.ceil(group.num_rows / _ROWS)
        for column in map(group.column, range(group.num_columns)):
            name, _, _ = column.path_in_schema.partition(".")
            size = column.total_uncompressed_size
            if name in names and size > parts * _LARGEST_ROWS:
                raise _too_large(group.num_rows, size, parts * _LARGEST_ROWS)


def read_arrow(file: BinaryIO, columns: Collection[str]) -> Iterator[Row]:
    """The rows of an Arrow file or stream, with those of the given columns that it has.

    Raises:
        UnreadableTableError: it cannot be read, or the module `pyarrow` is not there.
    """
    with _readable():
        import pyarrow

        batches = pyarrow.ipc.open_stream(file) if _is_stream(file) else _batches_of(file)
        yield from _rows(batch.select(_among(batch.schema, columns)) for batch in batches)


def _is_stream(file: BinaryIO) -> bool:
    """Whether an Arrow file is a stream, as `datasets` writes it, and has no table of contents."""
    magic = file.read(6)
    file.seek(0)
    return magic != b"ARROW1"


def _batches_of(file: BinaryIO) -> Iterator[Any]:
    import pyarrow

    reader = pyarrow.ipc.open_file(file)
    return (reader.get_batch(at) for at in range(reader.num_record_batches))


def _among(schema: Any, columns: Collection[str]) -> list[str]:
    """The columns to read. If none is known, all that contain JSON, so that a message names them.

    Raises:
        UnreadableTableError: a known one contains something else, or a name is not unique.
    """
    for field in schema:
        if field.name in columns and not _is_json(field.type):
            raise UnreadableTableError(
                f"its column `{field.name}` has the type {str(field.type)[:_LONGEST_REASON]}",
                "write texts, numbers, lists or structs of these",
            )
    names = Counter(schema.names)
    if repeated := [name for name, count in names.items() if count > 1]:
        why = f"it has several columns with the name `{repeated[0][:_LONGEST_REASON]}`"
        raise UnreadableTableError(why, "give each column a name of its own")
    known = [name for name in names if name in columns]
    return known or [field.name for field in schema if _is_json(field.type)]


def _is_json(kind: Any) -> bool:
    """Whether a column's values are those of JSON."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_simple(kind.value_type)
    return types.is_null(kind) or _is_nested(kind)


def _is_nested(kind: Any) -> bool:
    """Whether values take room in the file: a list of a billion nulls takes none."""
    from pyarrow import types

    if types.is_struct(kind):
        return kind.num_fields > 0 and all(_is_nested(field.type) for field in kind)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _is_nested(kind.value_type)
    return _is_simple(kind)


def _is_simple(kind: Any) -> bool:
    from pyarrow import types

    is_text = types.is_string(kind) or types.is_large_string(kind)
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return is_text or is_number


def _rows(batches: Iterable[Any]) -> Iterator[Row]:
    from pyarrow import types

    for batch in batches:
        batch.validate(full=True)
        # A long text in a dictionary may be the value of every row.
        repeats = any(types.is_dictionary(field.type) for field in batch.schema)
        rows = 1 if repeats else _ROWS
        for at in range(0, len(batch), rows):
            yield from _small(batch.slice(at, rows)).to_pylist()


def _small(rows: Any) -> Any:
    """Some rows, if their values take little memory: a few bytes may encode any number of them."""
    if rows.nbytes > _LARGEST_ROWS:
        raise _too_large(len(rows), rows.nbytes, _LARGEST_ROWS)
    return rows


def _too_large(rows: int, size: int, most: int) -> UnreadableTableError:
    what = f"{plural(rows, 'row')} with {size:,} bytes"
    return UnreadableTableError(f"it has {what}, expected at most {most:,}", "divide long examples")


@contextmanager
def _readable() -> Generator[None, None, None]:
    """Turn errors of the library `pyarrow`, also its absence, into ours.

    Raises:
        UnreadableTableError: it is not there, or cannot read the file.
    """
    install = f"install it: {sys.executable} -m pip install"
    if importlib.util.find_spec("pyarrow") is None:
        raise UnreadableTableError("it needs the module pyarrow", f"{install} pyarrow")
    if least := outdated("pyarrow"):
        why = f"the installed pyarrow is older than {least}, and may run a program in the file"
        raise UnreadableTableError(why, f"{install} 'pyarrow>={least}'")
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())[:_LONGEST_REASON]
        raise UnreadableTableError(why, "write it again, with pyarrow or datasets") from None
