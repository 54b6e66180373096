"""Analysing a file document by document has the same result as analysing it as a whole."""

from __future__ import annotations

import random

import pytest
from tests.server.support import corpus, read

from trainsmith_server.document.diagnostics import Diagnostic
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.folding import folds
from trainsmith_server.features.inlay_hints import inlay_hints
from trainsmith_server.features.symbols import symbols
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.parts import is_tied, split
from trainsmith_server.workspace.open_documents import Change, Session

URI = "file:///training.yaml"
PIECES = (
    "training_config:\n  batch_size: 0\n  learning_rate: 1e-4\n",
    "training_config:\n  seed: 42\n  max_steps: 10\n  batch_siz: 8\n",
    "eval_config: {temperature: 0.7, top_k: 'x}\n",
    "someone: else's\n",
    "a: [1, 2\n",
    "\ttab: 1\n",
    "# a comment\n",
    "text: |\n  more\n",
    "",
    " --- not a mark\n",
    "---not one either\n",
    "...\n",
    "%YAML 1.1\n",
    "# trainsmith: ignore-file\n",
    "training_config:\n  seed: 1\r\n  max_steps: -1\u2028\r\n",
    "<<<<<<< ours\na: 1\n=======\n",
    ">>>>>>> theirs\n",
)


def content(diagnostic: Diagnostic, part: Analysis) -> tuple[object, ...]:
    """A diagnostic with its places in the file."""
    places = (diagnostic.span, *(related.span for related in diagnostic.related))
    fixes = tuple(
        (fix.title, *((place(part, edit.span), edit.new_text) for edit in fix.edits))
        for fix in diagnostic.fixes
    )
    return (
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message,
        [place(part, at) for at in places],
        fixes,
    )


def place(part: Analysis, span: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The positions of a span."""
    return tuple(part.lines.position(offset) for offset in span)


def check(session: Session) -> None:
    """Compare the parts with the whole."""
    whole = analyze(session.text(URI), URI)
    parts = session.parts(URI)
    assert "".join(part.text for part in parts) == whole.text
    assert [content(one, part) for part in parts for one in part.diagnostics] == [
        content(one, whole) for one in whole.diagnostics
    ]
    assert [known.data for part in parts for known in part.documents] == [
        known.data for known in whole.documents
    ]


def test_files_are_split_only_at_document_marks() -> None:
    assert split("a\n---\nb\n--- c\n---d\n") == ["a\n", "---\nb\n", "--- c\n---d\n"]
    assert not is_tied("---\na: 1 # ...\n")
    assert is_tied("---\n... # the end\n")


@pytest.mark.parametrize("seed", range(60))
def test_any_mixture_of_documents(seed: int) -> None:
    chance = random.Random(seed)
    text = "---\n".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
    session = Session()
    session.encoding = "utf-32"
    session.open(URI, 1, text)
    check(session)
    for version in range(2, 8):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        end = min(end, start + 3)
        new = chance.choice(("", "x", "\n", "---\n", ": ", "8", "\n---\n"))
        range_ = place(analyze(text), (start, end))
        start, end = (analyze(text).lines.offset(*position) for position in range_)
        text = text[:start] + new + text[end:]
        session.change(URI, version, [Change((range_[0], range_[1]), new)])
        assert session.text(URI) == text
        check(session)


def test_real_files_side_by_side() -> None:
    files = [*corpus("tt-train")[:20], *corpus("other")[:20]]
    session = Session()
    session.open(URI, 1, "\n---\n".join(read(file) for file in files))
    check(session)
    assert len(session.parts(URI)) > 1


def test_symbols_folds_and_hints_of_parts_have_file_positions() -> None:
    text = "---\n".join([*PIECES[:4], PIECES[1]])
    session = Session()
    session.open(URI, 1, text)
    whole = analyze(text, URI)
    names = [
        (one.name, place(part, one.span)) for part in session.parts(URI) for one in symbols(part)
    ]
    assert names == [(one.name, place(whole, one.span)) for one in symbols(whole)]
    folded = [fold for part in session.parts(URI) for fold in folds(part) or ()]
    assert folded == list(folds(whole) or ())
    hints = [
        (one.text, part.lines.position(one.offset))
        for part in session.parts(URI)
        for one in inlay_hints(part, (0, len(part.text)), {})
    ]
    assert hints == [
        (one.text, whole.lines.position(one.offset))
        for one in inlay_hints(whole, (0, len(text)), {})
    ]
