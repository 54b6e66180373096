"""The handlers of pull diagnostics: an editor that can ask is not sent what is wrong unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.uris import from_fs_path

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server

    _Report = (
        lsp.WorkspaceFullDocumentDiagnosticReport | lsp.WorkspaceUnchangedDocumentDiagnosticReport
    )


def diagnose(server: Server) -> None:
    """Register the handlers."""
    told = False

    @server.feature(
        lsp.TEXT_DOCUMENT_DIAGNOSTIC,
        lsp.DiagnosticOptions(
            identifier="trainsmith", inter_file_dependencies=True, workspace_diagnostics=True
        ),
    )
    async def document_diagnostic(
        params: lsp.DocumentDiagnosticParams,
    ) -> lsp.RelatedFullDocumentDiagnosticReport | lsp.RelatedUnchangedDocumentDiagnosticReport:
        await server.configuration.ready()
        uri = params.text_document.uri
        items = server.diagnostics(uri)
        related = _related(server, uri)
        result = result_id(items)
        if result == params.previous_result_id:
            return lsp.RelatedUnchangedDocumentDiagnosticReport(result, related)
        return lsp.RelatedFullDocumentDiagnosticReport(items, related, result_id=result)

    @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(
        params: lsp.WorkspaceDiagnosticParams,
    ) -> lsp.WorkspaceDiagnosticReport:
        nonlocal told
        await server.configuration.ready()
        known = {one.uri: one.value for one in params.previous_result_ids}
        while True:
            server.changed.clear()
            reports = await _reports(server, known, params.partial_result_token)
            news = any(one.kind == "full" for one in reports)
            # Editors ask again at once: one that has heard all waits until there is news.
            if news or not told or not server.configuration.watches:
                told = True
                sent = params.partial_result_token is not None
                return lsp.WorkspaceDiagnosticReport([] if sent else reports)
            await server.changed.wait()


async def _reports(
    server: Server, known: Mapping[str, str], token: lsp.ProgressToken | None
) -> Sequence[_Report]:
    """What is wrong with every file of the workspace that is ours, or was and is told of."""
    reports: list[_Report] = []
    files = (from_fs_path(str(path)) or "" for path in server.files.in_workspace())
    for uri in dict.fromkeys(chain(known, server.session.uris(), files)):
        # What somebody types goes first.
        await asyncio.sleep(0)
        items = server.diagnostics(uri)
        result = result_id(items)
        version = server.session.version(uri) if server.session.is_open(uri) else None
        if known.get(uri) == result:
            report = lsp.WorkspaceUnchangedDocumentDiagnosticReport(uri, result, version)
        elif items or uri in known:
            report = lsp.WorkspaceFullDocumentDiagnosticReport(
                uri, items, version, result_id=result
            )
        else:
            continue
        reports.append(report)
        if token is not None and report.kind == "full":
            part = lsp.WorkspaceDiagnosticReportPartialResult([report])
            server.progress(lsp.ProgressParams(token, part))
    return reports


def _related(
    server: Server, uri: str
) -> dict[str, lsp.FullDocumentDiagnosticReport | lsp.UnchangedDocumentDiagnosticReport] | None:
    """What is wrong with the model files that a document names, for editors that take it."""
    text = server.client_capabilities.text_document
    if not (text and text.diagnostic and text.diagnostic.related_document_support):
        return None
    reports: dict[str, lsp.FullDocumentDiagnosticReport | lsp.UnchangedDocumentDiagnosticReport]
    reports = {}
    for model in server.files.models(*server.parts(uri)).values():
        items = server.diagnostics(model.uri)
        reports[model.uri] = lsp.FullDocumentDiagnosticReport(items, result_id=result_id(items))
    return reports or None


def result_id(items: Sequence[lsp.Diagnostic]) -> str:
    """A name for diagnostics: the same for the same ones, within one life of the server."""
    return f"{hash(tuple(_facts(item) for item in items)):x}"


def _facts(item: lsp.Diagnostic) -> tuple[object, ...]:
    related = (
        (one.location.uri, _numbers(one.location.range), one.message)
        for one in item.related_information or ()
    )
    return (_numbers(item.range), item.severity, item.code, item.message, *related)


def _numbers(place: lsp.Range) -> tuple[int, int, int, int]:
    return place.start.line, place.start.character, place.end.line, place.end.character
