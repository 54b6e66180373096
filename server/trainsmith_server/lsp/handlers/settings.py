"""The settings of a recipe that a run may override."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json
from trainsmith_server.lsp.overridden import model_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_settings(server: Server) -> None:
    """Answer `trainsmith/settings`."""

    @server.feature(names.SETTINGS)
    def settings(params: Any) -> list[dict[str, Any]]:
        from trainsmith_server.features.overrides import settings

        recipe = server.analysis_of(params.uri)
        return [as_json(one) for one in settings(recipe, model_of(server, recipe))]
