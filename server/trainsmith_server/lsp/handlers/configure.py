"""The handlers that tell how documents are to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.handlers.recipes import tell_of_runs
from trainsmith_server.lsp.settings import SECTION

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def configure(server: Server) -> None:
    """Register the handlers."""
    configuration = server.configuration

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        sent = params.settings
        if isinstance(sent, dict) and SECTION in sent:
            configuration.take(sent[SECTION])
        await configuration.ask()
        server.publish_all()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        changes = tell_of_runs(server, params.changes)
        for change in changes:
            if change.type == lsp.FileChangeType.Deleted:
                configuration.forget(change.uri)
        if changes:
            server.publish_all()
