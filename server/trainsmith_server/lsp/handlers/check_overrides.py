"""The problems that overrides for one run would cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json
from trainsmith_server.lsp.overridden import overridden

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_check_overrides(server: Server) -> None:
    """Answer `trainsmith/checkOverrides`."""

    @server.feature(names.CHECK_OVERRIDES)
    def check_overrides(params: Any) -> list[dict[str, Any]]:
        from trainsmith_server.features.overrides import new_problems

        changes = overridden(server, params.uri, params.overrides)
        return [as_json(one) for change in changes for one in new_problems(*change)]
