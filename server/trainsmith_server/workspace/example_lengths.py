"""How long the first examples of a data file are, in characters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

from trainsmith_schemas.json_text import parse_json
from trainsmith_server.features.overlong_examples import FieldLengths, Lengths
from trainsmith_system.reading import MIB, open_regular

_READ = MIB // 4
"""In bytes: enough for hundreds of examples."""
_MOST_EXAMPLES = 1000
"""Their lengths are compared with a sequence's at each keystroke."""


def example_lengths(path: Path, _size: int) -> Lengths:
    """The lengths of the first examples in a `.jsonl` file.

    Lines that are not JSON objects are left out: the trainer reports them.

    Raises:
        OSError: the file cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(_READ)
        is_whole = not file.read(1)
    lines = content.split(b"\n")
    return tuple(islice(_lengths(lines if is_whole else lines[:-1]), _MOST_EXAMPLES))


def _lengths(lines: list[bytes]) -> Iterator[FieldLengths]:
    for line in lines:
        try:
            value = parse_json(line, large_integers=True)
        except ValueError:
            continue
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            yield {name: len(text) for name, text in fields.items() if isinstance(text, str)}
