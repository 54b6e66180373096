"""All diagnostics of a text, including those that depend on the files it names.

A `FileProvider` reads the files, since features do no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Protocol

from trainsmith_server.document.diagnostics import MOST_RELATED, Diagnostic, Related
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.file_problems import Missing, file_problems
from trainsmith_server.features.overlong_examples import Lengths
from trainsmith_server.features.references import Reference
from trainsmith_server.lint.report import MAX_DIAGNOSTICS


class FileProvider(Protocol):
    """The files around a document."""

    def whole(self, analysis: Analysis) -> Analysis:
        """A model file merged with the config in its `model_path`; other texts are unchanged."""
        ...

    def models(self, *analyses: Analysis) -> Mapping[str, Analysis]:
        """The model files that documents name, by their path as written."""
        ...

    def missing(self, analysis: Analysis) -> Mapping[str, Missing]:
        """The files that a run does not find, or perhaps does not, by their path as written."""
        ...

    def examples(self, analysis: Analysis) -> Mapping[str, Lengths]:
        """The lengths of the first examples in each data file, by its path as written."""
        ...

    def recipes_naming(self, uri: str) -> Iterable[tuple[Analysis, Reference]]:
        """The places in open recipes that name a model file."""
        ...


def diagnostics(analysis: Analysis, files: FileProvider) -> tuple[Diagnostic, ...]:
    """All diagnostics of a text, in the order of the text."""
    analysis = files.whole(analysis)
    around = file_problems(
        analysis, files.models(analysis), files.missing(analysis), files.examples(analysis)
    )
    found = (*analysis.diagnostics, *islice(around, MAX_DIAGNOSTICS))
    if analysis.kind and analysis.kind.name == "model":
        found = _with_recipes(found, files.recipes_naming(analysis.uri))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.span, diagnostic.code)))


def _with_recipes(
    found: tuple[Diagnostic, ...], recipes: Iterable[tuple[Analysis, Reference]]
) -> tuple[Diagnostic, ...]:
    """The diagnostics of a model file, whose errors refer to the open recipes that name it."""
    related = tuple(
        Related(named.span, "this recipe trains the model", recipe.source)
        for recipe, named in islice(recipes, MOST_RELATED)
    )
    return tuple(
        replace(one, related=(*one.related, *related)) if one.severity == "error" else one
        for one in found
    )
