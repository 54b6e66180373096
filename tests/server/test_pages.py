"""Every code links to the page that explains it, in editors that support that."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from trainsmith_server.lint.codes import SYNTAX, adjustable_codes
from trainsmith_server.rule_pages import page_of

TEXT = "training_config:\n  batch_size: 8\n  batch_size: 8\n  max_steps: 5\n"
ABLE = lsp.PublishDiagnosticsClientCapabilities(
    code_description_support=True,
    related_information=True,
    tag_support=lsp.ClientDiagnosticsTagOptions(list(lsp.DiagnosticTag)),
)


@pytest.mark.parametrize("code", {**adjustable_codes(), **SYNTAX})
def test_every_code_has_its_line_on_a_page(code: str) -> None:
    assert _line_at(page_of(code) or "") == f"## {code}"


def _line_at(uri: str) -> str:
    parts = urlsplit(uri)
    lines = Path(url2pathname(parts.path)).read_text(encoding="utf-8").splitlines()
    return lines[int(parts.fragment.removeprefix("L")) - 1]


@pytest.mark.parametrize("able", [ABLE, lsp.PublishDiagnosticsClientCapabilities()])
async def test_diagnostics_have_only_the_parts_that_the_editor_supports(
    able: lsp.PublishDiagnosticsClientCapabilities,
) -> None:
    text = lsp.TextDocumentClientCapabilities(
        publish_diagnostics=able, diagnostic=lsp.DiagnosticClientCapabilities()
    )
    client = LanguageClient("tests", "1")
    await client.start_io(sys.executable, "-m", "trainsmith", "lsp")
    try:
        await client.initialize_async(
            lsp.InitializeParams(lsp.ClientCapabilities(text_document=text))
        )
        client.initialized(lsp.InitializedParams())
        item = lsp.TextDocumentItem("untitled:r.yaml", lsp.LanguageKind.Yaml, 1, TEXT)
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        document = lsp.TextDocumentIdentifier(item.uri)
        report = await client.text_document_diagnostic_async(lsp.DocumentDiagnosticParams(document))
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
    assert isinstance(report, lsp.RelatedFullDocumentDiagnosticReport)
    [twice] = [one for one in report.items if one.code == "yaml-duplicate-key"]
    if able is ABLE:
        assert twice.code_description
        assert _line_at(twice.code_description.href) == "## yaml-duplicate-key"
        assert [one.message for one in twice.related_information or ()] == [
            "the first `batch_size`"
        ]
    else:
        assert (twice.code_description, twice.related_information) == (None, None)
