"""The editor's settings have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.publish import publish_all
from trainsmith_server.lsp.settings import SECTION

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_did_change_configuration(server: Server) -> None:
    """Handle `workspace/didChangeConfiguration`."""

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        sent = params.settings
        if isinstance(sent, dict) and SECTION in sent:
            server.configuration.update(sent[SECTION])
        await server.configuration.request()
        publish_all(server)
