"""What `analyze` gives: everything that is known about one version of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.base import Section
from trainsmith_schemas.problems import Problem
from trainsmith_schemas.sections.documents import Document as Kind
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import Profile
from trainsmith_server.document.bind import Bindings
from trainsmith_server.document.diagnostics import Diagnostic, Severity, Source
from trainsmith_server.document.directives import Directives
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Document, Span, Tree


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document of a text that is one of ours."""

    kind: Kind
    profile: Profile
    """The trainer that it is judged for: the one that was chosen, or else its own by its keys."""
    document: Document
    data: Any
    """Its Python value."""
    config: Section | None
    """The validated config; `None` where there are problems."""
    problems: tuple[Problem, ...]
    bindings: Bindings


@dataclass(frozen=True, slots=True)
class SiblingContext:
    """What a part of a file must know of the other parts."""

    kind: Kind | None = None
    """What the first document of ours in the file is; `None` for a file that is not ours."""
    profile: Profile | None = None
    """The trainer that it is judged for."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One version of a text, read: a whole file, or a part of it with a document of its own."""

    text: str
    uri: str
    lines: LineIndex
    tree: Tree
    documents: tuple[KnownDocument, ...]
    """Its documents that are ours; none for any other file in the world."""
    diagnostics: tuple[Diagnostic, ...]
    directives: Directives
    """Its comments that are meant for us."""
    options: LintOptions
    """What it was judged by."""
    siblings: SiblingContext | None = None
    """The rest of the file; `None` where the text is all of it."""

    @property
    def source(self) -> Source:
        """The file, for diagnostics elsewhere that point at it."""
        return Source(self.uri, self.lines)

    @property
    def kind(self) -> Kind | None:
        """What the file is: the kind of its first document that is ours."""
        return self.documents[0].kind if self.documents else None

    @property
    def trainer(self) -> Trainer:
        """The trainer that it is judged for."""
        first = self.documents[0] if self.documents else self.siblings
        return first.profile.name if first and first.profile else "trainsmith"

    def severity(self, code: str, usual: Severity | None, span: Span) -> Severity | None:
        """How severe a diagnostic from elsewhere is here; `None` where it is off or ignored."""
        if self.directives.ignore(code, self.lines.line_of(span[0])):
            return None
        return self.options.severity(code, usual)

    def document_at(self, offset: int) -> KnownDocument | None:
        """The document of ours at an offset."""
        for known in reversed(self.documents):
            if known.document.start <= offset <= known.document.end:
                return known
        return None
