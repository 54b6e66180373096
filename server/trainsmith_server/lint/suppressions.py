"""Comments that ignore diagnostics: applying, reporting and writing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from trainsmith_server.document.diagnostics import Diagnostic, Edit, Fix
from trainsmith_server.document.directives import UNUSED, Directives, Suppression, removal, rename
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.lint.codes import ELSEWHERE, adjustable_codes, unknown_code
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Scalar, Span, Tree, walk


def suppress(
    diagnostics: Iterable[Diagnostic],
    directives: Directives,
    lines: LineIndex,
    options: LintOptions,
    *,
    complete: bool,
    later: Collection[str] = (),
) -> Iterator[Diagnostic]:
    """The diagnostics that are not ignored, and the comments that ignore nothing.

    If a part of the text has syntax errors, some diagnostics are missing (`complete` is false), and
    comments are not reported as unused. Nor are comments with a code of `later`, for diagnostics
    that depend on other files.
    """
    by_line: dict[int | None, list[Suppression]] = {}
    for one in directives.suppressions:
        by_line.setdefault(one.line, []).append(one)
    used: dict[Suppression, set[str]] = {}
    for diagnostic in diagnostics:
        line = lines.line_of(diagnostic.span[0])
        around = (*by_line.get(line, ()), *by_line.get(None, ()))
        covering = [one for one in around if one.covers(diagnostic.code, line)]
        for one in covering:
            used.setdefault(one, set()).add(diagnostic.code)
        if not covering:
            yield diagnostic
    yield from directives.faults
    if complete:
        for one in directives.suppressions:
            yield from _unused(one, used.get(one, set()), later, lines, options)


def _unused(
    one: Suppression, used: set[str], later: Collection[str], lines: LineIndex, options: LintOptions
) -> Iterator[Diagnostic]:
    where = "in this file" if one.line is None else "on its line"
    if not one.codes:
        if not used:
            fix = removal(one.span, lines, "Remove the comment")
            yield _unused_diagnostic(f"there is nothing to ignore {where}", one.span, (fix,))
        return
    kept = [code for code, _ in one.codes if code in later or _counts(code, used, options)]
    for code, span in one.codes:
        if code in kept:
            continue
        remove = _without(one, code, span, lines, alone=len(one.codes) == 1)
        if code in adjustable_codes():
            yield _unused_diagnostic(f"there is no `{code}` to ignore {where}", span, (remove,))
        else:
            message, nearest = unknown_code(code)
            fixes = (rename(nearest, span), remove) if nearest else (remove,)
            yield _unused_diagnostic(message, span, fixes)


def _counts(code: str, used: set[str], options: LintOptions) -> bool:
    """Whether ignoring a code has an effect, or may have one that can't be determined here."""
    return code in used or code in ELSEWHERE or options.levels.get(code) == "off"


def _unused_diagnostic(message: str, span: Span, fixes: tuple[Fix, ...]) -> Diagnostic:
    return Diagnostic(UNUSED, "hint", message, span, fixes, tags=("unnecessary",))


def _without(one: Suppression, code: str, span: Span, lines: LineIndex, *, alone: bool) -> Fix:
    """The fix that removes a code from the brackets, or the comment if it is the only code."""
    safe = code in adjustable_codes()
    title = f"Stop ignoring `{code}`"
    if alone:
        return removal(one.span, lines, title, safe=safe)
    start, end = span
    spans = [place for _, place in one.codes]
    at = spans.index(span)
    if at + 1 < len(spans):
        end = spans[at + 1][0]
    else:
        start = spans[at - 1][1]
    return Fix(title, (Edit((start, end), ""),), preferred=safe, safe=safe)


def ignore_on_line(
    text: Tree, lines: LineIndex, directives: Directives, diagnostic: Diagnostic
) -> Fix:
    """The fix that ignores a diagnostic's code on its line and keeps every comment there."""
    code = diagnostic.code
    line = lines.line_of(diagnostic.span[0])
    title = f"Ignore `{code}` on this line"
    for one in directives.suppressions:
        if one.line == line and one.codes:
            at = one.codes[-1][1][1]
            return Fix(title, (Edit((at, at), f", {code}"),))
    start, end = lines.starts[line], lines.line_end(line)
    if _continues(text, end):
        indent = lines.text[start : diagnostic.span[0]]
        indent = indent[: len(indent) - len(indent.lstrip(" "))]
        break_ = "\r\n" if "\r\n" in lines.text else "\n"
        edit = Edit((start, start), f"{indent}# trainsmith: ignore[{code}]{break_}")
    else:
        end = start + len(lines.line_text(line).rstrip(" \t"))
        edit = Edit((end, lines.line_end(line)), f"  # trainsmith: ignore[{code}]")
    return Fix(title, (edit,))


def _continues(tree: Tree, end: int) -> bool:
    """Whether a scalar continues after the end of a line, so that a comment can't be there."""
    return any(
        isinstance(node, Scalar) and node.start < end < node.end and node.style not in ("|", ">")
        for document in tree.documents
        for node in walk(document.root)
    )
