"""The main features of the server over stdio: typing, diagnostics, completion, fixes, run plan."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from patience import PATIENCE
from trainsmith_schemas.editor import names

URI = "untitled:recipe.yaml"
DOCUMENT = lsp.TextDocumentIdentifier(URI)


class Editor(LanguageClient):
    """An editor with one document."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.version = 0
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()

        def keep(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(keep)

    def open(self, text: str) -> None:
        item = lsp.TextDocumentItem(URI, lsp.LanguageKind.Yaml, 0, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def edit(self, *changes: lsp.TextDocumentContentChangeEvent) -> None:
        self.version += 1
        document = lsp.VersionedTextDocumentIdentifier(self.version, URI)
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(document, changes))

    async def diagnostics(self) -> Sequence[lsp.Diagnostic]:
        """The published diagnostics of the newest version."""
        while True:
            published = await asyncio.wait_for(self.published.get(), PATIENCE)
            if published.version == self.version:
                return published.diagnostics


@asynccontextmanager
async def editor(
    *encodings: lsp.PositionEncodingKind, experimental: Any = None
) -> AsyncGenerator[Editor, None]:
    """An editor that supports some position encodings, with its own server."""
    client = Editor()
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    general = lsp.GeneralClientCapabilities(position_encodings=list(encodings) or None)
    result = await client.initialize_async(
        lsp.InitializeParams(lsp.ClientCapabilities(general=general, experimental=experimental))
    )
    assert result.capabilities.position_encoding == (encodings[0] if encodings else "utf-16")
    client.initialized(lsp.InitializedParams())
    yield client
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


def partial(
    start: tuple[int, int], end: tuple[int, int], text: str
) -> lsp.TextDocumentContentChangePartial:
    return lsp.TextDocumentContentChangePartial(
        lsp.Range(lsp.Position(*start), lsp.Position(*end)), text
    )


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 30), ("utf-16", 25), ("utf-32", 24)])
async def test_typing_after_unusual_characters(encoding: str, column: int) -> None:
    """U+2028 does not end a line in LSP, and an emoji has one, two or four code units."""
    async with editor(lsp.PositionEncodingKind(encoding)) as client:
        client.open('training_config:\n  wandb_run_name: "\u2028 😀é"\n')
        assert not await client.diagnostics()
        client.edit(
            partial((1, column), (1, column), "\n  batch_size: eight"),
            partial((0, 0), (0, 0), "# 😀\n"),
        )
        [diagnostic] = await client.diagnostics()
        assert diagnostic.code == "wrong-type"
        assert diagnostic.range == lsp.Range(lsp.Position(3, 14), lsp.Position(3, 19))


async def test_a_diagnostic_and_its_fix() -> None:
    async with editor() as client:
        client.open("training_config:\n  batchsize: 8\n")
        [diagnostic] = await client.diagnostics()
        assert (diagnostic.code, diagnostic.severity) == (
            "unknown-key",
            lsp.DiagnosticSeverity.Error,
        )
        assert diagnostic.source == "trainsmith"
        context = lsp.CodeActionContext([diagnostic], [lsp.CodeActionKind.QuickFix])
        params = lsp.CodeActionParams(DOCUMENT, diagnostic.range, context)
        rename, *_ = await client.text_document_code_action_async(params) or []
        assert isinstance(rename, lsp.CodeAction)
        assert rename.title == "Rename to `batch_size`"
        assert rename.is_preferred
        assert rename.edit
        assert rename.edit.changes
        assert [(edit.range, edit.new_text) for edit in rename.edit.changes[URI]] == [
            (diagnostic.range, "batch_size")
        ]
        context = lsp.CodeActionContext([], [lsp.CodeActionKind.SourceFixAll])
        params = lsp.CodeActionParams(DOCUMENT, diagnostic.range, context)
        [fix_all] = await client.text_document_code_action_async(params) or []
        assert isinstance(fix_all, lsp.CodeAction)
        assert fix_all.kind == "source.fixAll.trainsmith"
        client.edit(partial((1, 2), (1, 11), "batch_size"))
        assert not await client.diagnostics()


async def test_completion_and_hover_while_typing() -> None:
    async with editor() as client:
        client.open("training_config:\n")
        client.edit(partial((1, 0), (1, 0), "  learn"))
        params = lsp.CompletionParams(DOCUMENT, lsp.Position(1, 7))
        completion = await client.text_document_completion_async(params)
        assert isinstance(completion, lsp.CompletionList)
        [found] = [item for item in completion.items if item.label == "learning_rate"]
        place = lsp.Range(lsp.Position(1, 2), lsp.Position(1, 7))
        assert found.text_edit == lsp.TextEdit(place, "learning_rate: ")
        assert [item.sort_text for item in completion.items] == sorted(
            item.sort_text or "" for item in completion.items
        )
        client.edit(partial((1, 2), (1, 7), "learning_rate: "))
        hover_at = lsp.HoverParams(DOCUMENT, lsp.Position(1, 4))
        hover = await client.text_document_hover_async(hover_at)
        assert hover
        assert isinstance(hover.contents, lsp.MarkupContent)
        assert hover.contents.kind == lsp.MarkupKind.Markdown
        assert "**learning_rate**" in hover.contents.value


@pytest.mark.parametrize("supported", [True, False])
async def test_values_are_suggested_after_a_key(supported: bool) -> None:
    """Other editors would report an unknown command."""
    commands = {"commands": {"commands": [names.SUGGEST_AGAIN]}} if supported else None
    async with editor(experimental=commands) as client:
        client.open("training_config:\n  \n")
        params = lsp.CompletionParams(DOCUMENT, lsp.Position(1, 2))
        completion = await client.text_document_completion_async(params)
        assert isinstance(completion, lsp.CompletionList)
        commands_of = {one.label: one.command for one in completion.items}
        for key in ("log_level", "use_wandb", "data_path"):
            command = commands_of[key]
            assert (command.command if command else None) == (
                names.SUGGEST_AGAIN if supported else None
            )
        assert commands_of["batch_size"] is None


async def test_other_files_have_no_diagnostics_hovers_or_completions() -> None:
    async with editor() as client:
        client.open("jobs: [build\n  test: '\n")
        assert not await client.diagnostics()
        position = lsp.Position(1, 2)
        assert not await client.text_document_hover_async(lsp.HoverParams(DOCUMENT, position))
        params = lsp.CompletionParams(DOCUMENT, position)
        completion = await client.text_document_completion_async(params)
        assert not completion or not getattr(completion, "items", completion)


async def test_run_plan() -> None:
    async with editor() as client:
        client.open("training_config:\n  checkpoint_dir: runs\n  learning_rate: 0.1\n  sed: 1\n")
        plan: Any = await client.protocol.send_request_async(names.RUN_PLAN, {"uri": URI})
        assert (plan.document, plan.checkpointDir) == ("training", "runs")
        assert (plan.errors, plan.warnings) == (1, 1)
        missing = [(one.key, one.written) for one in plan.missing]
        keys = ("training_config.data_path", "training_config.model_config")
        assert missing == [(key, "") for key in keys]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training_config:\n  seed: 1\n", ("training", "trainsmith", "keys", 3)),
        (
            "# trainsmith: profile=tt-train\ntraining_config:\n  seed: 1\n",
            ("training", "tt-train", "comment", 3),
        ),
        ("jobs:\n  build: 1\n", (None, None, "keys", 0)),
    ],
)
async def test_document_status(text: str, said: tuple[object, ...]) -> None:
    async with editor() as client:
        client.open(text)
        status: Any = await client.protocol.send_request_async(names.DOCUMENT_STATUS, {"uri": URI})
        profile = status.profile and status.profile.name
        assert (status.document, profile, status.chosenBy, len(status.choices)) == said


async def test_overrides() -> None:
    """Overrides are listed, checked and written by one short edit."""
    async with editor() as client:
        client.open("training_config:\n  batch_size: 8\n")

        async def ask(request: str, *overrides: str) -> Any:
            params = {"uri": URI, "overrides": list(overrides)}
            return await client.protocol.send_request_async(request, params)

        first, *_ = await ask(names.SETTINGS)
        assert first["key"] == "training_config.batch_size"
        assert (first["value"], first["written"]) == ("8", True)
        (problem,) = await ask(names.CHECK_OVERRIDES, "training_config.batch_size=six")
        assert problem["severity"] == "error"
        assert "six" in problem["message"]
        written = await ask(names.WRITE_OVERRIDES, "training_config.batch_size=16")
        ((edit,),) = (
            written.changes
        )  # pygls returns a named tuple, in which URIs are not valid names.
        assert (edit.range.start.character, edit.newText) == (14, "16")


async def test_closing_clears_the_diagnostics() -> None:
    async with editor() as client:
        client.open("training_config:\n  sed: 1\n")
        assert await client.diagnostics()
        client.text_document_did_close(lsp.DidCloseTextDocumentParams(DOCUMENT))
        published = await asyncio.wait_for(client.published.get(), PATIENCE)
        assert list(published.diagnostics) == []
