"""The kind of a document, and the trainer that it is checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_document_status(server: Server) -> None:
    """Answer `trainsmith/documentStatus`."""

    @server.feature(names.DOCUMENT_STATUS)
    def document_status(params: Any) -> dict[str, Any]:
        from trainsmith_server.features.document_status import document_status

        return as_json(document_status(server.analysis_of(params.uri)))
