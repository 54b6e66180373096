"""A model file and the recipes that name it: references and renames, through a real server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from patience import PATIENCE
from trainsmith_server.features.edits.spelling import respelled

MODEL = "transformer_config:\n  model_type: gpt2\n"


@pytest.mark.parametrize(
    ("written", "old", "new", "expected"),
    [
        ("models/a.yaml", "w/models/a.yaml", "w/models/b.yaml", "models/b.yaml"),
        (
            "./models/../models/a.yaml",
            "w/models/a.yaml",
            "w/models/b.yaml",
            "./models/../models/b.yaml",
        ),
        ("models/a.yaml", "w/models/a.yaml", "w/other/a.yaml", "other/a.yaml"),
        ("../models/a.yaml", "models/a.yaml", "models/old/a.yaml", "../models/old/a.yaml"),
        ("/models/a.yaml", "models/a.yaml", "b.yaml", "/b.yaml"),
        ("${TT_METAL_HOME}/a.yaml", "x/a.yaml", "x/b.yaml", "${TT_METAL_HOME}/b.yaml"),
        ("${TT_METAL_HOME}/a.yaml", "x/a.yaml", "y/a.yaml", None),
        ("a.yaml", "w/a.yaml", "w/a: #b.yaml", None),
    ],
)
def test_a_renamed_path_keeps_its_form(
    written: str, old: str, new: str, expected: str | None
) -> None:
    root = Path("/")
    assert respelled(written, root / old, root / new, root / "w") == expected


async def test_recipes_are_updated_when_their_model_file_moves(tmp_path: Path) -> None:
    top = tmp_path.resolve() / "my (runs)"
    top.mkdir()
    recipes = {"one.yaml": "model.yaml  # mine", "sub/two.yaml": "'../model.yaml'"}
    for name, path in recipes.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(f"training_config:\n  model_config: {path}\n")
    (top / "model.yaml").write_text(MODEL)
    one, two = ((top / name).as_uri() for name in recipes)
    # Some editors percent-encode characters that others don't; it is the same file.
    one = one.replace("%28", "(").replace("%29", ")")
    client = LanguageClient("tests", "1")
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    folders = [lsp.WorkspaceFolder(top.as_uri(), "tests")]
    await client.initialize_async(
        lsp.InitializeParams(lsp.ClientCapabilities(), workspace_folders=folders)
    )
    client.initialized(lsp.InitializedParams())
    item = lsp.TextDocumentItem(one, lsp.LanguageKind.Yaml, 0, (top / "one.yaml").read_text())
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    document, place = lsp.TextDocumentIdentifier(one), lsp.Position(1, 20)

    asked = lsp.ReferenceParams(lsp.ReferenceContext(include_declaration=True), document, place)
    found = await client.text_document_references_async(asked)
    assert [location.uri for location in found or ()] == [one, two]

    prepared = await client.text_document_prepare_rename_async(
        lsp.PrepareRenameParams(document, place)
    )
    assert isinstance(prepared, lsp.PrepareRenamePlaceholder)
    assert prepared.placeholder == "model.yaml"

    renamed = await client.text_document_rename_async(
        lsp.RenameParams(new_name="big.yaml", text_document=document, position=place)
    )
    assert renamed
    assert _said(renamed) == {one: ["big.yaml"], two: ["../big.yaml"]}
    assert isinstance(list(renamed.document_changes or ())[-1], lsp.RenameFile)

    moved = lsp.FileRename((top / "model.yaml").as_uri(), (top / "m/model.yaml").as_uri())
    change = await client.workspace_will_rename_files_async(lsp.RenameFilesParams([moved]))
    assert change
    assert _said(change) == {one: ["m/model.yaml"], two: ["../m/model.yaml"]}

    # Recipes that move with their model file need not change.
    moved = lsp.FileRename(top.as_uri(), (tmp_path / "old" / "my runs").as_uri())
    assert await client.workspace_will_rename_files_async(lsp.RenameFilesParams([moved])) is None
    await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
    client.exit(None)
    await client.stop()


def _said(change: lsp.WorkspaceEdit) -> dict[str, list[str]]:
    """The new texts, by document."""
    return {
        edit.text_document.uri: [getattr(one, "new_text", "") for one in edit.edits]
        for edit in change.document_changes or ()
        if isinstance(edit, lsp.TextDocumentEdit)
    }
