"""Pull diagnostics: of a document, of its model file, of the whole workspace."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from patience import PATIENCE
from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_server.lsp.server import MAX_DIAGNOSTICS
from trainsmith_server.workspace.checked import MOST_BYTES

RECIPE = "training_config:\n  model_config: model.yaml\n"
MODEL = "transformer_config:\n  num_heads: 2\n"
WRONG = MODEL.replace("2", "two")


class Editor(LanguageClient):
    """An editor that pulls diagnostics and counts pushed ones."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.unasked: list[str] = []
        self.refreshed = asyncio.Event()
        self.parts: list[Any] = []
        self.logged: list[str] = []

        def publish(params: lsp.PublishDiagnosticsParams) -> None:
            self.unasked.append(params.uri)

        def refresh(_params: None) -> None:
            self.refreshed.set()

        def progress(params: lsp.ProgressParams) -> None:
            self.parts.append(params)

        self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        self.feature(lsp.WORKSPACE_DIAGNOSTIC_REFRESH)(refresh)

        def log(params: lsp.LogMessageParams) -> None:
            self.logged.append(params.message)

        self.feature(lsp.PROGRESS)(progress)
        self.feature(lsp.WINDOW_LOG_MESSAGE)(log)
        self.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda _params: None)  # pyright: ignore[reportUnknownLambdaType]

    def open(self, path: Path, text: str) -> str:
        item = lsp.TextDocumentItem(path.as_uri(), lsp.LanguageKind.Yaml, 1, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return item.uri

    async def pull(self, uri: str, previous: str | None = None) -> Any:
        document = lsp.TextDocumentIdentifier(uri)
        params = lsp.DocumentDiagnosticParams(document, previous_result_id=previous)
        return await asyncio.wait_for(self.text_document_diagnostic_async(params), PATIENCE)

    async def pull_all(self, known: dict[str, str], token: str | None = None) -> Any:
        previous = [lsp.PreviousResultId(uri, value) for uri, value in known.items()]
        params = lsp.WorkspaceDiagnosticParams(previous, partial_result_token=token)
        return await asyncio.wait_for(self.workspace_diagnostic_async(params), PATIENCE)


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    client = Editor()
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    capabilities = lsp.ClientCapabilities(
        text_document=lsp.TextDocumentClientCapabilities(
            diagnostic=lsp.DiagnosticClientCapabilities(related_document_support=True)
        ),
        workspace=lsp.WorkspaceClientCapabilities(
            diagnostics=lsp.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True
            ),
        ),
    )
    folder = lsp.WorkspaceFolder(tmp_path.as_uri(), tmp_path.name)
    params = lsp.InitializeParams(capabilities, workspace_folders=[folder])
    result = await client.initialize_async(params)
    provider = result.capabilities.diagnostic_provider
    assert provider
    assert (provider.inter_file_dependencies, provider.workspace_diagnostics) == (True, True)
    client.initialized(lsp.InitializedParams())
    yield client
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    assert client.unasked == []


async def test_a_document_and_its_model_file(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    recipe = editor.open(tmp_path / "training.yaml", RECIPE)
    first = await editor.pull(recipe)
    assert (first.kind, first.items) == ("full", ())
    again = await editor.pull(recipe, first.result_id)
    assert (again.kind, again.result_id) == ("unchanged", first.result_id)
    model = editor.open(tmp_path / "model.yaml", MODEL)
    change = lsp.TextDocumentContentChangeWholeDocument(WRONG)
    document = lsp.VersionedTextDocumentIdentifier(2, model)
    editor.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))
    await asyncio.wait_for(editor.refreshed.wait(), PATIENCE)
    now = await editor.pull(recipe, first.result_id)
    assert [one.code for one in now.items] == ["model-file-problems"]
    assert [one.code for one in now.related_documents[model].items] == ["wrong-type"]


async def test_a_folder_that_is_added_later_is_included(
    editor: Editor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    added = tmp_path_factory.mktemp("added")
    (added / "recipes").mkdir()
    (added / "model.yaml").write_text(MODEL, encoding="utf-8")
    recipe = editor.open(added / "recipes" / "training.yaml", RECIPE)
    before = await editor.pull(recipe)
    assert [one.code for one in before.items] == ["model-config-not-found"]
    event = lsp.WorkspaceFoldersChangeEvent([lsp.WorkspaceFolder(added.as_uri(), "added")], [])
    editor.workspace_did_change_workspace_folders(lsp.DidChangeWorkspaceFoldersParams(event))
    await asyncio.wait_for(editor.refreshed.wait(), PATIENCE)
    assert (await editor.pull(recipe)).items == ()


async def test_the_workspace(editor: Editor, tmp_path: Path) -> None:
    for name in ("a.yaml", "node_modules/b.yaml", ".venv/c.yaml", "run/d.yaml", "run/events.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(WRONG, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("jobs: [\n", encoding="utf-8")
    found = await editor.pull_all({})
    assert [Path(one.uri).name for one in found.items] == ["a.yaml"]
    [one] = found.items
    known = {one.uri: one.result_id}
    waiting = asyncio.ensure_future(editor.pull_all(known))
    # A later request is answered after an immediate report.
    await editor.pull(one.uri)
    assert not waiting.done(), "nothing is new, so there is nothing to say yet"
    (tmp_path / "a.yaml").unlink()
    event = lsp.FileEvent(one.uri, lsp.FileChangeType.Deleted)
    editor.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
    [gone] = (await waiting).items
    assert (gone.uri, gone.items) == (one.uri, ())


@pytest.mark.parametrize(
    ("name", "refreshes"),
    [
        ("model.yaml", True),
        ("data/text.txt", True),
        ("run/checkpoints/step-000002/resolved.yaml", False),
        ("run/validation.txt", False),
    ],
)
async def test_files_that_change_on_the_disk_are_noticed(
    name: str, refreshes: bool, editor: Editor, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / EVENTS).write_bytes(b"")
    recipe = editor.open(tmp_path / "training.yaml", RECIPE)
    before = await editor.pull(recipe)
    assert [item.code for item in before.items] == ["model-config-not-found"]
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    event = lsp.FileEvent((tmp_path / name).as_uri(), lsp.FileChangeType.Created)
    editor.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
    # Messages are handled in their order, so the server has decided when it answers.
    assert (await editor.pull(recipe)).items == ()
    assert editor.refreshed.is_set() == refreshes


async def test_files_of_the_workspace_are_checked_up_to_a_size_of_all(
    editor: Editor, tmp_path: Path
) -> None:
    """Also when the editor asks again, and names those that it knows."""
    size = 99_000
    for number in range(18):
        (tmp_path / f"{number:02}.yaml").write_text(f"{WRONG}#".ljust(size), encoding="utf-8")
        # What cannot be a recipe or a model file costs nothing.
        (tmp_path / f"{number:02}-other.yaml").write_text("x: 1\n#".ljust(size), encoding="utf-8")
    found = await editor.pull_all({})
    assert len(found.items) == MOST_BYTES // size
    assert editor.logged == [
        "Trainsmith checks up to 1,000,000 bytes of recipes and model files in a workspace: "
        "8 more of them are checked only while they are open"
    ]
    (tmp_path / "00.yaml").write_text(WRONG, encoding="utf-8")
    known = {one.uri: one.result_id for one in found.items}
    again = await editor.pull_all(known)
    assert len(again.items) <= len(found.items) + 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
async def test_a_name_that_is_not_utf_8_does_not_affect_other_files(
    editor: Editor, tmp_path: Path
) -> None:
    for name in (b"a.yaml", b"q\xff.yaml"):
        (tmp_path / os.fsdecode(name)).write_text(WRONG, encoding="utf-8")
    found = await editor.pull_all({})
    assert tmp_path.joinpath("a.yaml").as_uri() in [one.uri for one in found.items]


async def test_the_workspace_with_partial_results(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WRONG, encoding="utf-8")
    assert (await editor.pull_all({}, "part")).items == ()
    assert len(editor.parts) == 1
    assert editor.parts[0].token == "part"


async def test_diagnostics_of_a_file_are_limited(editor: Editor, tmp_path: Path) -> None:
    keys = ("num_heads", "num_blocks", "embedding_dim", "max_sequence_length", "vocab_size")
    wrong = "transformer_config:\n" + "".join(f"  {key}: two\n" for key in keys) + "---\n"
    uri = editor.open(tmp_path / "many.yaml", wrong * (MAX_DIAGNOSTICS // len(keys) + 1))
    report = await editor.pull(uri)
    assert len(report.items) == MAX_DIAGNOSTICS
