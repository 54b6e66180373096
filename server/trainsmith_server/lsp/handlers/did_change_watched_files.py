"""A file has changed on the disk: of a run, of a project, a recipe, a model or data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_schemas.paths import is_file
from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_server.lsp.publish import clear_project_file, publish_all, publish_files
from trainsmith_server.lsp.settings import PROJECT_ENDING
from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server

_MOST_FOLDERS = 3
"""Of the folders above a file of a run, the most up to the run's own."""


def register_did_change_watched_files(server: Server) -> None:
    """Handle `workspace/didChangeWatchedFiles`."""

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        of_runs = [change for change in params.changes if change.uri.endswith(f"/{EVENTS}")]
        if of_runs:
            _refresh_lenses(server, of_runs)
        project_files = [change for change in params.changes if change.uri.endswith(PROJECT_ENDING)]
        for change in project_files:
            if change.type == lsp.FileChangeType.Deleted:
                clear_project_file(server, change.uri)
        if project_files:
            publish_all(server)
        elif any(map(_is_named, params.changes)):
            publish_files(server)


def _is_named(change: lsp.FileEvent) -> bool:
    """Whether a recipe may name a file; those in the folders of runs change all the time."""
    path = path_of(change.uri)
    above = path.parents[:_MOST_FOLDERS] if path else ()
    return path is not None and not any(is_file(folder / EVENTS) for folder in above)


def _refresh_lenses(server: Server, changes: Iterable[lsp.FileEvent]) -> None:
    """Refresh code lenses if a run has started or ended."""
    folders = {path.parent for change in changes if (path := path_of(change.uri))}
    changed = [folder for folder in folders if server.runs.has_changed(folder)]
    workspace = server.client_capabilities.workspace
    if changed and workspace and workspace.code_lens and workspace.code_lens.refresh_support:
        server.workspace_code_lens_refresh(None)
