"""After any edits, the analysis of a text is the same as if it had just been opened.

`TRAINSMITH_EDITS=10000` sets the number of edits.
"""

from __future__ import annotations

import os
import random
from typing import get_args

import pytest
from support import corpus, read
from test_session import straight_position

from trainsmith_server.workspace.open_documents import Change, Session
from trainsmith_server.yaml.lines import Encoding

EDITS = int(os.environ.get("TRAINSMITH_EDITS", "300"))
RECIPE = """\
training_config:
  batch_size: &size 8
  run: "a 😀 \u2028 b"
  optimizer: {type: AdamW, lr: 3e-4}
  project_name: |
    text\x0c
---
device_config:
  mesh_shape: [1, *size]
"""
PIECES = (
    *("", "x", " ", "  ", "\n", "\r\n", "\r", "\t", ":", ": ", "- ", "#", "'", '"', "{", "[", "]"),
    *("&a ", "*a", "<<: ", "|\n", "---\n", "...\n", "%YAML 1.1\n", "? ", "!t ", "😀", "é\u0301"),
    *("\u2028", "\u2029", "\x85", "\x0c", "\x00", "\ufeff", "[" * 50, "<<<<<<< a\n"),
    *("=======\n", ">>>>>>> b\n", "training_config:\n", "  seed: 1\n", "# trainsmith: ignore\n"),
)


def _edited(session: Session, text: str, chance: random.Random, encoding: Encoding) -> str:
    start = chance.randint(0, len(text))
    end = min(len(text), start + chance.choice((0, 0, 0, 1, 5, 40)))
    # There is no position between `\r` and `\n`.
    start -= text[start - 1 : start + 1] == "\r\n"
    end += text[end - 1 : end + 1] == "\r\n"
    new = chance.choice(PIECES)
    places = tuple(straight_position(text, at, encoding) for at in (start, max(start, end)))
    session.change("u", 1, [Change((places[0], places[1]), new)])
    return text[:start] + new + text[max(start, end) :]


def _said(session: Session) -> list[object]:
    return [
        (part.lines.first, part.kind, part.diagnostics, part.tree.faults, part.siblings)
        for part in session.parts("u")
    ]


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_edits_have_the_same_result_as_opening_the_text(encoding: Encoding) -> None:
    chance = random.Random(encoding)
    starts = [RECIPE, RECIPE.replace("\n", "\r\n"), RECIPE.replace("\n", "\r")]
    session, text = Session(), ""
    session.encoding = encoding
    for count in range(EDITS // 3):
        if count % 50 == 0:
            text = chance.choice(starts)
            session.open("u", 0, text)
        text = _edited(session, text, chance, encoding)
        assert session.text("u") == text
        fresh = Session()
        fresh.open("u", 1, text)
        assert _said(session) == _said(fresh), repr(text)


def test_public_files_cut_off_anywhere() -> None:
    """A few positions in each file; more of them with a higher number of edits."""
    chance = random.Random(0)
    for file in corpus():
        text = read(file)
        for _ in range(max(1, EDITS // 300)):
            session = Session()
            session.open("u", 1, text[: chance.randint(0, len(text))])
            assert session.parts("u")
