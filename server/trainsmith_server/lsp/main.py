"""The language server with all its handlers, and how it is started."""

from __future__ import annotations

from trainsmith_server.lsp.handlers.annotate import annotate
from trainsmith_server.lsp.handlers.answer import answer
from trainsmith_server.lsp.handlers.configure import configure
from trainsmith_server.lsp.handlers.diagnose import diagnose
from trainsmith_server.lsp.handlers.edit import edit
from trainsmith_server.lsp.handlers.follow import follow
from trainsmith_server.lsp.handlers.overrides import answer_about_overrides
from trainsmith_server.lsp.handlers.recipes import answer_about_recipes
from trainsmith_server.lsp.handlers.rename import rename
from trainsmith_server.lsp.handlers.structure import structure
from trainsmith_server.lsp.handlers.synchronise import synchronise
from trainsmith_server.lsp.protocol import serve_stdio
from trainsmith_server.lsp.server import Server


def create_server() -> Server:
    """A server with all its handlers, ready to start."""
    server = Server()
    synchronise(server)
    configure(server)
    diagnose(server)
    answer(server)
    structure(server)
    annotate(server)
    follow(server)
    edit(server)
    rename(server)
    answer_about_recipes(server)
    answer_about_overrides(server)
    return server


def serve() -> None:
    """Serve one editor on stdin and stdout until it says goodbye."""
    serve_stdio(create_server())
