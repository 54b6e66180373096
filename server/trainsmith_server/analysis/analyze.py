"""From a text to everything that the server knows about it. No I/O, and it never raises."""

from __future__ import annotations

from trainsmith_schemas.documents import DOCUMENTS, recognise
from trainsmith_schemas.validate import validate

from trainsmith_server.analysis.bind import bind
from trainsmith_server.analysis.lines import LineIndex
from trainsmith_server.analysis.parse import parse
from trainsmith_server.analysis.report import report
from trainsmith_server.analysis.result import Analysis, KnownDocument
from trainsmith_server.analysis.tree import Document
from trainsmith_server.analysis.values import Constructed, construct

_MARKS = tuple(mark for kind in DOCUMENTS for mark in kind.marks)


def analyze(text: str, uri: str = "") -> Analysis:
    """Read a text: its tree, the documents in it that are ours, and what is wrong with them.

    A text without a document of ours has no findings, not even syntax errors.
    """
    lines = LineIndex(text)
    tree = parse(text)
    if not any(mark in text for mark in _MARKS):
        return Analysis(text, uri, lines, tree, (), ())
    read = [(document, construct(document.root)) for document in tree.documents]
    known = tuple(found for document, built in read if (found := _known(document, built)))
    if not known:
        return Analysis(text, uri, lines, tree, (), ())
    faults = [fault for _, built in read for fault in built.faults]
    return Analysis(text, uri, lines, tree, known, report(tree, lines, known, faults))


def _known(document: Document, built: Constructed) -> KnownDocument | None:
    kind = recognise(built.value)
    if kind is None:
        return None
    checked = validate(kind.model, built.value)
    bindings = bind(document.root, kind.model)
    return KnownDocument(kind, document, built.value, checked.config, checked.problems, bindings)
