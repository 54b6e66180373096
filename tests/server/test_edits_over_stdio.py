"""Edits of whole documents through a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from test_language_server import URI, Editor, editor

from trainsmith_schemas.editor import names

FLAT = "training_config:\n  project_name: a\n  seed: 1\n  learning_rate: 0.1  # why\n"


async def _actions(
    client: Editor,
    uri: str,
    kind: lsp.CodeActionKind | str | None = None,
    trigger: lsp.CodeActionTriggerKind = lsp.CodeActionTriggerKind.Invoked,
) -> dict[str, Any]:
    """The code actions by their title."""
    top = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    context = lsp.CodeActionContext([], [kind] if kind else None, trigger)
    params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), top, context)
    found = await client.text_document_code_action_async(params) or []
    return {one.title: one for one in found}


async def test_actions_of_a_document() -> None:
    async with editor() as client:
        client.open(FLAT)
        offered = await _actions(client, URI, lsp.CodeActionKind.RefactorRewrite)
        assert list(offered) == [
            "Add `scheduler_config`",
            "Add `eval_config`",
            "Add `device_config`",
            "Convert to Trainsmith",
            "Convert to tt-train",
        ]
        edits = offered["Convert to tt-train"].edit.changes[URI]
        new = [one.new_text for one in edits]
        assert new == ["  optimizer:\n    type: AdamW\n    lr: 0.1  # why\n"]
        moved = await _actions(client, URI, trigger=lsp.CodeActionTriggerKind.Automatic)
        assert not moved.keys() & offered.keys()


async def test_each_kind_of_edit_can_be_requested() -> None:
    kinds = names.CODE_ACTION_KINDS
    async with editor() as client:
        client.open(FLAT)
        assert all(
            title.startswith("Convert") for title in await _actions(client, URI, kinds["convert"])
        )
        assert all(
            title.startswith("Add") for title in await _actions(client, URI, kinds["addSection"])
        )


async def test_sorting() -> None:
    async with editor() as client:
        client.open("device_config:\n  enable_ddp: false\ntraining_config:\n  seed: 1\n")
        offered = await _actions(client, URI, names.CODE_ACTION_KINDS["sort"])
        assert list(offered) == ["Sort into canonical order"]


async def test_the_next_version(tmp_path: Path) -> None:
    """The editor receives the exact text, with unusual characters, and an unused name."""
    path = tmp_path / "run.yaml"
    text = "training_config:\r\n  seed: 1  # é\u2028\r\n"
    path.write_bytes(text.encode())
    (tmp_path / "run_v2.yaml").touch()
    async with editor() as client:
        asked: list[lsp.ApplyWorkspaceEditParams] = []
        shown: list[str] = []

        def apply_edit(params: lsp.ApplyWorkspaceEditParams) -> lsp.ApplyWorkspaceEditResult:
            asked.append(params)
            return lsp.ApplyWorkspaceEditResult(applied=True)

        def show(params: lsp.ShowDocumentParams) -> lsp.ShowDocumentResult:
            shown.append(params.uri)
            return lsp.ShowDocumentResult(success=True)

        client.feature(lsp.WORKSPACE_APPLY_EDIT)(apply_edit)
        client.feature(lsp.WINDOW_SHOW_DOCUMENT)(show)
        item = lsp.TextDocumentItem(path.as_uri(), lsp.LanguageKind.Yaml, 0, text)
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        offered = await _actions(client, path.as_uri())
        assert "Save as run_v3.yaml" in offered
        asking = lsp.ExecuteCommandParams(names.CREATE_NEXT_VERSION, [path.as_uri()])
        answer = await client.workspace_execute_command_async(asking)
        new = (tmp_path / "run_v3.yaml").as_uri()
        assert answer == new
        assert shown == [new]
        assert asked[0].edit.document_changes
        create, insert = asked[0].edit.document_changes
        assert isinstance(create, lsp.CreateFile)
        assert create.uri == new
        assert isinstance(insert, lsp.TextDocumentEdit)
        assert [getattr(one, "new_text", None) for one in insert.edits] == [text]


async def test_a_missing_file_can_be_changed_to_a_similar_one(tmp_path: Path) -> None:
    model = "transformer_config:\n  num_heads: 2\n"
    for name, text in (("nano.yaml", model), ("nano_run.yaml", FLAT), ("text.txt", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    recipe = "training_config: {data_path: txt.txt, model_config: './nanoo.yaml', batch_size: 8}\n"
    uri = (tmp_path / "run.yaml").as_uri()
    async with editor() as client:
        item = lsp.TextDocumentItem(uri, lsp.LanguageKind.Yaml, 0, recipe)
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(1, 0))
        context = lsp.CodeActionContext([], [lsp.CodeActionKind.QuickFix])
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), whole, context)
        found: list[Any] = list(await client.text_document_code_action_async(params) or [])
        preferred = [one.title for one in found if one.is_preferred]
        assert preferred == ["Change to `text.txt`", "Change to `./nano.yaml`"]
        assert "Change to `./nano_run.yaml`" not in {one.title for one in found}
