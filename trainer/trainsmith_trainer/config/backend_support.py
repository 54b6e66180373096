"""The backend that a recipe names, and what of the recipe a backend cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import dotted
from trainsmith_trainer.backends.registry import AUTO, BackendError, LoadedBackend, choose_backend
from trainsmith_trainer.config.load import Recipe, ResolvedConfig
from trainsmith_trainer.errors import ConfigProblem, RecipeError

_KEY: KeyPath = ("device_config", "backend")


def backend_of_recipe(recipe: Recipe) -> LoadedBackend | None:
    """The backend that a recipe names; `None` if it leaves the choice to `AUTO`.

    Raises:
        RecipeError: it cannot be used here.
    """
    name = recipe.document.device_config.backend
    if name == AUTO:
        return None
    try:
        return choose_backend(name)
    except BackendError as error:
        origin = recipe.source.origin_of(_KEY)
        problem = ConfigProblem(origin, "error", "backend", str(error), dotted(_KEY))
        raise RecipeError((problem,)) from None


def check_support(config: ResolvedConfig, backend: LoadedBackend) -> ResolvedConfig:
    """Add the backend's warnings to a config, in place of others about the same keys.

    Raises:
        RecipeError: with everything that the backend refuses.
    """
    problems = tuple(_problems(config, backend))
    if any(problem.severity == "error" for problem in problems):
        raise RecipeError((*config.warnings, *problems))
    # The backend knows better what it does with a key.
    keys = {problem.config_path for problem in problems}
    others = (warning for warning in config.warnings if warning.config_path not in keys)
    return replace(config, warnings=(*others, *problems))


def _problems(config: ResolvedConfig, backend: LoadedBackend) -> Iterator[ConfigProblem]:
    for found in backend.module.unsupported(config.document, config.model):
        origin = config.origin_of(found.key)
        yield ConfigProblem(origin, found.severity, "backend", found.message, found.key)
