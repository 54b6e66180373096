"""Diagnostics that the server sends unasked, and the editors that it lets ask again.

Editors without pull diagnostics get them pushed. Mistakes in a project's file are pushed to all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def publish_when_idle(server: Server, uri: str) -> None:
    """Send what is wrong with a document that changed, and with those that name it.

    Requests that wait are answered first; consecutive changes are coalesced.
    """
    server.outdated[uri] = None


def publish_outdated(server: Server) -> None:
    """Send what `publish_when_idle` has noted. To be called when no message waits."""
    outdated, server.outdated = list(server.outdated), {}
    if not outdated or server.configuration.waiting:
        return  # All are published when the settings are here.
    around = dict.fromkeys(other for uri in outdated for other in (uri, *server.files.naming(uri)))
    for uri in around:
        _publish_project_file(server, uri)
    if server.pulls:
        # The editor asks for the one that changed by itself.
        if len(around) > 1:
            _refresh(server)
        return
    for uri in around:
        _publish(server, uri)


def publish_all(server: Server) -> None:
    """Analyze every open document again."""
    server.session.forget_analyses()
    server.files.forget_analyses()
    for uri in server.session.uris():
        _publish_project_file(server, uri)
    if server.pulls:
        _refresh(server)
        return
    for uri in server.session.uris():
        _publish(server, uri)


def clear_project_file(server: Server, uri: str) -> None:
    """Take back what was published about a project's file, which is gone."""
    if server.project_files.pop(uri, None):
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _publish(server: Server, uri: str) -> None:
    if server.session.is_open(uri) and not server.configuration.waiting:
        version = server.session.version(uri)
        server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, server.diagnostics(uri), version)
        )


def _publish_project_file(server: Server, uri: str) -> None:
    """Send what is wrong in the project's file of an open document, if that has changed."""
    if not any(part.kind for part in server.session.parts(uri)):
        return
    project = server.configuration.project(uri)
    if project is None:
        return
    name = uri_of(project.path)
    if server.project_files.get(name) == project:
        return
    server.project_files[name] = project
    diagnostics = [
        lsp.Diagnostic(
            range=convert.to_range(fault.span, project.lines, server.session.encoding),
            message=fault.message,
            severity=lsp.DiagnosticSeverity.Error,
            source=convert.SOURCE,
        )
        for fault in project.faults
    ]
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(name, diagnostics))


def _refresh(server: Server) -> None:
    """Let the editor ask for all diagnostics again."""
    server.changed.set()
    workspace = server.client_capabilities.workspace
    if workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
        server.workspace_diagnostic_refresh(None)
