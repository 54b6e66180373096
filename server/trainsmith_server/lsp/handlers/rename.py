"""The handlers that follow a file by its name through all documents that name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.references import trainer_of

if TYPE_CHECKING:
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.features.references import Reference
    from trainsmith_server.lsp.server import Server

_EVERYTHING = lsp.FileOperationRegistrationOptions(
    [lsp.FileOperationFilter(lsp.FileOperationPattern("**/*"), scheme="file")]
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A place where a document names a file."""

    part: Analysis
    reference: Reference
    path: Path


def rename(server: Server) -> None:
    """Register the handlers."""
    session = server.session

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def references(params: lsp.ReferenceParams) -> list[lsp.Location] | None:
        found = _mention_at(server, params.text_document.uri, params.position)
        path = found.path if found else _model_file(server, params.text_document.uri)
        if path is None:
            return None
        return [
            lsp.Location(one.part.uri, _range(one, server))
            for one in _mentions(server)
            if one.path == path
        ]

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        found = _mention_at(server, params.text_document.uri, params.position)
        if found is None or not found.reference.written.endswith(found.path.name):
            return None
        end = found.reference.span[1]
        name = convert.to_range(
            (end - len(found.path.name), end), found.part.lines, session.encoding
        )
        return lsp.PrepareRenamePlaceholder(name, found.path.name)

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def rename_file(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        found = _mention_at(server, params.text_document.uri, params.position)
        if found is None:
            return None
        if not params.new_name or Path(params.new_name).name != params.new_name:
            raise JsonRpcInvalidParams(f"`{params.new_name}` is not the name of a file")
        new = found.path.with_name(params.new_name)
        if new.exists():
            raise JsonRpcInvalidParams(f"{new} is there already")
        edits = _edits(server, found.path, new)
        if not any(edit.text_document.uri == found.part.uri for edit in edits):
            raise JsonRpcInvalidParams(f"`{new.name}` cannot be written without quotes")
        operation = lsp.RenameFile(_uri(found.path), _uri(new))
        return lsp.WorkspaceEdit(document_changes=[*edits, operation])

    @server.feature(lsp.WORKSPACE_WILL_RENAME_FILES, _EVERYTHING)
    def will_rename_files(params: lsp.RenameFilesParams) -> lsp.WorkspaceEdit | None:
        edits = [
            edit
            for file in params.files
            for old, new in [(to_fs_path(file.old_uri), to_fs_path(file.new_uri))]
            if old and new
            for edit in _edits(server, Path(old), Path(new))
        ]
        return lsp.WorkspaceEdit(document_changes=edits) if edits else None


def _edits(server: Server, old: Path, new: Path) -> list[lsp.TextDocumentEdit]:
    """What changes in the documents that name a file, or a file in a folder, that moves."""
    from trainsmith_server.features.edits.spelling import respelled

    changes: dict[str, list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit]] = {}
    for one in _mentions(server):
        if one.path != old and old not in one.path.parents:
            continue
        document = Path(to_fs_path(one.part.uri) or "")
        # A recipe that moves with its files is at its new place when they are looked for.
        folder = (new / document.relative_to(old) if old in document.parents else document).parent
        text = respelled(one.reference.written, one.path, new / one.path.relative_to(old), folder)
        if text is not None and text != one.reference.written:
            edit = lsp.TextEdit(_range(one, server), text)
            changes.setdefault(one.part.uri, []).append(edit)
    return [
        lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(uri), edits)
        for uri, edits in changes.items()
    ]


def _mentions(server: Server) -> Iterator[_Mention]:
    """Every place in the workspace and in open documents where a file is named that is there."""
    files = (_uri(path) for path in server.files.in_workspace())
    # An editor may spell a document's URI in its own way; it is told in its own words then.
    uris = {to_fs_path(uri): uri for uri in (*files, *server.session.uris())}
    for uri in uris.values():
        for part in server.parts(uri):
            yield from _mentions_in(server, part)


def _mentions_in(server: Server, part: Analysis) -> Iterator[_Mention]:
    from trainsmith_server.features.references import file_references

    for reference in file_references(part):
        path = server.files.find(part.uri, reference.written, trainer_of(part))
        if path is not None:
            yield _Mention(part, reference, path)


def _mention_at(server: Server, uri: str, position: lsp.Position) -> _Mention | None:
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


def _model_file(server: Server, uri: str) -> Path | None:
    """The path of a document that is a model file: somebody who asks in it asks about it."""
    analysis = server.session.analysis(uri)
    path = to_fs_path(uri) if uri.startswith("file:") else None
    is_model = analysis and analysis.kind and analysis.kind.name == "model"
    return Path(path) if path and is_model else None


def _range(one: _Mention, server: Server) -> lsp.Range:
    return convert.to_range(one.reference.span, one.part.lines, server.session.encoding)


def _uri(path: Path) -> str:
    return from_fs_path(str(path)) or ""
