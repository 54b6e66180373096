"""A recipe and its model file, with the settings for one run written into them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.lsp.server import Server


def overridden(server: Server, uri: str, written: Iterable[str]) -> list[tuple[Analysis, Analysis]]:
    """The recipe and the model file that it then names, before and after the overrides."""
    from trainsmith_server.features.overrides import edited, parse_override

    overrides = [parse_override(text) for text in written]
    recipe = server.analysis_of(uri)
    files = [(recipe, edited(recipe, overrides))]
    model = model_of(server, files[0][1])
    return files if model is None else [*files, (model, edited(model, overrides))]


def model_of(server: Server, recipe: Analysis) -> Analysis | None:
    """The model file that a recipe names, if it exists."""
    return next(iter(server.files.models(recipe).values()), None)
