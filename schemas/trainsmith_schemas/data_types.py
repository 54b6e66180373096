"""The types of data files, by their extensions."""

from __future__ import annotations

from typing import Literal

DataType = Literal["text", "jsonl", "json", "parquet", "arrow", "tokens"]

COMPRESSIONS = (".gz", ".bz2", ".xz")
"""The extensions of compressed files; the extension before says what is inside."""

TABLES: tuple[DataType, ...] = ("parquet", "arrow")
"""The types that the module `pyarrow` reads."""

_TYPES: dict[str, DataType] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".yaml": "tokens",
    ".yml": "tokens",
}

ENDINGS = (".txt", *_TYPES, *COMPRESSIONS)
"""The usual extensions of data files; text may have any other one."""


def data_type(path: str) -> DataType:
    """The type of the data files at a path or pattern."""
    name = path.lower().replace("\\", "/").rsplit("/", 1)[-1]
    for ending in COMPRESSIONS:
        name = name.removesuffix(ending)
    _, dot, ending = name.rpartition(".")
    return _TYPES.get(dot + ending, "text")


def contains_examples(path: str) -> bool:
    """Whether the files at a path or pattern contain examples, each a sequence of its own."""
    return data_type(path) not in ("text", "tokens")
