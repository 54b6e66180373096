"""A data file → its texts or its tokens, in pieces, so that it need not fit into memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np
import numpy.typing as npt
import yaml

from trainsmith_system.reading import open_regular
from trainsmith_trainer.errors import RunError

Kind = Literal["text", "jsonl", "tokens"]

PIECE = 1 << 18
"""Characters of text, or tokens, that are read at once."""

DATA_KEY = "training_config.data_path"
VALIDATION_KEY = "training_config.validation_path"

# Cutting here does not change the tokens: no tokenizer joins a letter with what follows the next
# space, and hardly any joins a character with the space after it.
_PLACES_TO_CUT = (re.compile(r"(?<=\w) (?=\w)"), re.compile(r"(?<=\S)(?=\s)"))
_SEARCHED = 1 << 12
_MOST_PIECES = 16
"""How many pieces are searched for such a place before a text is cut anywhere."""
_KEYS_SHOWN = 5
_LONGEST_LINE = 64 << 20
"""In bytes, of an example; the whole line is in memory several times."""


@dataclass(frozen=True)
class Segment:
    """Consecutive text of one document: an example, or a piece of a longer text."""

    text: str
    prompt: int | None = None
    """In an example, how many of its characters are the prompt, which the loss does not count."""
    ends: bool = False
    """Whether the document ends after it."""
    line: int = 1
    """The line at which the document begins, counted from 1."""


@dataclass(frozen=True)
class BadLine:
    """A malformed line."""

    path: Path
    line: int
    """Counted from 1."""
    why: str
    """What was found, what is expected, how to fix it."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


def kind_of(path: Path) -> Kind:
    """The kind of a data file, by its extension.

    Raises:
        RunError: the extension is not that of a data file.
    """
    ending = path.suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        return "jsonl"
    if ending in (".yaml", ".yml"):
        return "tokens"
    if ending == ".json":
        raise RunError(
            f"{path} is one JSON value, and examples are read line by line",
            advice="write each example on a line of its own, in a .jsonl file",
            config_path=DATA_KEY,
        )
    return "text"


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
    try:
        with open_regular(path) as file:
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
    except OSError as error:
        raise _unreadable(path, error) from None


def _line_at(path: Path, end: int) -> int:
    with open_regular(path) as file:
        return 1 + sum(file.read(min(PIECE, end - at)).count(b"\n") for at in range(0, end, PIECE))


def _place_to_cut(text: str) -> int:
    """Where a text can be cut without changing its tokens; 0 if nowhere."""
    first = max(1, len(text) - _SEARCHED)
    for place in _PLACES_TO_CUT:
        found = [match.start() for match in place.finditer(text, first)]
        if found:
            return found[-1]
    return 0


def read_examples(path: Path, report: Callable[[BadLine], None]) -> Iterator[Segment]:
    """The examples of a JSONL file: each line is an object, and a document of its own.

    The texts of `{"prompt": …, "response": …}` are one text, as they are; the loss counts the
    response and the end token after it. `{"text": …}` counts as a whole. Other keys and empty lines
    are ignored.

    Args:
        path: the file.
        report: called for each malformed line, which is skipped.

    Raises:
        RunError: it cannot be read.
    """
    try:
        with open_regular(path) as file:
            for number, line in enumerate(_lines(file), 1):
                if not line.strip():
                    continue
                example = _example(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line)
                if isinstance(example, str):
                    report(BadLine(path, number, example))
                else:
                    yield replace(example, line=number)
    except OSError as error:
        raise _unreadable(path, error) from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of a line that is too long, only the first part is kept."""
    while line := file.readline(_LONGEST_LINE + 1):
        yield line
        while len(line) > _LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE + 1)


def _example(line: bytes) -> Segment | str:
    """An example, or what is wrong with the line."""
    if len(line) > _LONGEST_LINE:
        return f"the line has more than {_LONGEST_LINE:,} bytes: divide the example"
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the line is not UTF-8: save the file as UTF-8"
    except json.JSONDecodeError as error:
        return (
            f"this is not JSON ({error.msg} at character {error.colno}): write an object per line"
        )
    except ValueError:  # Python limits the digits of a number to a few thousand.
        return "a number in this has too many digits: shorten it, or put it in quotes"
    except RecursionError:
        return "this is nested too deeply: write one object with texts in it"
    if not isinstance(value, dict):
        return f"this is {_name_of(value)}, expected an object: write {_EXPECTED}"
    fields = cast("dict[str, Any]", value)
    if "text" in fields and ("prompt" in fields or "response" in fields):
        return "`text` is there as well as `prompt` or `response`: keep one form"
    keys = ("text",) if "text" in fields else ("prompt", "response")
    for key in keys:
        if key not in fields:
            found = ", ".join(f"`{name}`" for name in list(fields)[:_KEYS_SHOWN])
            return f"`{key}` is missing, found {found or 'nothing'}: write {_EXPECTED}"
        text = fields[key]
        if not isinstance(text, str):
            return f"`{key}` is {_name_of(text)}, expected text: put it in quotes"
        if not text and key != "prompt":
            return f"`{key}` is empty: write something in it, or remove the line"
        if not _is_unicode(text):
            return f"`{key}` has half a character (a lone surrogate): write both halves, or none"
    if keys == ("text",):
        return Segment(fields["text"], ends=True)
    prompt, response = fields["prompt"], fields["response"]
    return Segment(prompt + response, prompt=len(prompt), ends=True)


_EXPECTED = '{"prompt": "…", "response": "…"} or {"text": "…"}'


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


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
        with open_regular(path) as file:
            yield from _tokens_in(path, yaml.parse(file, Loader=_LOADER), piece)
    except OSError as error:
        raise _unreadable(path, error) from None
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
        "`tokenizer_vocab_size`; text belongs in a .txt file",
        config_path=DATA_KEY,
    )


def _unreadable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path} cannot be read: {error.strerror}", config_path=DATA_KEY)
