"""What **Run Training** would do with a document."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from trainsmith_schemas.editor import names
from trainsmith_server.lsp.convert import as_json

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_run_plan(server: Server) -> None:
    """Answer `trainsmith/runPlan`."""

    @server.feature(names.RUN_PLAN)
    def run_plan(params: Any) -> dict[str, Any]:
        from trainsmith_server.features.run_plan import run_plan

        analysis = server.analysis_of(params.uri)
        return as_json(run_plan(analysis, partial(server.files.absent, analysis.uri)))
