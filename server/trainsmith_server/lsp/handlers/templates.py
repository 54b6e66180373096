"""The templates for new recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_templates(server: Server) -> None:
    """Answer `trainsmith/templates`."""

    @server.feature(names.TEMPLATES)
    def templates(_: Any) -> dict[str, Any]:
        from trainsmith_server.features.templates import all_templates

        return as_json(all_templates())
