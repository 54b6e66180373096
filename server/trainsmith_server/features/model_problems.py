"""What is wrong between a recipe and the model file that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from trainsmith_server.analysis.findings import Finding, Severity
from trainsmith_server.analysis.result import Analysis
from trainsmith_server.analysis.tree import Span
from trainsmith_server.features.quantities import plural
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
    """One problem for each model file with errors.

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


def judged(problems: Iterable[ModelProblem], analysis: Analysis) -> Iterator[ModelProblem]:
    """The problems that are neither ignored nor off, each as severe as was chosen."""
    for problem in problems:
        severity = analysis.severity(problem.code, problem.severity, problem.span)
        if severity:
            yield replace(problem, severity=severity)
