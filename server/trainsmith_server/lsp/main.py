"""Creates the language server with all its handlers, and runs it."""

from __future__ import annotations

from functools import partial

from trainsmith_server.lsp.handlers.check_overrides import register_check_overrides
from trainsmith_server.lsp.handlers.code_action import register_code_action
from trainsmith_server.lsp.handlers.code_lens import register_code_lens
from trainsmith_server.lsp.handlers.completion import register_completion
from trainsmith_server.lsp.handlers.create_next_version import register_create_next_version
from trainsmith_server.lsp.handlers.definition import register_definition
from trainsmith_server.lsp.handlers.diagnostic import register_diagnostic
from trainsmith_server.lsp.handlers.did_change import register_did_change
from trainsmith_server.lsp.handlers.did_change_configuration import (
    register_did_change_configuration,
)
from trainsmith_server.lsp.handlers.did_change_watched_files import (
    register_did_change_watched_files,
)
from trainsmith_server.lsp.handlers.did_change_workspace_folders import (
    register_did_change_workspace_folders,
)
from trainsmith_server.lsp.handlers.did_close import register_did_close
from trainsmith_server.lsp.handlers.did_open import register_did_open
from trainsmith_server.lsp.handlers.document_link import register_document_link
from trainsmith_server.lsp.handlers.document_status import register_document_status
from trainsmith_server.lsp.handlers.document_symbol import register_document_symbol
from trainsmith_server.lsp.handlers.folding_range import register_folding_range
from trainsmith_server.lsp.handlers.hover import register_hover
from trainsmith_server.lsp.handlers.initialized import register_initialized
from trainsmith_server.lsp.handlers.inlay_hint import register_inlay_hint
from trainsmith_server.lsp.handlers.references import register_references
from trainsmith_server.lsp.handlers.rename import register_rename
from trainsmith_server.lsp.handlers.run_plan import register_run_plan
from trainsmith_server.lsp.handlers.runs import register_runs
from trainsmith_server.lsp.handlers.selection_range import register_selection_range
from trainsmith_server.lsp.handlers.settings import register_settings
from trainsmith_server.lsp.handlers.templates import register_templates
from trainsmith_server.lsp.handlers.will_rename_files import register_will_rename_files
from trainsmith_server.lsp.handlers.workspace_diagnostic import register_workspace_diagnostic
from trainsmith_server.lsp.handlers.write_overrides import register_write_overrides
from trainsmith_server.lsp.protocol import Protocol, serve_stdio
from trainsmith_server.lsp.publish import publish_outdated
from trainsmith_server.lsp.server import Server

_REGISTER = (
    register_initialized,
    register_did_change_workspace_folders,
    register_did_open,
    register_did_change,
    register_did_close,
    register_did_change_configuration,
    register_did_change_watched_files,
    register_diagnostic,
    register_workspace_diagnostic,
    register_hover,
    register_completion,
    register_code_action,
    register_create_next_version,
    register_document_symbol,
    register_folding_range,
    register_selection_range,
    register_inlay_hint,
    register_code_lens,
    register_document_link,
    register_definition,
    register_references,
    register_rename,
    register_will_rename_files,
    register_run_plan,
    register_document_status,
    register_runs,
    register_templates,
    register_settings,
    register_check_overrides,
    register_write_overrides,
)


def create_server() -> Server:
    """A server with all its handlers."""
    server = Server()
    for register in _REGISTER:
        register(server)
    assert isinstance(server.protocol, Protocol)
    server.protocol.when_idle = partial(publish_outdated, server)
    return server


def serve() -> None:
    """Serve one editor on stdin and stdout until it exits."""
    serve_stdio(create_server())
