"""Pull diagnostics of all files in the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


_Report = lsp.WorkspaceFullDocumentDiagnosticReport | lsp.WorkspaceUnchangedDocumentDiagnosticReport


def register_workspace_diagnostic(server: Server) -> None:
    """Answer `workspace/diagnostic`."""
    answered = False

    @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(
        params: lsp.WorkspaceDiagnosticParams,
    ) -> lsp.WorkspaceDiagnosticReport:
        nonlocal answered
        await server.configuration.ready()
        known = {one.uri: one.value for one in params.previous_result_ids}
        while True:
            server.changed.clear()
            reports = await _reports(server, known, params.partial_result_token)
            changed = any(one.kind == "full" for one in reports)
            # Editors pull again at once; if nothing has changed, wait for a change.
            if changed or not answered or not server.configuration.watches:
                answered = True
                sent = params.partial_result_token is not None
                return lsp.WorkspaceDiagnosticReport([] if sent else reports)
            await server.changed.wait()


async def _reports(
    server: Server, known: Mapping[str, str], token: lsp.ProgressToken | None
) -> Sequence[_Report]:
    """A report for every file of the workspace that has diagnostics, or had some."""
    reports: list[_Report] = []
    files = map(uri_of, server.files.in_workspace())
    for uri in dict.fromkeys(chain(known, server.session.uris(), files)):
        # Handle requests for the open document first.
        await asyncio.sleep(0)
        items = server.diagnostics(uri)
        result = convert.result_id(items)
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
