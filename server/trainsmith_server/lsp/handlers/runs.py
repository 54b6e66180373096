"""The runs of a recipe, and the runs that are running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json
from trainsmith_server.lsp.recipe_runs import runs_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_runs(server: Server) -> None:
    """Answer `trainsmith/runs` and `trainsmith/runningRuns`."""

    @server.feature(names.RUNS)
    def runs(params: Any) -> list[dict[str, Any]]:
        return [as_json(run) for run in runs_of(server, server.analysis_of(params.uri))]

    @server.feature(names.RUNNING_RUNS)
    def running_runs(params: Any) -> list[dict[str, Any]]:
        folders = (Path(folder) for folder in params.folders)
        return [as_json(run) for run in server.runs.running(folders)]
