"""Quick fixes for the diagnostics in a span, and "fix all"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from trainsmith_server.document.diagnostics import Diagnostic, Edit, Fix, Severity
from trainsmith_server.document.directives import is_ignorable
from trainsmith_server.document.result import Analysis
from trainsmith_server.lint.suppressions import ignore_on_line
from trainsmith_server.yaml.tree import Span


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A fix and its diagnostic."""

    diagnostic: Diagnostic
    fix: Fix


def quick_fixes(analysis: Analysis, span: Span) -> Iterator[QuickFix]:
    """The fixes of every diagnostic that touches a span, then the comments that ignore it.

    The fixes of errors come first, then those of warnings and so on.
    """
    start, end = span
    touched = [one for one in analysis.diagnostics if one.span[0] <= end and start <= one.span[1]]
    touched.sort(key=lambda one: get_args(Severity).index(one.severity))
    for diagnostic in touched:
        for fix in diagnostic.fixes:
            yield QuickFix(diagnostic, fix)
    for diagnostic in {one.code: one for one in touched if one.fixes}.values():
        edits, count = _fixes_of(analysis, diagnostic.code)
        if count > 1:
            yield QuickFix(diagnostic, Fix(f"Fix all {count} of `{diagnostic.code}`", edits))
    for diagnostic in touched:
        if is_ignorable(diagnostic.code):
            fix = ignore_on_line(analysis.tree, analysis.lines, analysis.directives, diagnostic)
            yield QuickFix(diagnostic, fix)


def fix_all(analysis: Analysis) -> tuple[Edit, ...]:
    """The edits of all safe fixes in the order of the text; of overlapping fixes, the first."""
    safe = (next((fix for fix in one.fixes if fix.safe), None) for one in analysis.diagnostics)
    return _together(safe)[0]


def _fixes_of(analysis: Analysis, code: str) -> tuple[tuple[Edit, ...], int]:
    """The edits of the likely fix of each diagnostic with a code, and the number of these fixes."""
    return _together(_likely(one) for one in analysis.diagnostics if one.code == code)


def _likely(diagnostic: Diagnostic) -> Fix | None:
    """The first fix, unless it is a mere choice among several."""
    first = next(iter(diagnostic.fixes), None)
    return first if first and (first.preferred or len(diagnostic.fixes) == 1) else None


def _together(fixes: Iterable[Fix | None]) -> tuple[tuple[Edit, ...], int]:
    """The edits of those fixes that don't overlap, in the order of the text, and their number."""
    edits: list[Edit] = []
    count = 0
    for fix in fixes:
        if fix and not any(_overlap(one.span, other.span) for one in fix.edits for other in edits):
            edits.extend(fix.edits)
            count += 1
    return tuple(sorted(edits, key=lambda edit: edit.span)), count


def _overlap(one: Span, other: Span) -> bool:
    """Whether two edits conflict; insertions also conflict with edits that they touch."""
    if one[0] == one[1] or other[0] == other[1]:
        return one[0] <= other[1] and other[0] <= one[1]
    return one[0] < other[1] and other[0] < one[1]
