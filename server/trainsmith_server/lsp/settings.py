"""The editor's settings and the projects' files, as they are now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from pygls.lsp.server import LanguageServer

    from trainsmith_server.document.lint_options import LintOptions
    from trainsmith_server.workspace.project_config import ProjectFile, Projects

SECTION = "trainsmith"
WATCHED = ("**/.trainsmith.yaml", f"**/{EVENTS}")
"""The projects' files, and what runs say while they go."""


class Configuration:
    """What documents are judged by. Every mistake in it is told once."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._answered = asyncio.Event()
        self._answered.set()
        self.watches = False
        """The editor tells of files that change."""
        self._editor: LintOptions | None = None
        self._projects: Projects | None = None
        self._warned: dict[str, str] = {}
        """The last warning about the settings, and about a file that cannot be read."""

    def options(self, uri: str) -> LintOptions:
        """What a document is judged by: the editor's settings, then its project's file."""
        from trainsmith_server.workspace.project_config import merge, of_the_environment

        project = self.project(uri)
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
        from trainsmith_schemas.editor.settings import LintConfig
        from trainsmith_server.workspace.project_config import read_lint_config

        said = settings if isinstance(settings, dict) else {}
        # Other settings are the extension's business.
        ours = {key: said.get(key) for key in LintConfig.model_fields}
        self._editor, problems = read_lint_config(ours)
        message = "; ".join(problem.message for problem in problems)
        if message:
            self._warn("settings", f"Trainsmith's settings: {message}")

    def project(self, uri: str) -> ProjectFile | None:
        """The project's file that counts for a document; `None` where there is none to read."""
        from trainsmith_server.workspace.project_config import Projects

        path = path_of(uri)
        if path is None:
            return None
        self._projects = self._projects or Projects()
        try:
            return self._projects.around(path)
        except (OSError, UnicodeDecodeError) as error:
            message = f"Trainsmith cannot read the project's .trainsmith.yaml: {error}"
            self._warn("project file", message)
            return None

    def _warn(self, about: str, message: str) -> None:
        """Show a warning, unless it was the last one about the same thing."""
        if self._warned.get(about) != message:
            self._warned[about] = message
            warning = lsp.ShowMessageParams(lsp.MessageType.Warning, message)
            self._server.window_show_message(warning)
