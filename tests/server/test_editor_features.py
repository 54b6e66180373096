"""Language features of a real server over stdio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from patience import PATIENCE

RECIPE = """\
training_config:
  batch_size: 8
  gradient_accumulation_steps: 4

device_config:
  mesh_shape: [1, 2]
"""
MODEL = """\
transformer_config:
  max_sequence_length: 128
"""
OTHER = "jobs:\n  build: 1\n"


class Editor(LanguageClient):
    """An editor that keeps the published diagnostics."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self._published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()

        def keep(params: lsp.PublishDiagnosticsParams) -> None:
            self._published.put_nowait(params)

        self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(keep)

    async def diagnostics(self, document: lsp.TextDocumentIdentifier) -> Sequence[lsp.Diagnostic]:
        """The next published diagnostics of a document."""
        while True:
            published = await asyncio.wait_for(self._published.get(), PATIENCE)
            if published.uri == document.uri:
                return published.diagnostics


def _replace(editor: Editor, document: lsp.TextDocumentIdentifier, text: str) -> None:
    change = lsp.TextDocumentContentChangeWholeDocument(text)
    versioned = lsp.VersionedTextDocumentIdentifier(2, document.uri)
    editor.text_document_did_change(lsp.DidChangeTextDocumentParams(versioned, [change]))


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    client = Editor()
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    folder = lsp.WorkspaceFolder(tmp_path.as_uri(), tmp_path.name)
    shows = lsp.PublishDiagnosticsClientCapabilities(related_information=True)
    text = lsp.TextDocumentClientCapabilities(publish_diagnostics=shows)
    await client.initialize_async(
        lsp.InitializeParams(lsp.ClientCapabilities(text_document=text), workspace_folders=[folder])
    )
    client.initialized(lsp.InitializedParams())
    yield client
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


def _open(editor: Editor, path: Path, text: str) -> lsp.TextDocumentIdentifier:
    item = lsp.TextDocumentItem(path.as_uri(), lsp.LanguageKind.Yaml, 1, text)
    editor.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return lsp.TextDocumentIdentifier(item.uri)


async def test_structure(editor: Editor, tmp_path: Path) -> None:
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


async def test_hints_and_lens(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL)
    text = RECIPE.replace("training_config:\n", "training_config:\n  model_config: model.yaml\n")
    recipe = _open(editor, tmp_path / "training.yaml", text)
    everything = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))
    hints = await editor.text_document_inlay_hint_async(lsp.InlayHintParams(recipe, everything))
    assert hints
    assert [(hint.position, hint.label) for hint in hints] == [
        (lsp.Position(1, 26), "> 10.7 M parameters, about 513 MB to train"),
        (lsp.Position(3, 32), "effective batch 32, 4,096 tokens per step"),
        (lsp.Position(6, 20), "2 devices"),
    ]
    lenses = await editor.text_document_code_lens_async(lsp.CodeLensParams(recipe)) or []
    commands = [lens.command for lens in lenses if lens.command]
    assert [one.command for one in commands] == ["trainsmith.runTraining", "trainsmith.dryRun"]
    assert all(list(one.arguments or ()) == [recipe.uri] for one in commands)


async def test_paths_link_to_files(editor: Editor, tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "model.yaml").write_text(MODEL)
    (tmp_path / "text.txt").write_text("To be")
    text = """\
training_config:
  model_config: "model.yaml"
  data_path: text.txt
  tokenizer_path: nowhere.json
  checkpoint_dir: checkpoints
"""
    recipe = _open(editor, folder / "training.yaml", text)
    links = await editor.text_document_document_link_async(lsp.DocumentLinkParams(recipe))
    assert links
    beside, around = (folder / "model.yaml").as_uri(), (tmp_path / "text.txt").as_uri()
    assert [(link.range.start.line, link.target) for link in links] == [(1, beside), (2, around)]
    assert links[0].range == lsp.Range(lsp.Position(1, 17), lsp.Position(1, 27))

    for place, uri in (((1, 20), beside), ((2, 15), around)):
        params = lsp.DefinitionParams(recipe, lsp.Position(*place))
        found = await editor.text_document_definition_async(params)
        assert isinstance(found, lsp.Location)
        assert found.uri == uri
    nowhere = lsp.DefinitionParams(recipe, lsp.Position(3, 25))
    assert await editor.text_document_definition_async(nowhere) is None


@pytest.mark.parametrize("name", ["a](command:x)", "<command:x>", "![a](https:", "a`b", "&#47;b"])
async def test_a_name_that_could_be_markup_is_no_link(
    editor: Editor, tmp_path: Path, name: str
) -> None:
    """VS Code puts the target of a link into Markdown that may run commands."""
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name / "text.txt").write_text("To be")
    (tmp_path / "text.txt").write_text("To be")
    text = f"training_config:\n  data_path: ['{name}/text.txt', text.txt]\n"
    recipe = _open(editor, tmp_path / "training.yaml", text)
    [link] = await editor.text_document_document_link_async(lsp.DocumentLinkParams(recipe)) or []
    assert (link.target, link.tooltip) == ((tmp_path / "text.txt").as_uri(), None)


async def test_a_recipe_shows_its_model_file(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL)
    recipe = _open(
        editor, tmp_path / "training.yaml", "training_config:\n  model_config: model.yaml\n"
    )
    assert not await editor.diagnostics(recipe)
    params = lsp.HoverParams(recipe, lsp.Position(1, 20))
    hover = await editor.text_document_hover_async(params)
    assert hover
    assert isinstance(hover.contents, lsp.MarkupContent)
    assert "context 128 tokens" in hover.contents.value

    model = _open(editor, tmp_path / "model.yaml", MODEL)
    assert not await editor.diagnostics(recipe)
    _replace(editor, model, MODEL.replace("128", "none"))
    [problem] = await editor.diagnostics(recipe)
    assert problem.severity == lsp.DiagnosticSeverity.Error
    assert problem.code == "model-file-problems"
    assert problem.range == lsp.Range(lsp.Position(1, 16), lsp.Position(1, 26))
    [cause] = problem.related_information or []
    assert cause.location.uri == model.uri
    assert cause.location.range.start.line == 1

    editor.text_document_did_close(lsp.DidCloseTextDocumentParams(model))
    assert not await editor.diagnostics(recipe)


async def test_silence_in_other_files(editor: Editor, tmp_path: Path) -> None:
    other = _open(editor, tmp_path / "build.yaml", OTHER)
    assert not await editor.text_document_document_symbol_async(lsp.DocumentSymbolParams(other))
    assert await editor.text_document_folding_range_async(lsp.FoldingRangeParams(other)) is None
    assert not await editor.text_document_code_lens_async(lsp.CodeLensParams(other))
    assert not await editor.text_document_document_link_async(lsp.DocumentLinkParams(other))
