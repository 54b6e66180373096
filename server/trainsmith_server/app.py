"""The language server: every handler of the protocol, each a few lines.

The texts are kept by our own `Session`. pygls would split lines with `str.splitlines`, which also
breaks at U+2028 and form feeds, and so lose step with the editor.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

from trainsmith_schemas import __version__
from trainsmith_server import convert
from trainsmith_server.configuration import SECTION, Configuration
from trainsmith_server.files import Files
from trainsmith_server.handlers.recipes import answer_about_recipes
from trainsmith_server.session import Session

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_server.runs import Runs


class _Protocol(LanguageServerProtocol):
    """pygls without its own copy of the texts."""

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class Server(LanguageServer):
    """A pygls server and the documents that are open."""

    def __init__(self) -> None:
        super().__init__("trainsmith", __version__, protocol_cls=_Protocol)
        self.configuration = Configuration(self)
        self.session = Session(self.configuration.options)
        self.files = Files(self.session)
        self._runs: Runs | None = None

    @property
    def runs(self) -> Runs:
        """The runs of the recipes."""
        from trainsmith_server.runs import Runs

        self._runs = self._runs or Runs()
        return self._runs

    def publish_around(self, uri: str) -> None:
        """Send what is wrong with a document that changed, and with those that name it."""
        self.publish(uri)
        for other in self.files.naming(uri):
            self.publish(other)

    def publish(self, uri: str) -> None:
        """Send what is wrong with an open document."""
        if self.configuration.waiting:  # All are published when the settings are here.
            return
        analysis = self.session.analysis(uri)
        if analysis is not None:
            from trainsmith_server.features.model_problems import judged, model_problems

            problems = judged(model_problems(analysis, self.files.models(analysis)), analysis)
            diagnostics = [
                *convert.diagnostics(analysis, self.session.encoding),
                *convert.model_problems(problems, analysis, self.session.encoding),
            ]
            if analysis.kind:
                self.configuration.tell(uri)
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(uri, diagnostics, self.session.version(uri))
            )

    def publish_all(self) -> None:
        """Judge every open document again."""
        self.session.judge_again()
        for uri in self.session.uris():
            self.publish(uri)


def create_server() -> Server:
    """A server with all its handlers, ready to start."""
    server = Server()
    _synchronise(server)
    _configure(server)
    _answer(server)
    _structure(server)
    _annotate(server)
    _follow(server)
    answer_about_recipes(server)
    return server


def _synchronise(server: Server) -> None:
    """The handlers that keep the texts in step."""
    session = server.session

    @server.feature(lsp.INITIALIZED)
    async def initialized(_params: lsp.InitializedParams) -> None:
        session.encoding = server.workspace.position_encoding  # pyright: ignore[reportAttributeAccessIssue]
        folders = (to_fs_path(uri) for uri in server.workspace.folders)
        server.files.folders = tuple(Path(folder) for folder in folders if folder)
        if await server.configuration.ask():
            server.publish_all()
        await server.configuration.watch()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.encoding = server.workspace.position_encoding  # pyright: ignore[reportAttributeAccessIssue]
        session.open(document.uri, document.version, document.text)
        server.publish_around(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        session.change(document.uri, document.version, convert.to_changes(params.content_changes))
        server.publish_around(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        session.close(uri)
        server.files.forget(uri)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        server.publish_around(uri)  # Those that name it see the file on the disk again.


def _configure(server: Server) -> None:
    """The handlers that tell how documents are to be judged."""
    configuration = server.configuration

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        sent = params.settings
        if isinstance(sent, dict) and SECTION in sent:
            configuration.take(sent[SECTION])
        await configuration.ask()
        server.publish_all()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            if change.type == lsp.FileChangeType.Deleted:
                configuration.forget(change.uri)
        server.publish_all()


def _answer(server: Server) -> None:
    """The handlers that answer requests."""
    session = server.session

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        from trainsmith_server.features.hover import hover

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        found = hover(analysis, offset, server.files.models(analysis))
        return convert.hover(found, analysis, session.encoding) if found else None

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[":", " ", "/"])
    )
    def completion(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        from trainsmith_server.features.completion import complete

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        typed = params.context.trigger_character if params.context else None
        list_folder = partial(server.files.entries, analysis.uri)
        found = complete(analysis, offset, typed, list_folder)
        return convert.completion(found, analysis, session.encoding)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, convert.FIX_ALL]),
    )
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        from trainsmith_server.features.code_actions import fix_all, quick_fixes

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return []
        actions: list[lsp.CodeAction] = []
        if _wants(params.context, lsp.CodeActionKind.QuickFix):
            span = convert.to_span(params.range, analysis.lines, session.encoding)
            actions += [
                convert.quick_fix(found, analysis, session.encoding)
                for found in quick_fixes(analysis, span)
            ]
        if _wants(params.context, convert.FIX_ALL) and (edits := fix_all(analysis)):
            actions.append(convert.fix_all(edits, analysis, session.encoding))
        return actions


def _structure(server: Server) -> None:
    """The handlers that tell how a document is built."""
    session = server.session

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbol(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        from trainsmith_server.features.symbols import symbols

        analysis = session.analysis(params.text_document.uri)
        return convert.symbols(symbols(analysis), analysis, session.encoding) if analysis else []

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding_range(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange] | None:
        from trainsmith_server.features.folding import folds

        analysis = session.analysis(params.text_document.uri)
        found = folds(analysis) if analysis else None
        return None if found is None else convert.folds(found)

    @server.feature(lsp.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection_range(params: lsp.SelectionRangeParams) -> list[lsp.SelectionRange] | None:
        from trainsmith_server.features.selection import selections

        analysis = session.analysis(params.text_document.uri)
        if analysis is None or not analysis.documents:
            return None
        return [
            convert.selection(selections(analysis, offset), analysis, session.encoding)
            for position in params.positions
            for offset in [convert.to_offset(position, analysis.lines, session.encoding)]
        ]


def _annotate(server: Server) -> None:
    """The handlers that write something beside the text."""
    session, files = server.session, server.files

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
        from trainsmith_server.features.inlay_hints import inlay_hints

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        span = convert.to_span(params.range, analysis.lines, session.encoding)
        hints = inlay_hints(analysis, span, files.models(analysis))
        return convert.inlay_hints(hints, analysis, session.encoding)


def _follow(server: Server) -> None:
    """The handlers that lead to the files that a document names."""
    session, files = server.session, server.files

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_LINK)
    def document_link(params: lsp.DocumentLinkParams) -> list[lsp.DocumentLink] | None:
        from trainsmith_server.features.references import file_references

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        return [
            convert.document_link(reference, path, analysis, session.encoding)
            for reference in file_references(analysis)
            if (path := files.find(analysis.uri, reference.written))
        ]

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        from trainsmith_server.features.references import reference_at

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        reference = reference_at(analysis, offset)
        path = files.find(analysis.uri, reference.written) if reference else None
        return convert.top_of(path) if path else None


def _wants(context: lsp.CodeActionContext, kind: str) -> bool:
    """Whether the editor asks for a kind of action, itself or by a kind above it."""
    return not context.only or any(
        kind == only or kind.startswith(f"{only}.") for only in context.only
    )


def serve() -> None:
    """Serve one editor on stdin and stdout until it says goodbye."""
    create_server().start_io()
