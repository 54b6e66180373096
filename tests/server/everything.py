"""Calls every feature on a text; none of them may raise."""

from __future__ import annotations

from collections.abc import Iterable

from trainsmith_server.command_line.fixing import fixed
from trainsmith_server.command_line.reports import Checked
from trainsmith_server.command_line.reports.github import github_report
from trainsmith_server.command_line.reports.json import json_report
from trainsmith_server.command_line.reports.sarif import sarif_report
from trainsmith_server.command_line.reports.text import text_report
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.code_actions import fix_all, quick_fixes
from trainsmith_server.features.code_lens import code_lenses
from trainsmith_server.features.completion import complete
from trainsmith_server.features.document_status import document_status
from trainsmith_server.features.edits.offers import offers
from trainsmith_server.features.file_problems import file_problems
from trainsmith_server.features.folding import folds
from trainsmith_server.features.hover import hover
from trainsmith_server.features.inlay_hints import inlay_hints
from trainsmith_server.features.model_summary import model_summary
from trainsmith_server.features.references import references
from trainsmith_server.features.run_plan import run_plan
from trainsmith_server.features.selection import selections
from trainsmith_server.features.symbols import Symbol, symbols
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lsp import convert

_LARGE = 10_000
"""In characters. `check --fix` may analyse a text twenty times, which takes too long for these."""


def ask_everything(text: str, offsets: Iterable[int]) -> Analysis:
    """Call the features for the whole text, and at each offset those for a place.

    Every span in the results must be inside the text.
    """
    analysis = analyze(text)
    end = len(text)
    assert all(0 <= one.span[0] <= one.span[1] <= end for one in analysis.diagnostics)
    models = {one.written: analysis for one in references(analysis)}
    hints = inlay_hints(analysis, (0, end), models)
    assert all(0 <= hint.offset <= end for hint in hints)
    lines = len(analysis.lines.starts)
    assert all(0 <= fold.first < fold.last < lines for fold in folds(analysis) or ())
    assert all(0 <= one.span[0] <= one.span[1] <= end for one in references(analysis))
    for symbol in symbols(analysis):
        _is_well_formed(symbol, end)
    for offset in offsets:
        spans = selections(analysis, offset)
        assert spans[-1] == (0, end)
        assert all(start <= offset <= stop for start, stop in spans)
        hover(analysis, offset, models)
        complete(analysis, offset)
        list(quick_fixes(analysis, (offset, offset)))
    code_lenses(analysis, None)
    document_status(analysis).model_dump()
    run_plan(analysis).model_dump()
    model_summary(analysis)
    fix_all(analysis)
    if end < _LARGE:
        fixed(analysis)
    list(offers(analysis, 0))
    _report(analysis, models)
    return analysis


def _is_well_formed(symbol: Symbol, end: int) -> None:
    assert symbol.name
    assert 0 <= symbol.span[0] <= symbol.name_span[0] <= symbol.name_span[1] <= symbol.span[1]
    assert symbol.span[1] <= end
    for child in symbol.children:
        assert symbol.span[0] <= child.span[0] <= child.span[1] <= symbol.span[1]
        _is_well_formed(child, end)


def _report(analysis: Analysis, models: dict[str, Analysis]) -> None:
    shown = convert.Shown(page=True, related=True)
    diagnostics = (*analysis.diagnostics, *file_problems(analysis, models))
    convert.diagnostics(diagnostics, analysis, "utf-16", shown)
    checked = Checked("recipe.yaml", True, analysis)
    for report in (text_report, json_report, sarif_report, github_report):
        report([checked])
