"""The handlers behind what an editor offers for recipes: the commands, and the runs so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from trainsmith_server.lsp import convert

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_schemas.editor.protocol import Run
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.lsp.server import Server

# `trainsmith_schemas.editor.protocol` owns these names; the tests hold them together.
RUN_PLAN = "trainsmith/runPlan"
DOCUMENT_STATUS = "trainsmith/documentStatus"
RUNS = "trainsmith/runs"
TEMPLATES = "trainsmith/templates"

EVENTS = "events.jsonl"
"""What a run writes into its folder; `trainsmith_server.workspace.runs` reads it."""


def answer_about_recipes(server: Server) -> None:
    """Register the handlers."""

    @server.feature(RUN_PLAN)
    def run_plan(params: Any) -> dict[str, Any]:
        from trainsmith_server.features.run_plan import run_plan

        analysis = analysis_of(server, params.uri)

        def is_there(written: str) -> bool:
            return server.files.is_there(analysis.uri, written)

        return run_plan(analysis, is_there).model_dump()

    @server.feature(DOCUMENT_STATUS)
    def document_status(params: Any) -> dict[str, Any]:
        from trainsmith_server.features.document_status import document_status

        return document_status(analysis_of(server, params.uri)).model_dump()

    @server.feature(RUNS)
    def runs(params: Any) -> list[dict[str, Any]]:
        return [run.model_dump() for run in _runs(server, analysis_of(server, params.uri))]

    @server.feature(TEMPLATES)
    def templates(_: Any) -> dict[str, Any]:
        from trainsmith_server.features import templates

        return templates.all_templates().model_dump()

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def code_lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        from trainsmith_server.features.code_lens import code_lenses

        analysis = server.session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        last = next((run for run in _runs(server, analysis) if not run.smoke), None)
        return convert.code_lenses(code_lenses(analysis, last), analysis, server.session.encoding)


def tell_of_runs(server: Server, changes: Sequence[lsp.FileEvent]) -> list[lsp.FileEvent]:
    """Have lenses drawn anew where a run has begun or ended; what is left is not about runs."""
    about_runs = [change for change in changes if change.uri.endswith(f"/{EVENTS}")]
    folders = {Path(path).parent for change in about_runs if (path := to_fs_path(change.uri))}
    news = [folder for folder in folders if server.runs.is_news(folder)]
    workspace = server.client_capabilities.workspace
    can_refresh = workspace and workspace.code_lens and workspace.code_lens.refresh_support
    if news and can_refresh:
        server.workspace_code_lens_refresh(None)
    return [change for change in changes if change not in about_runs]


def analysis_of(server: Server, uri: str) -> Analysis:
    """The analysis of a document that may not be open.

    Raises:
        ValueError: it is neither open nor a file.
        OSError: it cannot be read.
    """
    from trainsmith_server.lint.analyze import analyze

    analysis = server.session.analysis(uri)
    if analysis is not None:
        return analysis
    path = to_fs_path(uri)
    if path is None:
        raise ValueError(f"{uri} is no file")
    text = Path(path).read_text(encoding="utf-8-sig")
    return analyze(text, uri, server.configuration.options(uri))


def _runs(server: Server, analysis: Analysis) -> Sequence[Run]:
    from trainsmith_server.features.code_lens import is_runnable
    from trainsmith_server.features.run_plan import run_plan

    path = to_fs_path(analysis.uri) if analysis.uri.startswith("file:") else None
    if path is None or not is_runnable(analysis):
        return []
    places = server.files.places(analysis.uri, run_plan(analysis).checkpointDir)
    return server.runs.of(Path(path), places)
