"""The texts stay in sync with the editor, for any edits and encodings."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainsmith_server.workspace.open_documents import Change, Session
from trainsmith_server.yaml.lines import Encoding, LineIndex

TEXT = st.text("ab:# \n\r\t😀é\u2028\u2029\x0c\x85\ufeff\u0301", max_size=40)
ENCODINGS = st.sampled_from(get_args(Encoding))


def units(text: str, encoding: Encoding) -> int:
    """The length of a text in code units, computed in the obvious way."""
    return (
        len(text.encode(f"{encoding}-le" if encoding != "utf-8" else encoding))
        // {
            "utf-8": 1,
            "utf-16": 2,
            "utf-32": 4,
        }[encoding]
    )


def straight_position(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """The position of an offset, as the protocol defines it."""
    line, start, at = 0, 0, 0
    while at < offset:
        if text[at] == "\r" and text[at + 1 : at + 2] == "\n" and at + 1 < offset:
            at += 1
        if text[at] in "\r\n" and not (text[at] == "\r" and text[at + 1 : at + 2] == "\n"):
            line, start = line + 1, at + 1
        at += 1
    return line, units(text[start:offset], encoding)


@given(TEXT, st.integers(0, 40), ENCODINGS)
@settings(max_examples=500, deadline=None)
def test_positions_are_those_of_the_protocol(text: str, at: int, encoding: Encoding) -> None:
    at = min(at, len(text))
    if text[at - 1 : at + 1] == "\r\n":
        at += 1  # There is no position between `\r` and `\n`.
    lines = LineIndex(text)
    position = lines.position(at, encoding)
    assert position == straight_position(text, at, encoding)
    assert lines.offset(*position, encoding) == at


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]], Encoding]:
    """A text, and edits whose offsets count in the result of the previous edits."""
    text = draw(TEXT)
    start_text = text
    found: list[tuple[int, int, str]] = []
    for _ in range(draw(st.integers(1, 6))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        start -= text[start - 1 : start + 1] == "\r\n"
        end += text[end - 1 : end + 1] == "\r\n"
        new_text = draw(TEXT)
        found.append((start, end, new_text))
        text = text[:start] + new_text + text[end:]
    return start_text, found, draw(ENCODINGS)


@given(edits(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_incremental_edits_produce_the_editors_text(
    case: tuple[str, list[tuple[int, int, str]], Encoding], analysed_between: bool
) -> None:
    text, steps, encoding = case
    session = Session()
    session.encoding = encoding
    session.open("u", 1, text)
    for version, (start, end, new_text) in enumerate(steps, 2):
        place = (
            straight_position(text, start, encoding),
            straight_position(text, end, encoding),
        )
        session.change("u", version, [Change(place, new_text)])
        text = text[:start] + new_text + text[end:]
        assert session.text("u") == text
        if analysed_between:
            analysis = session.analysis("u")
            assert analysis
            assert analysis.text == text
    assert session.version("u") == len(steps) + 1


def test_several_changes_of_one_notification_build_on_each_other() -> None:
    session = Session()
    session.open("u", 1, "a\nb\n")
    session.change(
        "u",
        2,
        [
            Change(((0, 0), (0, 1)), "x\ny"),
            Change(((2, 0), (2, 1)), "z"),
            Change(((0, 0), (0, 0)), "😀"),
        ],
    )
    assert session.text("u") == "😀x\ny\nz\n"
    session.change("u", 3, [Change(None, "new")])
    assert session.text("u") == "new"


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_positions_outside_the_text_are_clamped(encoding: Encoding) -> None:
    lines = LineIndex("ab\ncd")
    assert lines.offset(0, 99, encoding) == 2
    assert lines.offset(99, 0, encoding) == 5
    assert lines.position(99, encoding) == (1, 2)


def test_one_version_is_analysed_once() -> None:
    session = Session()
    session.open("u", 1, "training_config:\n")
    assert session.analysis("u") is session.analysis("u")
    assert session.analysis("elsewhere") is None
    session.close("u")
    assert session.analysis("u") is None
