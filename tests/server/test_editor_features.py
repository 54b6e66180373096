"""What an editor asks for, answered by a real server over stdio."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

RECIPE = """\
training_config:
  batch_size: 8
  gradient_accumulation_steps: 4

device_config:
  mesh_shape: [1, 2]
"""
OTHER = "jobs:\n  build: 1\n"


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[LanguageClient]:
    client = LanguageClient("tests", "1")
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    folder = lsp.WorkspaceFolder(tmp_path.as_uri(), tmp_path.name)
    await client.initialize_async(
        lsp.InitializeParams(lsp.ClientCapabilities(), workspace_folders=[folder])
    )
    client.initialized(lsp.InitializedParams())
    yield client
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


def _open(editor: LanguageClient, path: Path, text: str) -> lsp.TextDocumentIdentifier:
    item = lsp.TextDocumentItem(path.as_uri(), lsp.LanguageKind.Yaml, 1, text)
    editor.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return lsp.TextDocumentIdentifier(item.uri)


async def test_structure(editor: LanguageClient, tmp_path: Path) -> None:
    recipe = _open(editor, tmp_path / "training.yaml", RECIPE)
    outline = await editor.text_document_document_symbol_async(lsp.DocumentSymbolParams(recipe))
    assert outline
    assert [symbol.name for symbol in outline] == ["training_config", "device_config"]
    folds = await editor.text_document_folding_range_async(lsp.FoldingRangeParams(recipe))
    assert folds
    assert [(fold.start_line, fold.end_line) for fold in folds] == [(0, 2), (4, 5)]
    [selection] = (
        await editor.text_document_selection_range_async(
            lsp.SelectionRangeParams(recipe, [lsp.Position(1, 14)])
        )
        or []
    )
    assert selection.range == lsp.Range(lsp.Position(1, 14), lsp.Position(1, 15))
    assert selection.parent
    assert selection.parent.range == lsp.Range(lsp.Position(1, 2), lsp.Position(1, 15))


async def test_silence_in_other_files(editor: LanguageClient, tmp_path: Path) -> None:
    other = _open(editor, tmp_path / "build.yaml", OTHER)
    assert not await editor.text_document_document_symbol_async(lsp.DocumentSymbolParams(other))
    assert await editor.text_document_folding_range_async(lsp.FoldingRangeParams(other)) is None
