"""What of a recipe the chosen backend cannot do, with the place of each key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainsmith_trainer.backends.registry import LoadedBackend
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.errors import ConfigProblem, RecipeError


def check_support(config: ResolvedConfig, backend: LoadedBackend) -> ResolvedConfig:
    """Add the backend's warnings to a config.

    Raises:
        RecipeError: with everything that the backend refuses.
    """
    problems = tuple(_problems(config, backend))
    if any(problem.severity == "error" for problem in problems):
        raise RecipeError((*config.warnings, *problems))
    return replace(config, warnings=(*config.warnings, *problems))


def _problems(config: ResolvedConfig, backend: LoadedBackend) -> Iterator[ConfigProblem]:
    for found in backend.module.unsupported(config.document, config.model):
        origin = config.origin_of(found.key)
        yield ConfigProblem(origin, found.severity, "backend", found.message, found.key)
