"""Durations, settings, differences and answers as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from trainsmith_schemas.runs.reports import Difference
from trainsmith_system.text import one_line


def duration(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def change_text(change: Difference) -> str:
    """A difference between two runs: `learning rate 0.0001 → 0.0002`."""
    return f"{change.what} {' → '.join(change.values)}"


def json_lines(answer: BaseModel) -> list[str]:
    """An answer as lines of JSON; a line break in one of its texts is an escape."""
    try:
        return answer.model_dump_json(indent=2).split("\n")
    except PydanticSerializationError:
        # A name of a file that is not UTF-8 has bytes that are no characters.
        return json.dumps(answer.model_dump(), indent=2).split("\n")


def setting(value: bool | float | str) -> str:
    """A value as YAML 1.1 reads it back: `0.0001`, `5.0e-05`, `true`."""
    return yaml.safe_dump(value).splitlines()[0]


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows of equally many cells as lines, with columns of equal width."""
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
