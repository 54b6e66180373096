"""All that is wrong with a text: in itself, and between it and the files that it names.

The files come from whoever has a disk, as a `FileProvider`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from trainsmith_server.document.diagnostics import Diagnostic, Related
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.file_problems import file_problems
from trainsmith_server.features.references import Reference


class FileProvider(Protocol):
    """The files around a document."""

    def whole(self, analysis: Analysis) -> Analysis:
        """A model file with what the folder of its `model_path` says; any other text as it is."""
        ...

    def models(self, *analyses: Analysis) -> Mapping[str, Analysis]:
        """The model files that documents name, by their path as it is written there."""
        ...

    def missing(self, analysis: Analysis) -> Mapping[str, tuple[str, ...]]:
        """The folders that were searched for each file that a document names and that is absent."""
        ...

    def recipes_naming(self, uri: str) -> Iterable[tuple[Analysis, Reference]]:
        """The places in open recipes that name a model file."""
        ...


def diagnostics(analysis: Analysis, files: FileProvider) -> tuple[Diagnostic, ...]:
    """All diagnostics of a text, in its order."""
    analysis = files.whole(analysis)
    around = file_problems(analysis, files.models(analysis), files.missing(analysis))
    found = (*analysis.diagnostics, *around)
    if analysis.kind and analysis.kind.name == "model":
        found = _with_recipes(found, files.recipes_naming(analysis.uri))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.span, diagnostic.code)))


def _with_recipes(
    found: tuple[Diagnostic, ...], recipes: Iterable[tuple[Analysis, Reference]]
) -> tuple[Diagnostic, ...]:
    """The diagnostics of a model file; its errors point at the open recipes that name it."""
    related = tuple(
        Related(named.span, "this recipe trains the model", recipe.source)
        for recipe, named in recipes
    )
    return tuple(
        replace(one, related=(*one.related, *related)) if one.severity == "error" else one
        for one in found
    )
