"""Requests the settings, and registers for changes, after initialization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.publish import publish_all

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_initialized(server: Server) -> None:
    """Handle `initialized`."""

    @server.feature(lsp.INITIALIZED)
    async def initialized(_params: lsp.InitializedParams) -> None:
        server.read_folders()
        if await server.configuration.request():
            publish_all(server)
        await server.configuration.watch()
