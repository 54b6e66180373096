"""The commands above a recipe, and the outcome of its last run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.lsp.recipe_runs import runs_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_code_lens(server: Server) -> None:
    """Answer `textDocument/codeLens`."""

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def code_lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        from trainsmith_server.features.code_lens import code_lenses

        analysis = server.session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        last = next((run for run in runs_of(server, analysis) if not run.smoke), None)
        return convert.code_lenses(code_lenses(analysis, last), analysis, server.session.encoding)
