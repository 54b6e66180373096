"""The handlers behind settings for one run: which there are, what they break, writing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.lsp.handlers.recipes import analysis_of

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.lsp.server import Server

# `trainsmith_schemas.editor.protocol` owns these names; the tests hold them together.
SETTINGS = "trainsmith/settings"
CHECK_OVERRIDES = "trainsmith/checkOverrides"
WRITE_OVERRIDES = "trainsmith/writeOverrides"


def answer_about_overrides(server: Server) -> None:
    """Register the handlers."""

    @server.feature(SETTINGS)
    def settings(params: Any) -> list[dict[str, Any]]:
        from trainsmith_server.features import overrides

        recipe = analysis_of(server, params.uri)
        return [one.model_dump() for one in overrides.settings(recipe, _model(server, recipe))]

    @server.feature(CHECK_OVERRIDES)
    def check_overrides(params: Any) -> list[dict[str, Any]]:
        from trainsmith_server.features.overrides import new_problems

        changes = _changes(server, params)
        return [one.model_dump() for change in changes for one in new_problems(*change)]

    @server.feature(WRITE_OVERRIDES)
    def write_overrides(params: Any) -> lsp.WorkspaceEdit:
        from trainsmith_server.features.overrides import difference

        edits = [
            (before, edit)
            for before, after in _changes(server, params)
            if (edit := difference(before.text, after.text))
        ]
        return convert.workspace_edit(edits, server.session.encoding)


def _changes(server: Server, params: Any) -> list[tuple[Analysis, Analysis]]:
    """The recipe and the model file that it would name, before and after the overrides."""
    from trainsmith_server.features.overrides import edited, parse_override

    overrides = [parse_override(text) for text in params.overrides]
    recipe = analysis_of(server, params.uri)
    files = [(recipe, edited(recipe, overrides))]
    model = _model(server, files[0][1])
    return files if model is None else [*files, (model, edited(model, overrides))]


def _model(server: Server, recipe: Analysis) -> Analysis | None:
    """The model file that a recipe names, if it is there."""
    return next(iter(server.files.models(recipe).values()), None)
