"""Parquet and Arrow files of anybody: nothing outside of the file is read, nothing crashes."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from trainsmith_trainer.data import tables
from trainsmith_trainer.data.records import read_records
from trainsmith_trainer.errors import RunError

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet  # noqa: E402

TEXTS = ["Hi", "Hello there", "Bye"]


def _stream(table: Any) -> bytes:
    written = io.BytesIO()
    with pa.ipc.new_stream(written, table.schema) as writer:
        writer.write_table(table)
    return written.getvalue()


def _read(folder: Path, content: bytes, columns: frozenset[str] = frozenset({"text"})) -> list[Any]:
    path = folder / "data.arrow"
    path.write_bytes(content)
    return [record.value for record in read_records(path, columns)]


def _offsets(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


def test_rows_are_read(tmp_path: Path) -> None:
    table = pa.table({"text": [*TEXTS, None], "tags": [["a"], [], None, ["b"]]})
    assert _read(tmp_path, _stream(table), frozenset({"text", "tags"})) == [
        {"text": "Hi", "tags": ["a"]},
        {"text": "Hello there", "tags": []},
        {"text": "Bye"},
        {"tags": ["b"]},
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        (0, 2, 13, 300_000),
        (0, 2, 13, 2**31 - 1000),
        (-300_000, 2, 13, 16),
        (0, 13, 2, 16),
        (0, -4000, 13, 16),
    ],
)
def test_offsets_beyond_the_file_are_refused(tmp_path: Path, wrong: tuple[int, ...]) -> None:
    content = _stream(pa.table({"text": TEXTS}))
    right = _offsets(0, 2, 13, 16)
    assert content.count(right) == 1
    with pytest.raises(RunError, match=r"cannot be read: .*[Oo]ffset"):
        _read(tmp_path, content.replace(right, _offsets(*wrong)))


def test_texts_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="Invalid UTF8"):
        _read(tmp_path, _stream(pa.table({"text": TEXTS})).replace(b"Bye", b"B\xffe"))
    with pytest.raises(RunError, match="can't decode byte"):
        _read(tmp_path, _stream(pa.table({"text": TEXTS})).replace(b"text", b"te\xfft"))


@pytest.mark.parametrize(
    "kind",
    [
        pa.timestamp("s"),
        pa.binary(),
        pa.decimal128(9),
        pa.date32(),
        # These take no room in the file, however many there are.
        pa.list_(pa.null(), 10**9),
        pa.struct([]),
    ],
)
def test_columns_that_are_not_json_are_refused_by_their_type(tmp_path: Path, kind: Any) -> None:
    table = pa.table({"text": pa.array([None], pa.list_(kind)), "other": ["a"]})
    with pytest.raises(RunError, match="column `text` has the type list<"):
        _read(tmp_path, _stream(table))
    assert _read(tmp_path, _stream(table), frozenset({"prompt"})) == [{"other": "a"}]


def test_texts_in_dictionaries_are_read(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["a", "b", "a", None]).dictionary_encode()})
    values = [{"text": "a"}, {"text": "b"}, {"text": "a"}, {}]
    assert _read(tmp_path, _stream(table)) == values


def test_many_columns_are_searched_once(tmp_path: Path) -> None:
    table = pa.table({**{f"column_{number}": [1] for number in range(20_000)}, "text": ["a"]})
    assert _read(tmp_path, _stream(table)) == [{"text": "a"}]


def test_few_bytes_are_not_any_number_of_values(tmp_path: Path) -> None:
    """60 million equal numbers take a few hundred bytes in a compressed file."""
    numbers = pa.array(np.zeros(80_000_000, np.int8))
    table = pa.table({"text": pa.ListArray.from_arrays([0, len(numbers)], numbers)})
    pyarrow.parquet.write_table(table, tmp_path / "data.parquet")
    assert (tmp_path / "data.parquet").stat().st_size < 1_000_000
    with pytest.raises(RunError, match="1 row with 80,0"):
        list(read_records(tmp_path / "data.parquet", frozenset({"text"})))


def test_a_parquet_file_is_refused_by_the_sizes_that_it_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is decompressed: a few kilobytes may become gigabytes. Other columns are free."""
    monkeypatch.setattr(tables, "_LARGEST_ROWS", 100_000)
    texts, path = ["a" * 10_000 + str(number) for number in range(12)], tmp_path / "data.parquet"
    table = pa.table({"text": TEXTS * 4, "other": texts, "many": [[text] for text in texts]})
    pa.parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 10_000
    with path.open("rb") as file:
        assert [row["text"] for row in tables.read_parquet(file, {"text"})] == TEXTS * 4
    monkeypatch.setattr(tables, "_rows", Mock(side_effect=AssertionError("it is read")))
    for name in ("other", "many"):
        with (
            path.open("rb") as file,
            pytest.raises(
                tables.UnreadableTableError,
                match=r"it has 12 rows with 120,\d+ bytes, expected at most",
            ),
        ):
            list(tables.read_parquet(file, {name}))


def test_a_name_of_several_columns_is_refused(tmp_path: Path) -> None:
    table = pa.table([["a"], ["b"]], names=["text", "text"])
    with pytest.raises(RunError, match="several columns with the name `text`"):
        _read(tmp_path, _stream(table))


def test_an_unsafe_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "outdated", {"pyarrow": "17.0"}.get)
    with pytest.raises(RunError, match=r"installed pyarrow is older than 17\.0") as refused:
        _read(tmp_path, _stream(pa.table({"text": TEXTS})))
    assert "'pyarrow>=17.0'" in str(refused.value.advice)
