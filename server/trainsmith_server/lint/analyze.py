"""From a text to its analysis. There is no I/O, and it never raises."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from trainsmith_schemas.sections.documents import DOCUMENTS, may_be_slips, recognise
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import PROFILES, choose_profile
from trainsmith_schemas.validation.validate import validate
from trainsmith_server.document.bind import bind
from trainsmith_server.document.directives import Directives, read_directives
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.result import Analysis, KnownDocument, SiblingContext
from trainsmith_server.lint.report import report
from trainsmith_server.lint.size import MAX_TEXT, beginning, too_large
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.parse import parse
from trainsmith_server.yaml.tree import Document, Mapping, Tree, is_half_typed, key_text
from trainsmith_server.yaml.values import Constructed, construct

_TOP_LEVEL_KEY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:(?=\s|$)", re.MULTILINE)


def analyze(
    text: str,
    uri: str = "",
    options: LintOptions | None = None,
    siblings: SiblingContext | None = None,
) -> Analysis:
    """Read a text: its tree, the documents that Trainsmith recognises, and their diagnostics.

    A profile in the text takes precedence over that of the options. A file without a known document
    has no diagnostics, not even syntax errors. A text that is too large has no tree. With
    `siblings`, the text is a part of a file.
    """
    lines = LineIndex(text)
    options = options or LintOptions()
    if len(text) > MAX_TEXT:
        return _too_large(text, uri, lines, options)
    tree = parse(text)
    among_ours = siblings is not None and siblings.kind is not None
    if not among_ours and not could_be_ours(text):
        return Analysis(text, uri, lines, tree, (), (), Directives(), options, siblings)
    read = [(document, construct(document.root)) for document in tree.documents]
    directives = read_directives(tree, lines)
    trainer = directives.profile or options.profile
    known = tuple(
        found for document, built in read if (found := _known(text, document, built, trainer))
    )
    if not known and not among_ours:
        return Analysis(text, uri, lines, tree, (), (), directives, options, siblings)
    faults = [fault for _, built in read for fault in built.faults]
    diagnostics = report(tree, lines, known, faults, directives, options)
    return Analysis(text, uri, lines, tree, known, diagnostics, directives, options, siblings)


def _too_large(text: str, uri: str, lines: LineIndex, options: LintOptions) -> Analysis:
    """The analysis of a text that is too large: no tree, and at most one diagnostic."""
    head = parse(beginning(text))
    directives = read_directives(head, LineIndex(head.text))
    nothing = Analysis(text, uri, lines, Tree(text, [], [], []), (), (), directives, options)
    diagnostic = too_large(head, len(text))
    severity = diagnostic and nothing.severity(
        diagnostic.code, diagnostic.severity, diagnostic.span
    )
    if diagnostic is None or severity is None:
        return nothing
    return replace(nothing, diagnostics=(replace(diagnostic, severity=severity),))


def _as_being_typed(text: str, document: Document, value: Any) -> Any:
    """A document's value, in which sections whose first key is half-typed are empty."""
    root = document.root
    if not isinstance(root, Mapping) or not isinstance(value, dict):
        return value
    typing = [key_text(entry) for entry in root.entries if is_half_typed(text, entry.value)]
    return {key: None if key in typing else inner for key, inner in value.items()}


def could_be_ours(text: str) -> bool:
    """A quick check that excludes most other YAML files."""
    if any(sum(mark in text for mark in kind.marks) >= kind.marks_needed for kind in DOCUMENTS):
        return True
    return may_be_slips(found[1] for found in _TOP_LEVEL_KEY.finditer(text))


def kind_at_a_glance(text: str) -> str | None:
    """The kind of our document that a text is, judged by its top-level keys alone."""
    kind = recognise(dict.fromkeys(found[1] for found in _TOP_LEVEL_KEY.finditer(text)))
    return kind.name if kind else None


def _known(
    text: str, document: Document, built: Constructed, trainer: Trainer | None
) -> KnownDocument | None:
    kind = recognise(_as_being_typed(text, document, built.value))
    if kind is None:
        return None
    checked = validate(kind.model, built.value)
    return KnownDocument(
        kind,
        PROFILES[trainer] if trainer else choose_profile(kind.model, built.value),
        document,
        built.value,
        checked.config,
        checked.problems,
        bind(document.root, kind.model),
    )
