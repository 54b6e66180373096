"""The handlers that change whole documents, or make new ones of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.features.edits.offers import Offer
    from trainsmith_server.lsp.server import Server
    from trainsmith_server.yaml.lines import Encoding

# `trainsmith_schemas.editor.protocol` owns these names; the tests hold them together.
CREATE_NEXT_VERSION = "trainsmith.createNextVersion"
SORT, CONVERT, ADD_SECTION = (
    "source.sort.trainsmith",
    "refactor.rewrite.convert.trainsmith",
    "refactor.rewrite.section.trainsmith",
)


def edit(server: Server) -> None:
    """Register the handlers. The code actions themselves are asked for in `answer`."""

    @server.command(CREATE_NEXT_VERSION)
    async def create_next_version(uri: str) -> str | None:
        """Write a copy under the name of the next version, and show it. Answers with its URI."""
        analysis = server.session.analysis(uri)
        path = to_fs_path(uri) if uri.startswith("file:") else None
        if path is None:
            raise ValueError(f"{uri} is no file, so that it has no next version")
        text = analysis.text if analysis else Path(path).read_bytes().decode("utf-8")
        new = _next_version(Path(path))
        target = from_fs_path(str(new)) or ""
        start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
        document = lsp.OptionalVersionedTextDocumentIdentifier(target)
        change = lsp.WorkspaceEdit(
            document_changes=[
                lsp.CreateFile(target),
                lsp.TextDocumentEdit(document, [lsp.TextEdit(start, text)]),
            ]
        )
        params = lsp.ApplyWorkspaceEditParams(change, label=f"Save as {new.name}")
        applied = await server.workspace_apply_edit_async(params)
        if not applied.applied:
            return None
        await server.window_show_document_async(lsp.ShowDocumentParams(target, take_focus=True))
        return target


def document_actions(
    analysis: Analysis, params: lsp.CodeActionParams, encoding: Encoding
) -> list[lsp.CodeAction]:
    """The edits of the whole document, when somebody asks for them.

    An editor also asks whenever the cursor moves, to know whether there is anything to be mended.
    """
    from trainsmith_server.features.edits.offers import offers

    if params.context.trigger_kind == lsp.CodeActionTriggerKind.Automatic:
        return []
    offset = convert.to_offset(params.range.start, analysis.lines, encoding)
    actions = [_action(offer, analysis, encoding) for offer in offers(analysis, offset)]
    path = to_fs_path(analysis.uri) if analysis.uri.startswith("file:") else None
    if path is not None and analysis.kind and analysis.kind.name == "training":
        title = f"Save as {_next_version(Path(path)).name}"
        command = lsp.Command(title, CREATE_NEXT_VERSION, arguments=[analysis.uri])
        actions.append(lsp.CodeAction(title, lsp.CodeActionKind.Refactor, command=command))
    return actions


def _action(offer: Offer, analysis: Analysis, encoding: Encoding) -> lsp.CodeAction:
    edits = [
        lsp.TextEdit(convert.to_range(edit.span, analysis.lines, encoding), edit.new_text)
        for edit in offer.edits
    ]
    kinds = {"sort": SORT, "convert": CONVERT, "section": ADD_SECTION}
    return lsp.CodeAction(
        offer.title, kinds[offer.kind], edit=lsp.WorkspaceEdit({analysis.uri: edits})
    )


def _next_version(path: Path) -> Path:
    from trainsmith_server.features.edits.versions import next_version

    names = {entry.name for entry in path.parent.iterdir()} if path.parent.is_dir() else set[str]()
    return path.with_name(next_version(path.name, names))
