"""Text from outside cannot control a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_system.text import one_line, printable, without_links


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain — ünïcode 日本 👍", "plain — ünïcode 日本 👍"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb", "a\\x0db"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("two\nlines\t", "two\nlines\t"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_controls_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_one_line_has_one_line_and_can_be_encoded(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


@given(st.text(alphabet="[]()ab:\n"))
def test_no_link_is_left_for_a_notification(text: str) -> None:
    assert "](" not in without_links(text)
