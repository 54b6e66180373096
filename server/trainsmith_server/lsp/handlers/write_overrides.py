"""The edit that writes the overrides of one run into the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from trainsmith_schemas.editor import names
from trainsmith_server.lsp import convert
from trainsmith_server.lsp.overridden import overridden

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_write_overrides(server: Server) -> None:
    """Answer `trainsmith/writeOverrides`."""

    @server.feature(names.WRITE_OVERRIDES)
    def write_overrides(params: Any) -> lsp.WorkspaceEdit:
        from trainsmith_server.features.overrides import difference

        edits = [
            (before, edit)
            for before, after in overridden(server, params.uri, params.overrides)
            if (edit := difference(before.text, after.text))
        ]
        return convert.workspace_edit(edits, server.session.encoding)
