"""The result of `analyze`: everything that is known about one version of a text."""

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
    """A recipe, a model file or another document that Trainsmith recognises."""

    kind: Kind
    profile: Profile
    """The trainer that it is checked for: the selected one, or the one that its keys indicate."""
    document: Document
    data: Any
    """The Python value."""
    config: Section | None
    """The validated config; `None` if there are problems."""
    problems: tuple[Problem, ...]
    bindings: Bindings


@dataclass(frozen=True, slots=True)
class SiblingContext:
    """What the analysis of a part of a file needs from the other parts."""

    kind: Kind | None = None
    """The kind of the first known document in the file; `None` if there is none."""
    profile: Profile | None = None
    """The trainer that it is checked for."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The analysis of one version of a text: a whole file, or one of its documents."""

    text: str
    uri: str
    lines: LineIndex
    tree: Tree
    documents: tuple[KnownDocument, ...]
    """The documents that Trainsmith recognises; empty for other YAML files."""
    diagnostics: tuple[Diagnostic, ...]
    directives: Directives
    """The comments to Trainsmith."""
    options: LintOptions
    """The settings that the diagnostics are based on."""
    siblings: SiblingContext | None = None
    """The rest of the file; `None` if the text is the whole file."""

    @property
    def source(self) -> Source:
        """The file, for related places of diagnostics in other files."""
        return Source(self.uri, self.lines)

    @property
    def kind(self) -> Kind | None:
        """The kind of the first known document."""
        return self.documents[0].kind if self.documents else None

    @property
    def trainer(self) -> Trainer:
        """The trainer that it is checked for."""
        first = self.documents[0] if self.documents else self.siblings
        return first.profile.name if first and first.profile else "trainsmith"

    def severity(self, code: str, usual: Severity | None, span: Span) -> Severity | None:
        """The severity of a diagnostic that is added later; `None` if it is off or ignored."""
        if self.directives.ignore(code, self.lines.line_of(span[0])):
            return None
        return self.options.severity(code, usual)

    def document_at(self, offset: int) -> KnownDocument | None:
        """The known document at an offset."""
        for known in reversed(self.documents):
            if known.document.start <= offset <= known.document.end:
                return known
        return None
