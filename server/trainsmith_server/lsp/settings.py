"""The current settings of the editor and the project files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from trainsmith_schemas.data_types import ENDINGS
from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_server.workspace.paths import path_of
from trainsmith_system.text import without_links

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from pygls.lsp.server import LanguageServer

    from trainsmith_server.document.lint_options import LintOptions
    from trainsmith_server.workspace.project_config import ProjectFile, Projects

SECTION = "trainsmith"
PROJECT_ENDING = "/.trainsmith.yaml"
_FILES = ",".join(ending.removeprefix(".") for ending in ENDINGS)
WATCHED = (f"**{PROJECT_ENDING}", f"**/{EVENTS}", f"**/*.{{{_FILES}}}")
"""The project files, the events of runs, and files that recipes name or are."""


class Configuration:
    """The settings of documents. Every mistake in them is reported once."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._answered = asyncio.Event()
        self._answered.set()
        self.watches = False
        """Whether the editor reports changes of files."""
        self._editor: LintOptions | None = None
        self._projects: Projects | None = None
        self._warned: dict[str, str] = {}
        """The last warnings, by their subject."""

    def options(self, uri: str) -> LintOptions:
        """The settings for a document: the editor's, then those of its project file."""
        from trainsmith_server.workspace.project_config import merge, of_the_environment

        project = self.project(uri)
        sources = (self._editor, project.options if project else None, of_the_environment())
        return merge(*(one for one in sources if one))

    @property
    def waiting(self) -> bool:
        """Whether the editor has not sent its settings yet, which may change all diagnostics."""
        return not self._answered.is_set()

    async def ready(self) -> None:
        """Wait for the settings from the editor."""
        await self._answered.wait()

    async def request(self) -> bool:
        """Request the settings from the editor; false if it does not support that."""
        workspace = self._server.client_capabilities.workspace
        if not workspace or not workspace.configuration:
            return False
        params = lsp.ConfigurationParams([lsp.ConfigurationItem(section=SECTION)])
        self._answered.clear()
        try:
            responses = await self._server.workspace_configuration_async(params)
        except JsonRpcException:  # Use the defaults.
            responses = None
        finally:
            self._answered.set()
        self.update(responses[0] if responses else None)
        return True

    async def watch(self) -> None:
        """Register for changes of settings and files, if the editor supports it."""
        workspace = self._server.client_capabilities.workspace
        registrations: list[lsp.Registration] = []
        if workspace and (can := workspace.did_change_configuration) and can.dynamic_registration:
            method = lsp.WORKSPACE_DID_CHANGE_CONFIGURATION
            registrations.append(lsp.Registration("settings", method, {"section": SECTION}))
        if workspace and (can := workspace.did_change_watched_files) and can.dynamic_registration:
            watchers = lsp.DidChangeWatchedFilesRegistrationOptions(
                [lsp.FileSystemWatcher(pattern) for pattern in WATCHED]
            )
            method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
            self.watches = True
            registrations.append(lsp.Registration("project files", method, watchers))
        if registrations:
            params = lsp.RegistrationParams(registrations)
            await self._server.client_register_capability_async(params)

    def update(self, settings: Any) -> None:
        """Use the settings under `trainsmith`."""
        from trainsmith_schemas.editor.settings import LintConfig
        from trainsmith_server.workspace.project_config import read_lint_config

        values = settings if isinstance(settings, dict) else {}
        # Only the extension uses the other settings.
        lint_settings = {key: values.get(key) for key in LintConfig.model_fields}
        self._editor, problems = read_lint_config(lint_settings)
        message = "; ".join(problem.message for problem in problems)
        if message:
            self._warn("settings", f"Trainsmith's settings: {message}")

    def project(self, uri: str) -> ProjectFile | None:
        """The project file of a document; `None` if there is none or it can't be read."""
        from trainsmith_server.workspace.project_config import Projects

        path = path_of(uri)
        if path is None:
            return None
        self._projects = self._projects or Projects()
        try:
            return self._projects.around(path)
        except (OSError, UnicodeDecodeError) as error:
            message = f"Trainsmith can't read the project's .trainsmith.yaml: {error}"
            self._warn("project file", message)
            return None

    def _warn(self, subject: str, message: str) -> None:
        """Show a warning, unless it was the last one on its subject."""
        if self._warned.get(subject) != message:
            self._warned[subject] = message
            warning = lsp.ShowMessageParams(lsp.MessageType.Warning, without_links(message))
            self._server.window_show_message(warning)
