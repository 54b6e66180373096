"""Every place in the workspace that names a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.mentions import mention_at, mentions, range_of
from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_references(server: Server) -> None:
    """Answer `textDocument/references`."""

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def references(params: lsp.ReferenceParams) -> list[lsp.Location] | None:
        found = mention_at(server, params.text_document.uri, params.position)
        path = found.path if found else _model_file(server, params.text_document.uri)
        if path is None:
            return None
        return [
            lsp.Location(one.part.uri, range_of(one, server))
            for one in mentions(server)
            if one.path == path
        ]


def _model_file(server: Server, uri: str) -> Path | None:
    """The path of a document if it is a model file, whose own references are then listed."""
    analysis = server.session.analysis(uri)
    is_model = analysis and analysis.kind and analysis.kind.name == "model"
    return path_of(uri) if is_model else None
