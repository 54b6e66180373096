"""The folding ranges of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_folding_range(server: Server) -> None:
    """Answer `textDocument/foldingRange`."""

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding_range(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange] | None:
        from trainsmith_server.features.folding import folds

        found = [folds(part) for part in server.session.parts(params.text_document.uri)]
        if all(one is None for one in found):
            return None
        return convert.folds(fold for one in found for fold in one or ())
