"""The places in the workspace that name a file, and the edits when it moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import path_of, uri_of

if TYPE_CHECKING:
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.features.references import Reference
    from trainsmith_server.lsp.server import Server


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a document names a file."""

    part: Analysis
    reference: Reference
    path: Path


def mentions(server: Server) -> Iterator[Mention]:
    """Every place in the workspace and in open documents that names an existing file."""
    files = map(uri_of, filter(server.files.checked().takes, server.files.in_workspace()))
    # Editors may encode the same URI differently; responses use the editor's form.
    uris = {path_of(uri): uri for uri in (*files, *server.session.uris())}
    for uri in uris.values():
        for part in server.parts(uri):
            yield from _mentions_in(server, part)


def mention_at(server: Server, uri: str, position: lsp.Position) -> Mention | None:
    """The place at a position of an open document."""
    part = server.session.part(uri, position.line)
    if part is None:
        return None
    offset = convert.to_offset(position, part.lines, server.session.encoding)
    return next(
        (
            one
            for one in _mentions_in(server, part)
            if one.reference.span[0] <= offset <= one.reference.span[1]
        ),
        None,
    )


def range_of(one: Mention, server: Server) -> lsp.Range:
    """The range of the path, without quotes."""
    return convert.to_range(one.reference.span, one.part.lines, server.session.encoding)


def edits_for_move(server: Server, old: Path, new: Path) -> list[lsp.TextDocumentEdit]:
    """The edits of the documents that name a moved file, or a file in a moved folder."""
    from trainsmith_server.features.edits.spelling import respelled

    changes: dict[str, list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit]] = {}
    for one in mentions(server):
        if one.path != old and old not in one.path.parents:
            continue
        document = path_of(one.part.uri) or Path()
        # In a recipe that moves with its files, paths are relative to its new folder.
        folder = (new / document.relative_to(old) if old in document.parents else document).parent
        text = respelled(one.reference.written, one.path, new / one.path.relative_to(old), folder)
        if text is not None and text != one.reference.written:
            edit = lsp.TextEdit(range_of(one, server), text)
            changes.setdefault(one.part.uri, []).append(edit)
    return [
        lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(uri), edits)
        for uri, edits in changes.items()
    ]


def _mentions_in(server: Server, part: Analysis) -> Iterator[Mention]:
    from trainsmith_server.features.references import file_references

    for reference in file_references(part):
        path = server.files.find(part.uri, reference.written, part.trainer)
        if path is not None:
            yield Mention(part, reference, path)
