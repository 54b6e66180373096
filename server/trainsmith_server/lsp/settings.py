"""The editor's settings and the projects' files, as they are now."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.lsp import convert

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from pygls.lsp.server import LanguageServer

    from trainsmith_server.document.options import Options
    from trainsmith_server.workspace.project_config import ProjectFile, Projects

SECTION = "trainsmith"
WATCHED = ("**/.trainsmith.yaml", "**/events.jsonl")
"""The projects' files, and what runs say while they go."""


class Configuration:
    """What documents are judged by. Every mistake in it is told once."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._answered = asyncio.Event()
        self._answered.set()
        self.watches = False
        """The editor tells of files that change."""
        self._editor: Options | None = None
        self._projects: Projects | None = None
        self._told: dict[str, object] = {}
        """The last thing said about each file, and about the settings."""

    def options(self, uri: str) -> Options:
        """What a document is judged by: the editor's settings, then its project's file."""
        from trainsmith_server.workspace.project_config import merge, of_the_environment

        project = self._project(uri)
        said = (self._editor, project.options if project else None, of_the_environment())
        return merge(*(one for one in said if one))

    @property
    def waiting(self) -> bool:
        """The editor has been asked for its settings; what is published before would change."""
        return not self._answered.is_set()

    async def ready(self) -> None:
        """Wait for the settings that the editor has been asked for."""
        await self._answered.wait()

    async def ask(self) -> bool:
        """Ask the editor for its settings; false where it does not answer such questions."""
        workspace = self._server.client_capabilities.workspace
        if not workspace or not workspace.configuration:
            return False
        asked = lsp.ConfigurationParams([lsp.ConfigurationItem(section=SECTION)])
        self._answered.clear()
        try:
            answers = await self._server.workspace_configuration_async(asked)
        except JsonRpcException:  # An editor that cannot tell has no settings.
            answers = None
        finally:
            self._answered.set()
        self.take(answers[0] if answers else None)
        return True

    async def watch(self) -> None:
        """Ask the editor to tell of changes, if it can."""
        workspace = self._server.client_capabilities.workspace
        wanted: list[lsp.Registration] = []
        if workspace and (can := workspace.did_change_configuration) and can.dynamic_registration:
            method = lsp.WORKSPACE_DID_CHANGE_CONFIGURATION
            wanted.append(lsp.Registration("settings", method, {"section": SECTION}))
        if workspace and (can := workspace.did_change_watched_files) and can.dynamic_registration:
            watchers = lsp.DidChangeWatchedFilesRegistrationOptions(
                [lsp.FileSystemWatcher(pattern) for pattern in WATCHED]
            )
            method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
            self.watches = True
            wanted.append(lsp.Registration("project files", method, watchers))
        if wanted:
            await self._server.client_register_capability_async(lsp.RegistrationParams(wanted))

    def take(self, settings: Any) -> None:
        """Use the settings under `trainsmith`."""
        from trainsmith_schemas.editor.settings import Judgement
        from trainsmith_server.workspace.project_config import read_judgement

        said = settings if isinstance(settings, dict) else {}
        # Other settings are the extension's business.
        judged = {key: said.get(key) for key in Judgement.model_fields}
        self._editor, problems = read_judgement(judged)
        message = "; ".join(problem.message for problem in problems)
        if message and self._is_news("", message):
            self._warn(f"Trainsmith's settings: {message}")

    def tell(self, uri: str) -> None:
        """Publish what is wrong in the project's file of a document."""
        project = self._project(uri)
        if project is None:
            return
        name = from_fs_path(str(project.path)) or ""
        if self._is_news(name, project):
            encoding: Any = self._server.workspace.position_encoding
            diagnostics = [
                lsp.Diagnostic(
                    range=convert.to_range(fault.span, project.lines, encoding),
                    message=fault.message,
                    severity=lsp.DiagnosticSeverity.Error,
                    source=convert.SOURCE,
                )
                for fault in project.faults
            ]
            self._server.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(name, diagnostics)
            )

    def forget(self, uri: str) -> None:
        """A project's file is gone, and with it all that is wrong in it."""
        if self._told.pop(uri, None):
            self._server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    def _project(self, uri: str) -> ProjectFile | None:
        from trainsmith_server.workspace.project_config import Projects

        path = to_fs_path(uri) if uri.startswith("file:") else None
        if not path:
            return None
        self._projects = self._projects or Projects()
        try:
            return self._projects.around(Path(path))
        except (OSError, UnicodeDecodeError) as error:
            message = f"Trainsmith cannot read the project's .trainsmith.yaml: {error}"
            if self._is_news("unreadable", message):
                self._warn(message)
            return None

    def _is_news(self, about: str, said: object) -> bool:
        news = self._told.get(about) != said
        self._told[about] = said
        return news

    def _warn(self, message: str) -> None:
        self._server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, message))
