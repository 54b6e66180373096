"""Pushes diagnostics to editors, or makes editors pull them again.

Editors without pull diagnostics get them pushed. Mistakes in a project file are always pushed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def publish_when_idle(server: Server, uri: str) -> None:
    """Publish the diagnostics of a document that changed, and of those that name it, when idle.

    Waiting requests are answered first; consecutive changes are coalesced.
    """
    server.outdated[uri] = None


def publish_outdated(server: Server) -> None:
    """Publish the documents of `publish_when_idle`. To be called when no message is waiting."""
    outdated, server.outdated = list(server.outdated), {}
    if not outdated or server.configuration.waiting:
        return  # All documents are published once the settings have arrived.
    around = dict.fromkeys(other for uri in outdated for other in (uri, *server.files.naming(uri)))
    for uri in around:
        _publish_project_file(server, uri)
    if server.pulls:
        # The editor pulls the diagnostics of the changed document by itself.
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


def publish_files(server: Server) -> None:
    """Check again what depends on files on the disk, after some of them have changed."""
    if server.pulls:
        _refresh(server)
        return
    for uri in server.session.uris():
        _publish(server, uri)


def clear_project_file(server: Server, uri: str) -> None:
    """Clear the published diagnostics of a deleted project file."""
    if server.project_files.pop(uri, None):
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _publish(server: Server, uri: str) -> None:
    if server.session.is_open(uri) and not server.configuration.waiting:
        version = server.session.version(uri)
        server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, server.diagnostics(uri), version)
        )


def _publish_project_file(server: Server, uri: str) -> None:
    """Publish the diagnostics of a document's project file, if that has changed."""
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
    """Make the editor pull all diagnostics again."""
    server.changed.set()
    workspace = server.client_capabilities.workspace
    if workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
        server.workspace_diagnostic_refresh(None)
