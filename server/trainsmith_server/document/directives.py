"""Comments to Trainsmith: which diagnostics to ignore, and which trainer a file is for.

`# trainsmith: ignore[code, code]` applies to its line, or to the next line if it is on a line of
its own; `ignore-file[code]` at the top applies to the file. Without brackets they ignore all codes.
`# trainsmith: profile=tt-train` selects the trainer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import PROFILES
from trainsmith_server.document.diagnostics import Diagnostic, Edit, Fix
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Scalar, Span, Tree, walk

UNUSED = "unused-suppression"
INVALID = "invalid-directive"

_MARK = "trainsmith:"
_COMMENT = re.compile(r"(?<![^\s])#[ \t]*trainsmith:[ \t]*((?:[^#\r\n]*[^#\s])?)")
_IGNORE = re.compile(r"(ignore-file|ignore)(?:\[([^\]]*)\])?(?=\s|$)")
_PROFILE = re.compile(r"profile[ \t]*=[ \t]*(\S*)")
_ATTEMPT = re.compile(r"([\w-]+)[ \t]*(?:[\[=(].*)?$")
"""A single word, with or without brackets, is meant as a directive; a sentence is not."""
_WORDS = ("ignore", "ignore-file", "profile")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that ignores diagnostics."""

    span: Span
    """From its `#` to its last character."""
    line: int | None
    """The line that it applies to; `None` for the whole file."""
    codes: tuple[tuple[str, Span], ...]
    """The codes and their spans; empty for all codes."""

    def covers(self, code: str, line: int) -> bool:
        """Whether it ignores a diagnostic on a line."""
        if not is_ignorable(code) or self.line not in (None, line):
            return False
        return not self.codes or any(code == name for name, _ in self.codes)


def is_syntax(code: str) -> bool:
    """Whether a code is a syntax error, which stops every reader of YAML."""
    return code.startswith("yaml-")


def is_ignorable(code: str) -> bool:
    """Whether comments can ignore a code: one of the schema or a rule, not a syntax error."""
    return not is_syntax(code) and code not in (UNUSED, INVALID)


@dataclass(frozen=True, slots=True)
class Directives:
    """The comments to Trainsmith in a text."""

    suppressions: tuple[Suppression, ...] = ()
    profile: Trainer | None = None
    faults: tuple[Diagnostic, ...] = ()
    """The comments that are not valid."""

    def ignore(self, code: str, line: int) -> bool:
        """Whether a comment ignores a diagnostic on a line."""
        return any(one.covers(code, line) for one in self.suppressions)


def read_directives(tree: Tree, lines: LineIndex) -> Directives:
    """Find the comments to Trainsmith."""
    if _MARK not in tree.text:
        return Directives()
    suppressions: list[Suppression] = []
    faults: list[Diagnostic] = []
    profile: Trainer | None = None
    meant = 0
    roots = [document.root.start for document in tree.documents if document.root]
    top = min(roots, default=len(tree.text))
    for comment in _comments(tree):
        content, start = comment[1], comment.start(1)
        if found := _IGNORE.match(content):
            whole_file = found[1] == "ignore-file"
            if whole_file and comment.start() > top:
                faults.append(_misplaced(comment, "ignore-file", lines))
                continue
            codes = _codes(found, start)
            if found[2] is not None and not codes:
                faults.append(_no_code(found, comment.span()))
                continue
            if not whole_file:
                meant = _line_meant(comment.start(), lines, meant)
            line = None if whole_file else meant
            suppressions.append(Suppression(comment.span(), line, codes))
        elif found := _PROFILE.match(content):
            name: Trainer | None = next((one for one in PROFILES if one == found[1]), None)
            if comment.start() > top:
                faults.append(_misplaced(comment, "profile", lines))
            elif name is None:
                faults.append(_unknown_profile(found[1], start + found.start(1)))
            else:
                profile = name
        elif (found := _ATTEMPT.match(content)) and (fault := _unknown_word(found, start)):
            faults.append(fault)
    return Directives(tuple(suppressions), profile, tuple(faults))


def _comments(tree: Tree) -> Iterator[re.Match[str]]:
    """The matches that are comments; the same characters inside a scalar are not."""
    texts = [
        (node.start, node.end)
        for document in tree.documents
        for node in walk(document.root)
        if isinstance(node, Scalar) and node.style and _MARK in tree.text[node.start : node.end]
    ]
    for found in _COMMENT.finditer(tree.text):
        inside = any(start < found.start() < end for start, end in texts)
        if not inside or _on_header(tree.text, found.start(), texts):
            yield found


def _on_header(text: str, at: int, texts: Iterable[Span]) -> bool:
    """Whether a comment ends the line of a block scalar's `|` or `>`."""
    return any(
        text[start] in "|>" and not re.search(r"[\r\n]", text[start:at])
        for start, end in texts
        if start < at < end
    )


def _line_meant(at: int, lines: LineIndex, before: int) -> int:
    """The line that a comment applies to; `before` is the line of the previous comment."""
    line = lines.line_of(at)
    if _is_comment(lines.text[lines.starts[line] : at] + "#"):
        line = max(line + 1, before)  # There are only comments in between.
        while line < len(lines.starts) and _is_comment(lines.line_text(line)):
            line += 1
    return line


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t\ufeff").startswith("#")


def _codes(found: re.Match[str], start: int) -> tuple[tuple[str, Span], ...]:
    if found[2] is None:
        return ()
    start += found.start(2)
    return tuple(
        (code[0], (start + code.start(), start + code.end()))
        for code in re.finditer(r"[^\s,]+", found[2])
    )


def _no_code(found: re.Match[str], span: Span) -> Diagnostic:
    message = f"`{found[0]}` names no code; write `{found[1]}[code]`, or `{found[1]}` for all"
    return Diagnostic(INVALID, "error", message, span)


def _misplaced(comment: re.Match[str], word: str, lines: LineIndex) -> Diagnostic:
    return Diagnostic(
        INVALID,
        "error",
        f"`{word}` applies to the whole file and must be above its first key",
        comment.span(),
        (removal(comment.span(), lines, "Remove the comment", safe=False),),
    )


def _unknown_profile(name: str, start: int) -> Diagnostic:
    nearest = nearest_name(name, PROFILES)
    names = ", ".join(f"`{one}`" for one in PROFILES)
    hint = f"; did you mean `{nearest}`?" if nearest else ""
    span = (start, start + len(name))
    fixes = (Fix(f"Change to `{nearest}`", (Edit(span, nearest),), True),) if nearest else ()
    return Diagnostic(
        INVALID, "error", f"there is no profile `{name}`, only {names}{hint}", span, fixes
    )


def _unknown_word(found: re.Match[str], start: int) -> Diagnostic | None:
    nearest = nearest_name(found[1], _WORDS)
    if nearest is None:
        return None
    span = (start + found.start(1), start + found.end(1))
    fixes = () if found[1] == nearest else (rename(nearest, span),)
    hint = f"did you mean `{nearest}`?" if fixes else "write `ignore[code]` or `profile=name`"
    return Diagnostic(
        INVALID, "error", f"`{found[0].strip()}` is not a directive; {hint}", span, fixes
    )


def rename(name: str, span: Span) -> Fix:
    """The fix that replaces a name."""
    return Fix(f"Change to `{name}`", (Edit(span, name),), True)


def removal(span: Span, lines: LineIndex, title: str, *, safe: bool = True) -> Fix:
    """The fix that removes a comment with the spaces before it, or its line if it is alone."""
    text = lines.text
    line = lines.line_of(span[0])
    start, end = span
    before = text[lines.starts[line] : start]
    alone = not before.strip(" \t\ufeff") and not text[end : lines.line_end(line)].strip(" \t")
    if alone:
        start -= len(before.lstrip("\ufeff"))
        end = lines.starts[line + 1] if line + 1 < len(lines.starts) else len(text)
    else:
        start -= len(before) - len(before.rstrip(" \t"))
    return Fix(title, (Edit((start, end), ""),), preferred=safe, safe=safe)


def nearest_name(word: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    found = get_close_matches(word.lower(), list(names), n=1, cutoff=0.6)
    return found[0] if found else None
