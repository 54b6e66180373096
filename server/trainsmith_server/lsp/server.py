"""The state that the handlers share: documents, files, settings. It imports no handlers."""

from __future__ import annotations

import asyncio
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from trainsmith_schemas import __version__
from trainsmith_server.lsp import convert
from trainsmith_server.lsp.protocol import Protocol
from trainsmith_server.lsp.settings import Configuration
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.workspace.project_config import ProjectFile
    from trainsmith_server.workspace.references import Files
    from trainsmith_server.workspace.runs import Runs
    from trainsmith_server.yaml.lines import Encoding

MAX_DIAGNOSTICS = 1000
"""The maximum for one file in VS Code."""


class Server(LanguageServer):
    """A pygls server with the open documents."""

    def __init__(self) -> None:
        super().__init__("trainsmith", __version__, protocol_cls=Protocol)
        self.configuration = Configuration(self)
        self.session = Session(self.configuration.options)
        self.outdated: dict[str, None] = {}
        """The documents that changed since they were last published."""
        self.project_files: dict[str, ProjectFile] = {}
        """The project files whose diagnostics were published, by their URI."""
        self.changed = asyncio.Event()
        """Set when something other than the open documents has changed."""

    @cached_property
    def files(self) -> Files:
        """The files that documents name."""
        from trainsmith_server.workspace.references import Files

        return Files(self.session, self.configuration.options)

    @cached_property
    def runs(self) -> Runs:
        """The runs of the recipes."""
        from trainsmith_server.workspace.runs import Runs

        return Runs()

    @cached_property
    def shown(self) -> convert.Shown:
        """The optional parts of a diagnostic that the editor can show."""
        return convert.shown_by(self.client_capabilities)

    @cached_property
    def accepted(self) -> convert.Accepted:
        """What the editor can do when a completion is accepted."""
        return convert.accepted_by(self.client_capabilities)

    @property
    def encoding(self) -> Encoding:
        """The editor's position encoding."""
        encoding: Any = self.workspace.position_encoding
        return encoding

    @property
    def pulls(self) -> bool:
        """Whether the editor pulls diagnostics; then none are pushed."""
        text = self.client_capabilities.text_document
        return bool(text and text.diagnostic)

    def read_folders(self) -> None:
        """Read the editor's workspace folders and position encoding."""
        self.session.encoding = self.encoding
        folders = (path_of(uri) for uri in self.workspace.folders)
        self.files.folders = tuple(folder for folder in folders if folder)

    async def give_way(self) -> None:
        """Let other messages be handled before a long task continues."""
        assert isinstance(self.protocol, Protocol)
        await self.protocol.give_way()

    def parts(self, uri: str) -> tuple[Analysis, ...]:
        """A document as open in the editor, or else on disk; empty if it can't be read."""
        if self.session.is_open(uri):
            return self.session.parts(uri)
        analysis = self.files.on_disk(uri)
        return (analysis,) if analysis else ()

    def analysis_of(self, uri: str) -> Analysis:
        """The analysis of a whole document, open or not.

        Raises:
            ValueError: it is not open, and its file can't be read.
        """
        analysis = self.session.analysis(uri) or self.files.on_disk(uri)
        if analysis is None:
            raise ValueError(f"{uri} is not open, and its file can't be read")
        return analysis

    def diagnostics(self, uri: str) -> list[lsp.Diagnostic]:
        """The diagnostics of a document, open or not."""
        from trainsmith_server.features.diagnostics import diagnostics

        encoding = self.session.encoding
        found = (
            one
            for part in self.parts(uri)
            for one in convert.diagnostics(
                diagnostics(part, self.files), part, encoding, self.shown
            )
        )
        return list(islice(found, MAX_DIAGNOSTICS))
