"""The runs of a recipe, from the folder in which it saves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_schemas.editor.messages import Run
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.lsp.server import Server


def runs_of(server: Server, analysis: Analysis) -> Sequence[Run]:
    """The runs of a recipe, newest first; empty for other files."""
    from trainsmith_server.features.code_lens import is_runnable
    from trainsmith_server.features.run_plan import run_plan

    path = path_of(analysis.uri)
    if path is None or not is_runnable(analysis):
        return []
    places = server.files.places(analysis.uri, run_plan(analysis).checkpointDir)
    return server.runs.of(path, places)
