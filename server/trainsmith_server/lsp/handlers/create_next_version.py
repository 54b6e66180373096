"""The command that copies a recipe to its next version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_schemas.editor import names
from trainsmith_server.workspace.paths import next_free_version, path_of, uri_of
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_create_next_version(server: Server) -> None:
    """Run `trainsmith.createNextVersion`."""

    @server.command(names.CREATE_NEXT_VERSION)
    async def create_next_version(uri: str) -> str | None:
        """Create a copy with the name of the next version and show it. Returns its URI."""
        path = path_of(uri)
        if path is None:
            raise ValueError(f"{uri} is not a file, so it has no next version")
        is_open = server.session.is_open(uri)
        text = (
            server.session.text(uri) if is_open else read_bytes(path, limits.RECIPE).decode("utf-8")
        )
        new = next_free_version(path)
        target = uri_of(new)
        start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
        document = lsp.OptionalVersionedTextDocumentIdentifier(target)
        change = lsp.WorkspaceEdit(
            document_changes=[
                lsp.CreateFile(target),
                lsp.TextDocumentEdit(document, [lsp.TextEdit(start, text)]),
            ]
        )
        params = lsp.ApplyWorkspaceEditParams(change, label=f"Save as {new.name}")
        applied = await server.workspace_apply_edit_async(params)
        if not applied.applied:
            return None
        await server.window_show_document_async(lsp.ShowDocumentParams(target, take_focus=True))
        return target
