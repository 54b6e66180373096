"""What is wrong between a recipe and the model file that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from trainsmith_server.analysis.bind import find, value_span
from trainsmith_server.analysis.findings import Finding, Severity
from trainsmith_server.analysis.result import Analysis, KnownDocument
from trainsmith_server.analysis.tree import Span
from trainsmith_server.features.quantities import plural
from trainsmith_server.features.readable import model_of, training_of
from trainsmith_server.features.references import model_references


@dataclass(frozen=True, slots=True)
class ModelProblem:
    """A problem of a recipe whose cause stands in another file."""

    code: str
    severity: Severity
    message: str
    span: Span
    """Where the recipe names the file."""
    model: Analysis
    causes: tuple[Finding, ...]
    """The findings in the model file."""


def model_problems(analysis: Analysis, models: Mapping[str, Analysis]) -> Iterator[ModelProblem]:
    """One problem for each model file with errors, and one where its architecture is another.

    Args:
        analysis: the recipe.
        models: the model files that it names, by their path as it is written.
    """
    for reference in model_references(analysis):
        model = models.get(reference.written)
        errors = tuple(one for one in model.findings if one.severity == "error") if model else ()
        if model and errors:
            first = errors[0]
            line = model.lines.line_of(first.span[0]) + 1
            message = (
                f"The model file has {plural(len(errors), 'error')}; line {line}: {first.message}"
            )
            yield ModelProblem(
                "model-file-problems", "warning", message, reference.span, model, errors
            )
    for known in analysis.documents:
        yield from _disagreement(known, models)


def _disagreement(known: KnownDocument, models: Mapping[str, Analysis]) -> Iterator[ModelProblem]:
    """A recipe that says another `model_type` than its model file: the trainer refuses it."""
    recipe = training_of(known) if known.profile.name == "trainsmith" else None
    wanted = find(known.document.root, ("training_config", "model_type"))
    if recipe is None or wanted is None or not recipe.training_config.model_type:
        return
    analysis = models.get(recipe.training_config.model_file or "")
    model = model_of(analysis)
    if analysis and model and model.model_type != recipe.training_config.model_type:
        message = (
            f"`model_type` is {recipe.training_config.model_type}, and the model file says "
            f"{model.model_type}: take it out here, or correct one of them"
        )
        root = analysis.documents[0].document.root
        said = find(root, ("transformer_config", "model_type"))
        said = said or find(root, ("transformer_config",))
        span = value_span(said) if said else (0, 0)
        cause = Finding("contradiction", "information", f"here it is {model.model_type}", span)
        yield ModelProblem(
            "contradiction", "error", message, value_span(wanted), analysis, (cause,)
        )


def judged(problems: Iterable[ModelProblem], analysis: Analysis) -> Iterator[ModelProblem]:
    """The problems that are neither ignored nor off, each as severe as was chosen."""
    for problem in problems:
        severity = analysis.severity(problem.code, problem.severity, problem.span)
        if severity:
            yield replace(problem, severity=severity)
