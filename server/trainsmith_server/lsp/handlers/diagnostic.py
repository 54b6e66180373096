"""Pull diagnostics of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


_Reports = dict[str, lsp.FullDocumentDiagnosticReport | lsp.UnchangedDocumentDiagnosticReport]


def register_diagnostic(server: Server) -> None:
    """Answer `textDocument/diagnostic`."""

    @server.feature(
        lsp.TEXT_DOCUMENT_DIAGNOSTIC,
        lsp.DiagnosticOptions(
            identifier="trainsmith", inter_file_dependencies=True, workspace_diagnostics=True
        ),
    )
    async def diagnostic(
        params: lsp.DocumentDiagnosticParams,
    ) -> lsp.RelatedFullDocumentDiagnosticReport | lsp.RelatedUnchangedDocumentDiagnosticReport:
        await server.configuration.ready()
        uri = params.text_document.uri
        items = server.diagnostics(uri)
        related = _model_files(server, uri)
        result = convert.result_id(items)
        if result == params.previous_result_id:
            return lsp.RelatedUnchangedDocumentDiagnosticReport(result, related)
        return lsp.RelatedFullDocumentDiagnosticReport(items, related, result_id=result)


def _model_files(server: Server, uri: str) -> _Reports | None:
    """The diagnostics of the model files that a document names, for editors that support it."""
    text = server.client_capabilities.text_document
    if not (text and text.diagnostic and text.diagnostic.related_document_support):
        return None
    reports: _Reports = {}
    for model in server.files.models(*server.parts(uri)).values():
        items = server.diagnostics(model.uri)
        result = convert.result_id(items)
        reports[model.uri] = lsp.FullDocumentDiagnosticReport(items, result_id=result)
    return reports or None
