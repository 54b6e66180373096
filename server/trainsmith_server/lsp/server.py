"""What the handlers share: the documents, the settings, what is published. It knows no handler."""

from __future__ import annotations

import asyncio
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from trainsmith_schemas import __version__
from trainsmith_server.lsp import convert
from trainsmith_server.lsp.protocol import Protocol
from trainsmith_server.lsp.settings import Configuration
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.references import Files

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.workspace.runs import Runs

MAX_DIAGNOSTICS = 1000
"""VS Code shows no more of one file."""


class Server(LanguageServer):
    """A pygls server and the documents that are open."""

    def __init__(self) -> None:
        super().__init__("trainsmith", __version__, protocol_cls=Protocol)
        assert isinstance(self.protocol, Protocol)
        self.protocol.when_idle = self._publish_outdated
        self._outdated: dict[str, None] = {}
        """The documents that have changed since they were last published."""
        self.configuration = Configuration(self)
        self.session = Session(self.configuration.options)
        self.files = Files(self.session, self.configuration.options)
        self.changed = asyncio.Event()
        """Something beside the open texts has changed since it was last cleared."""
        self._runs: Runs | None = None

    @property
    def runs(self) -> Runs:
        """The runs of the recipes."""
        from trainsmith_server.workspace.runs import Runs

        self._runs = self._runs or Runs()
        return self._runs

    @property
    def pulls(self) -> bool:
        """Whether the editor asks for diagnostics; then none are sent unasked."""
        text = self.client_capabilities.text_document
        return bool(text and text.diagnostic)

    @cached_property
    def shown(self) -> convert.Shown:
        """What the editor can show of a diagnostic."""
        return convert.shown_by(self.client_capabilities)

    def publish_around(self, uri: str) -> None:
        """Send what is wrong with a document that changed, and with those that name it.

        What the editor waits for comes first, and of several changes in a row only the last counts.
        """
        self._outdated.update(dict.fromkeys([uri, *self.files.naming(uri)]))

    def _publish_outdated(self) -> None:
        outdated, self._outdated = list(self._outdated), {}
        if self.pulls:
            # The editor asks for the one that changed by itself.
            if len(outdated) > 1:
                self._refresh()
            return
        for uri in outdated:
            self._publish(uri)

    def publish_all(self) -> None:
        """Judge every open document again."""
        self.session.judge_again()
        self.files.judge_again()
        if self.pulls:
            self._refresh()
            return
        for uri in self.session.uris():
            self._publish(uri)

    def parts(self, uri: str) -> tuple[Analysis, ...]:
        """A document as it is in the editor, or else on the disk; nothing if it cannot be read."""
        if self.session.is_open(uri):
            return self.session.parts(uri)
        analysis = self.files.on_disk(uri)
        return (analysis,) if analysis else ()

    def diagnostics(self, uri: str) -> list[lsp.Diagnostic]:
        """What is wrong with a document, open or not."""
        parts = self.parts(uri)
        if self.session.is_open(uri):
            self.files.follow(uri, parts)
            if any(part.kind for part in parts):
                self.configuration.tell(uri)
        encoding = self.session.encoding
        found = (
            one
            for part in parts
            for one in convert.diagnostics(self.files.findings(part), part, encoding, self.shown)
        )
        return list(islice(found, MAX_DIAGNOSTICS))

    def _publish(self, uri: str) -> None:
        """Send what is wrong with an open document."""
        # All are published when the settings are here.
        if self.session.is_open(uri) and not self.configuration.waiting:
            version = self.session.version(uri)
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(uri, self.diagnostics(uri), version)
            )

    def _refresh(self) -> None:
        """Let the editor ask for all diagnostics again."""
        self.changed.set()
        workspace = self.client_capabilities.workspace
        if workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)
