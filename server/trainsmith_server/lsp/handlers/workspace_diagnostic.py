"""Pull diagnostics of all files in the workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server
    from trainsmith_server.workspace.checked import Checked


_Report = lsp.WorkspaceFullDocumentDiagnosticReport | lsp.WorkspaceUnchangedDocumentDiagnosticReport


def register_workspace_diagnostic(server: Server) -> None:
    """Answer `workspace/diagnostic`."""
    answered = False
    said: str | None = None

    @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(
        params: lsp.WorkspaceDiagnosticParams,
    ) -> lsp.WorkspaceDiagnosticReport:
        nonlocal answered, said
        await server.configuration.ready()
        known = {one.uri: one.value for one in params.previous_result_ids}
        while True:
            server.changed.clear()
            checked = server.files.checked()
            reports = await _reports(server, known, checked, params.partial_result_token)
            if (left_out := checked.message()) != said:
                said = left_out
                if said:
                    message = lsp.LogMessageParams(lsp.MessageType.Warning, said)
                    server.window_log_message(message)
            changed = any(one.kind == "full" for one in reports)
            # Editors pull again at once; if nothing has changed, wait for a change.
            if changed or not answered or not server.configuration.watches:
                answered = True
                sent = params.partial_result_token is not None
                return lsp.WorkspaceDiagnosticReport([] if sent else reports)
            await server.changed.wait()


async def _reports(
    server: Server, known: Mapping[str, str], checked: Checked, token: lsp.ProgressToken | None
) -> Sequence[_Report]:
    """A report for every file of the workspace that has diagnostics, or had some."""
    reports: list[_Report] = []
    async for uri in _documents(server, known, checked):
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


async def _documents(server: Server, known: Iterable[str], checked: Checked) -> AsyncIterator[str]:
    """The URIs of documents to check, each once; between them, other messages are handled."""
    given = set(server.session.uris())
    for uri in server.session.uris():
        await server.give_way()
        yield uri
    for path in server.files.in_workspace():
        await server.give_way()
        if (uri := uri_of(path)) not in given and checked.takes(path):
            given.add(uri)
            yield uri
    for uri in known:  # It may have been deleted.
        if uri not in given:
            await server.give_way()
            yield uri
