"""Diagnostics, by the cases under `cases/diagnostics`; add one there."""

from __future__ import annotations

import random
import re

import pytest
from support import Case, cases, corpus, read

from trainsmith_server.document.diagnostics import Diagnostic, apply_edits
from trainsmith_server.features.code_actions import fix_all, quick_fixes
from trainsmith_server.lint.analyze import analyze

_MARK = re.compile(r"^( *)(\^+) ([\w-]+)(?:: (.*))?$")


def split_marks(marked: str) -> tuple[str, list[tuple[int, int, str, str]]]:
    """The text without its marks, and each mark's start, end, code and words."""
    text = ""
    line_start = 0
    marks: list[tuple[int, int, str, str]] = []
    for line in marked.splitlines(keepends=True):
        if found := _MARK.match(line.rstrip("\n")):
            start = line_start + len(found[1])
            marks.append((start, start + len(found[2]), found[3], found[4] or ""))
        else:
            line_start = len(text)
            text += line
    return text, marks


@pytest.mark.parametrize("case", cases("diagnostics"))
def test_diagnostics(case: Case) -> None:
    text, marks = split_marks(case.blocks[0])
    analysis = analyze(text)
    assert [(*one.span, one.code) for one in analysis.diagnostics] == [mark[:3] for mark in marks]
    for diagnostic, (_, _, _, words) in zip(analysis.diagnostics, marks, strict=True):
        assert words in (diagnostic.severity, "") or words in diagnostic.message
    if len(case.blocks) > 1:
        assert apply_edits(text, fix_all(analysis)) == case.blocks[1]


def test_fixes_are_offered_at_their_diagnostic() -> None:
    text = "training_config:\n  batchsize: 8\n  learning_rate: 0.01\n"
    analysis = analyze(text)
    at = text.index("batchsize") + 3
    [rename, *_] = quick_fixes(analysis, (at, at))
    assert rename.fix.title == "Rename to `batch_size`"
    assert rename.diagnostic.code == "unknown-key"
    assert list(quick_fixes(analysis, (0, 0))) == []


def test_fix_all_leaves_choices_to_the_user() -> None:
    analysis = analyze("training_config:\n  learning_rate: 0.01\n")
    assert [one.code for one in analysis.diagnostics] == ["lr-too-high"]
    assert fix_all(analysis) == ()


def test_damaged_public_files_are_analysed() -> None:
    chance = random.Random(5)
    for file in corpus()[::3]:
        text = read(file)
        for _ in range(12):
            at = chance.randrange(len(text) + 1)
            cut = chance.randrange(0, 12)
            broken = text[:at] + chance.choice("\t:-[{\"'&*|#\n ") + text[at + cut :]
            for diagnostic in analyze(broken).diagnostics:
                _check(diagnostic, broken)


def _check(diagnostic: Diagnostic, text: str) -> None:
    assert 0 <= diagnostic.span[0] < diagnostic.span[1] <= len(text), diagnostic
    for fix in diagnostic.fixes:
        apply_edits(text, fix.edits)
