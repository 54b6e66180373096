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


@pytest.mark.parametrize(
    ("line", "values", "preferred"),
    [
        ("log_level: WARN", ["WARNING", "DEBUG", "INFO", "ERROR"], True),
        ("save_strategy: sometimes", ["steps", "epoch"], False),
        ("batch_size: 0", ["1"], True),
        ("batch_size: -8", ["8", "1"], True),
        ("learning_rate: -0.01", ["0.01"], True),
    ],
)
def test_values_to_write_instead(line: str, values: list[str], preferred: bool) -> None:
    text = f"training_config:\n  {line}\n"
    analysis = analyze(text)
    [diagnostic] = analysis.diagnostics
    key = line.split()[0]
    assert [apply_edits(text, one.edits).split(key)[1].strip() for one in diagnostic.fixes] == (
        values
    )
    assert diagnostic.fixes[0].preferred == preferred
    assert not any(one.preferred for one in diagnostic.fixes[1:])
    assert bool(fix_all(analysis)) == (line == "log_level: WARN")


def test_fixes_of_errors_come_first() -> None:
    text = "training_config: {learning_rate: 0.01, batchsize: 8}\n"
    codes = [one.diagnostic.code for one in quick_fixes(analyze(text), (0, len(text)))]
    assert codes[0] == "unknown-key"
    assert "lr-too-high" in codes


def test_mere_choices_are_not_fixed_together() -> None:
    text = "training_config:\n  save_strategy: some\n  scheduler_type: some\n"
    at = text.index("some")
    titles = [one.fix.title for one in quick_fixes(analyze(text), (at, at))]
    assert "Change to `epoch`" in titles
    assert not any(title.startswith("Fix all") for title in titles)


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
