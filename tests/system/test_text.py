"""Text from outside cannot control a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_system.terminal import say, write_pieces, write_result
from trainsmith_system.text import encodable, markdown, one_line, printable, without_links


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain — ünïcode 日本 👍", "plain — ünïcode 日本 👍"),
        ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
        ("a\rb", "a\\u000db"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\u009b31m"),
        ("two\nlines\t", "two\nlines\t"),
        ("\ud800", "\\ud800"),
        ("a\xad\u3164\U000e0061b", "a\\u00ad\\u3164\\udb40\\udc61b"),
        ("می\u200cخواهم 👨\u200d👩", "می\u200cخواهم 👨\u200d👩"),
    ],
)
def test_what_controls_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_one_line_has_one_line_and_can_be_encoded(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  ::stop-commands::x", "  \\u003a:stop-commands::x"),
        ("a ::b", "a ::b"),
        ("x ##vso[task.prependpath]/evil", "x \\u0023#vso[task.prependpath]/evil"),
        ("##teamcity[message text='x']", "\\u0023#teamcity[message text='x']"),
        ("##[error]", "\\u0023#[error]"),
        ("## Heading", "## Heading"),
    ],
)
def test_a_line_is_no_command_of_a_ci_system(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://host/a", "https:/\\/host/a"),
        ("//host", "/\\/host"),
        ("www.host.com", "www\\.host.com"),
        ("me@host.com", "me\\@host.com"),
        ("data/text.txt", "data/text.txt"),
    ],
)
def test_no_address_is_a_link_in_markdown(text: str, shown: str) -> None:
    assert markdown(text) == shown


@given(st.text(alphabet="[]()ab:\n"))
def test_no_link_is_left_for_a_notification(text: str) -> None:
    assert "](" not in without_links(text)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(_TEXTS, _TEXTS), st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252"]))
def test_json_keeps_its_values(values: dict[str, str], encoding: str) -> None:
    text = printable(json.dumps(values, ensure_ascii=False))
    shown = encodable(text, encoding).encode(encoding).decode(encoding)
    assert json.loads(shown) == values


def test_a_line_cannot_begin_another_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\n::error::owned", "two\ttabs \x1b[31m")
    assert capsys.readouterr().out == "one\\n::error::owned\ntwo\\ttabs \\u001b[31m\n"


@pytest.mark.parametrize("system", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_a_result_is_no_command_in_the_log_of_a_ci_system(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    read, write = os.pipe()
    with os.fdopen(read) as log, os.fdopen(write, "w", newline="\n") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv(system, "1")
        write_result("a\n ::stop-commands::x\nb ::c\n\x1b[31m\n")
        write_pieces(["d\n:", ":error::", "x\n", "std", "::string"])
        stream.close()
        lines = log.read().splitlines()
    assert lines[:4] == ["a", " \\u003a:stop-commands::x", "b ::c", "\\u001b[31m"]
    assert lines[4:] == ["d", "\\u003a:error::x", "std::string"]


def test_a_result_in_a_file_is_exact_on_a_ci_system_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "a\n::error::x\n"
    with (tmp_path / "file").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        write_result(text)
        write_pieces(text)
    assert (tmp_path / "file").read_bytes() == 2 * text.encode()


@pytest.mark.parametrize("to_terminal", [True, False])
def test_a_result_is_cleaned_for_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, to_terminal: bool
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(stream, "isatty", lambda: to_terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    write_result("é: \x1b[31m # \u202e\r\n")
    expected = (
        "\\u00e9: \\u001b[31m # \\u202e\\u000d\n" if to_terminal else "é: \x1b[31m # \u202e\r\n"
    )
    stream.buffer.seek(0)
    assert stream.buffer.read().decode() == expected
