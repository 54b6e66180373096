"""Outline, folds and expanded selections: each result is drawn into its text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support import CURSOR, Case, cases

from trainsmith_server.document.result import Analysis
from trainsmith_server.features.folding import Fold, folds
from trainsmith_server.features.selection import selections
from trainsmith_server.features.symbols import Symbol, symbols
from trainsmith_server.lint.analyze import analyze

_GUTTER = 4


@pytest.mark.parametrize("case", cases("symbols"))
def test_outline(case: Case) -> None:
    analysis = analyze(case.text)
    outline = [line for symbol in symbols(analysis) for line in _outline(symbol, analysis)]
    assert "".join(f"{line}\n" for line in outline) == case.blocks[1]


def _outline(symbol: Symbol, analysis: Analysis) -> list[str]:
    assert symbol.span[0] <= symbol.name_span[0] <= symbol.name_span[1] <= symbol.span[1]
    first, last = (analysis.lines.line_of(offset) + 1 for offset in symbol.span)
    words = " ".join(filter(None, (symbol.kind, symbol.name, symbol.detail)))
    lines = f"{first}" if first == last else f"{first}-{last}"
    inner = [line for child in symbol.children for line in _outline(child, analysis)]
    return [f"{words} | {lines}", *(f"  {line}" for line in inner)]


@pytest.mark.parametrize("case", cases("folding"))
def test_folds(case: Case) -> None:
    lines = [line[_GUTTER:] for line in case.text.splitlines()]
    found = folds(analyze("\n".join(lines) + "\n"))
    drawn = [
        f"{mark}{line}" for mark, line in zip(_gutter(found or (), len(lines)), lines, strict=True)
    ]
    assert drawn == case.text.splitlines()


def _gutter(found: tuple[Fold, ...], height: int) -> list[str]:
    gutter = [[" "] * _GUTTER for _ in range(height)]
    for fold in found:
        depth = sum(other.first < fold.first and fold.last <= other.last for other in found)
        for line in range(fold.first, fold.last + 1):
            mark = "┌" if line == fold.first else "└" if line == fold.last else "│"
            gutter[line][depth] = "#" if fold.kind == "comment" else mark
    return ["".join(marks) for marks in gutter]


def test_other_files_have_no_folds_of_ours() -> None:
    assert folds(analyze("jobs:\n  build: 1\n")) is None


@pytest.mark.parametrize("case", cases("selection"))
def test_selections(case: Case) -> None:
    plain = case.blocks[0].replace("⟦", "").replace("⟧", "")
    cursor = plain.index(CURSOR)
    text = plain.replace(CURSOR, "")
    spans = selections(analyze(text), cursor)
    assert all(
        outer[0] <= inner[0] and inner[1] <= outer[1] and inner != outer
        for inner, outer in pairwise(spans)
    )
    drawn = ""
    for offset in range(len(text) + 1):
        drawn += "⟦" * sum(start == offset for start, _ in spans)
        drawn += CURSOR if offset == cursor else ""
        drawn += "⟧" * sum(end == offset for _, end in spans)
        drawn += text[offset : offset + 1]
    assert drawn == case.blocks[0]
