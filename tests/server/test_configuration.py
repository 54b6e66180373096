"""A real server reads its settings from the editor and from a project file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from patience import PATIENCE
from trainsmith_schemas.runs import events

RECIPE = "training_config:\n  learning_rate: 0.01\n"


class Editor(LanguageClient):
    """An editor that returns its settings, and records the server's messages."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.settings: dict[str, Any] = {}
        self.registered: set[str] = set()
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._publish))
        self.feature(lsp.WORKSPACE_CONFIGURATION)(partial(self._answer))
        self.feature(lsp.CLIENT_REGISTER_CAPABILITY)(partial(self._register))
        self.feature(lsp.WINDOW_SHOW_MESSAGE)(partial(self._show))
        self.feature(lsp.WORKSPACE_CODE_LENS_REFRESH)(partial(self._refresh))

    def _publish(self, params: lsp.PublishDiagnosticsParams) -> None:
        name = params.uri.rsplit("/", 1)[1]
        found = [f"{one.severity.name} {one.code}" for one in params.diagnostics if one.severity]
        self.said.put_nowait(f"{name}: {', '.join(found)}")

    def _answer(self, params: lsp.ConfigurationParams) -> list[Any]:
        return [self.settings.get(item.section or "") for item in params.items]

    def _register(self, params: lsp.RegistrationParams) -> None:
        self.registered.update(one.method for one in params.registrations)

    def _show(self, params: lsp.ShowMessageParams) -> None:
        self.said.put_nowait(params.message)

    def _refresh(self, _: None) -> None:
        self.said.put_nowait("refresh lenses")

    def open(self, path: Path) -> None:
        item = lsp.TextDocumentItem(path.as_uri(), lsp.LanguageKind.Yaml, 1, RECIPE)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change_settings(self, settings: dict[str, Any], sent: Any = None) -> None:
        self.settings = settings
        self.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(sent))

    def file_event(self, path: Path, kind: lsp.FileChangeType) -> None:
        event = lsp.FileEvent(path.as_uri(), kind)
        self.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))

    async def hears(self, wanted: str) -> None:
        """Wait for a message of the server; the ones before it are skipped."""
        heard: list[str] = []
        try:
            while (said := await asyncio.wait_for(self.said.get(), PATIENCE)) != wanted:
                heard.append(said)
        except asyncio.TimeoutError:
            pytest.fail(f"heard {heard}, never {wanted!r}")


async def _started(asks: bool) -> Editor:
    client = Editor()
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    dynamic = lsp.DidChangeConfigurationClientCapabilities(dynamic_registration=asks)
    watched = lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=asks)
    workspace = lsp.WorkspaceClientCapabilities(
        configuration=asks,
        did_change_configuration=dynamic,
        did_change_watched_files=watched,
        code_lens=lsp.CodeLensWorkspaceClientCapabilities(refresh_support=asks),
    )
    capabilities = lsp.ClientCapabilities(workspace=workspace)
    await client.initialize_async(lsp.InitializeParams(capabilities))
    return client


@pytest.fixture
async def editor() -> AsyncIterator[Editor]:
    client = await _started(asks=True)
    yield client
    await _stop(client)


async def _stop(client: Editor) -> None:
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


async def test_the_editors_settings(editor: Editor, tmp_path: Path) -> None:
    editor.settings = {"trainsmith": {"rules": {"lr-too-high": "error"}, "python": {"path": ""}}}
    editor.initialized(lsp.InitializedParams())
    editor.open(tmp_path / "a.yaml")
    await editor.hears("a.yaml: Error lr-too-high")
    editor.change_settings({"trainsmith": {"rules": {"lr-too-high": "off"}}})
    await editor.hears("a.yaml: ")
    editor.change_settings({"trainsmith": {"rules": {"lr-to-high": "off"}}})
    await editor.hears(
        "Trainsmith's settings: there is no code `lr-to-high`; did you mean `lr-too-high`?"
    )
    await editor.hears("a.yaml: Warning lr-too-high")
    assert editor.registered == {
        "workspace/didChangeConfiguration",
        "workspace/didChangeWatchedFiles",
    }


async def test_settings_that_an_editor_pushes(tmp_path: Path) -> None:
    editor = await _started(asks=False)
    editor.initialized(lsp.InitializedParams())
    editor.open(tmp_path / "a.yaml")
    await editor.hears("a.yaml: Warning lr-too-high")
    editor.change_settings({}, {"trainsmith": {"rules": {"lr-too-high": "hint"}}})
    await editor.hears("a.yaml: Hint lr-too-high")
    assert editor.registered == set()
    await _stop(editor)


async def test_the_editor_overrides_the_project_file(editor: Editor, tmp_path: Path) -> None:
    project = tmp_path / ".trainsmith.yaml"
    project.write_text("rules: {lr-too-high: off}\n", encoding="utf-8")
    editor.initialized(lsp.InitializedParams())
    editor.open(tmp_path / "a.yaml")
    await editor.hears("a.yaml: ")
    project.write_text("rules: {lr-too-high: nothing}\n", encoding="utf-8")
    editor.file_event(project, lsp.FileChangeType.Changed)
    await editor.hears(".trainsmith.yaml: Error None")
    await editor.hears("a.yaml: Warning lr-too-high")
    editor.change_settings({"trainsmith": {"rules": {"lr-too-high": "information"}}})
    await editor.hears("a.yaml: Information lr-too-high")
    project.unlink()
    editor.file_event(project, lsp.FileChangeType.Deleted)
    await editor.hears(".trainsmith.yaml: ")


async def test_lenses_are_refreshed_when_a_run_starts(editor: Editor, tmp_path: Path) -> None:
    editor.initialized(lsp.InitializedParams())
    editor.open(tmp_path / "a.yaml")
    await editor.hears("a.yaml: Warning lr-too-high")
    said = events.RunStarted(
        time=1,
        name="a-001",
        config="a.yaml",
        device="CPU",
        parameters=1,
        total_steps=9,
        ends_by="max_steps",
        steps_per_epoch=3,
        effective_batch=8,
        tokens_per_step=64,
    )
    file = tmp_path / "checkpoints" / "a-001" / "events.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text(f"{said.model_dump_json()}\n", encoding="utf-8")
    editor.file_event(file, lsp.FileChangeType.Created)
    await editor.hears("refresh lenses")
    editor.file_event(file, lsp.FileChangeType.Changed)
    editor.file_event(tmp_path / ".trainsmith.yaml", lsp.FileChangeType.Deleted)
    assert await asyncio.wait_for(editor.said.get(), PATIENCE) == "a.yaml: Warning lr-too-high"
