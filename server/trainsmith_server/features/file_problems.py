"""Problems between a recipe and the files that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.meaning.consistency import length_contradiction
from trainsmith_schemas.problems import Path
from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.documents import MODEL
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.bind import find, value_span
from trainsmith_server.document.diagnostics import MOST_RELATED, Diagnostic, Edit, Fix, Related
from trainsmith_server.document.query import DocumentQuery
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.overlong_examples import Lengths, overlong_examples
from trainsmith_server.features.readable import model_of, training_of
from trainsmith_server.features.references import Reference, file_references
from trainsmith_server.rules import all_rules

NOT_FOUND: Mapping[str, str] = {
    "model_config": "model-config-not-found",
    "data_path": "data-path-not-found",
    "validation_path": "data-path-not-found",
    "tokenizer_path": "tokenizer-path-not-found",
    "chat_template": "chat-template-not-found",
}
"""The codes for missing files, by the key that names the file."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A path or pattern at which no file was found."""

    looked_in: tuple[str, ...]
    """The folders that a relative path is relative to."""
    searched: int | None = None
    """The number of entries after which the search for a pattern ended: files may match it."""
    elsewhere: bool = False
    """Whether it is on another machine, where the editor does not look."""
    nearby: tuple[str, ...] = ()
    """Paths of files that may be meant instead, most likely first."""


def file_problems(
    analysis: Analysis,
    models: Mapping[str, Analysis],
    missing: Mapping[str, Missing] | None = None,
    lengths: Mapping[str, Lengths] | None = None,
) -> Iterator[Diagnostic]:
    """Problems whose causes are in other files, with the severities from the settings.

    Args:
        analysis: the recipe, or a part of its file.
        models: the model files that it names, by their path as written.
        missing: the files that a run does not find, by their path as written.
        lengths: of the first examples of data files, by their path as written.
    """
    for diagnostic in _all(analysis, models, missing or {}, lengths or {}):
        severity = analysis.severity(diagnostic.code, diagnostic.severity, diagnostic.span)
        if severity:
            yield replace(diagnostic, severity=severity)
    for known in analysis.documents:
        yield from _rules_with_model(analysis, known, models)


def _rules_with_model(
    analysis: Analysis, known: KnownDocument, models: Mapping[str, Analysis]
) -> Iterator[Diagnostic]:
    """The diagnostics of rules that need the recipe's model file."""
    recipe = training_of(known)
    model = model_of(models.get(recipe.training_config.model_file or "")) if recipe else None
    if model is None:
        return
    reported = {(one.code, one.span) for one in analysis.diagnostics}
    query = DocumentQuery(known, analysis.text, analysis.options, model)
    for rule in all_rules():
        if not rule.with_model or known.kind.name not in rule.documents:
            continue
        for found in rule.check(query):
            usual = (found.severity or rule.severity) if rule.on else None
            severity = analysis.severity(rule.code, usual, found.span)
            if severity and (rule.code, found.span) not in reported:
                yield Diagnostic(
                    rule.code, severity, found.message, found.span, found.fixes, found.related
                )


def _all(
    analysis: Analysis,
    models: Mapping[str, Analysis],
    missing: Mapping[str, Missing],
    lengths: Mapping[str, Lengths],
) -> Iterator[Diagnostic]:
    wrong = [one.span for one in analysis.diagnostics if one.severity == "error"]
    for reference in file_references(analysis):
        start, end = reference.span
        if any(first <= start and end <= last for first, last in wrong):
            continue  # A value that is not a path is already reported.
        model = models.get(reference.written) if reference.key == "model_config" else None
        if reference.key in NOT_FOUND and reference.written in missing:
            yield _not_found(analysis.text, reference, missing[reference.written])
        elif model and not _is_model_file(model):
            yield _another_kind(reference, model, analysis.trainer)
        elif model and (errors := [one for one in model.diagnostics if one.severity == "error"]):
            yield _broken(reference, model, errors, analysis.trainer)
    for known in analysis.documents:
        yield from _disagreement(known, models)
        recipe = training_of(known)
        model = model_of(models.get(recipe.training_config.model_file or "")) if recipe else None
        if recipe and model and known.profile.name == "trainsmith":
            yield from overlong_examples(known, recipe.training_config, model, lengths)


def _not_found(text: str, reference: Reference, missing: Missing) -> Diagnostic:
    code, written = NOT_FOUND[reference.key], reference.written
    if missing.elsewhere:
        message = (
            f"`{written}` may be on another machine, so it is read only when training starts: "
            "opening a recipe does not connect to machines that it names"
        )
        return Diagnostic(code, "information", message, reference.span)
    if missing.searched is not None:
        message = (
            f"it is not known whether files match `{written}`: it covers more than "
            f"{missing.searched:,} files and folders; write a narrower pattern to have it checked"
        )
        return Diagnostic(code, "information", message, reference.span)
    looked = " and ".join(f"`{folder}`" for folder in missing.looked_in)
    message = f"`{reference.key}` names no file: looked for `{written}` in {looked}"
    # An escape in a quoted path would have to be written again.
    near = missing.nearby if text[slice(*reference.span)] == written else ()
    fixes = tuple(
        Fix(f"Change to `{path}`", (Edit(reference.span, path),), preferred=at == 0)
        for at, path in enumerate(near)
    )
    return Diagnostic(code, "warning", message, reference.span, fixes)


def _is_model_file(analysis: Analysis) -> bool:
    return any(known.kind is MODEL for known in analysis.documents)


def _another_kind(reference: Reference, found: Analysis, trainer: Trainer) -> Diagnostic:
    what = f"is a {found.kind.title}" if found.kind else "has no `transformer_config`"
    message = f"`{reference.written}` {what}: name a model file"
    severity = "error" if trainer == "trainsmith" else "warning"
    return Diagnostic("model-file-problems", severity, message, reference.span)


def _broken(
    reference: Reference, model: Analysis, errors: list[Diagnostic], trainer: Trainer
) -> Diagnostic:
    line = model.lines.line_of(errors[0].span[0]) + 1
    count = plural(len(errors), "error")
    message = f"The model file has {count}; line {line}: {errors[0].message}"
    first = errors[:MOST_RELATED]
    causes = tuple(Related(one.span, one.message, model.source) for one in first)
    # The file may have been checked for another trainer, which refuses what this one reads.
    severity = "error" if model.trainer == trainer else "warning"
    return Diagnostic("model-file-problems", severity, message, reference.span, related=causes)


def _disagreement(known: KnownDocument, models: Mapping[str, Analysis]) -> Iterator[Diagnostic]:
    """Where a recipe contradicts its model file."""
    recipe = training_of(known)
    analysis = models.get(recipe.training_config.model_file or "") if recipe else None
    model = model_of(analysis)
    if recipe is None or analysis is None or model is None:
        return
    training, root = recipe.training_config, known.document.root

    def contradiction(key: Path, message: str, cause: str) -> Iterator[Diagnostic]:
        place = find(root, key)
        if place:
            there = analysis.documents[0].document.root
            other = find(there, ("transformer_config", cause))
            other = other or find(there, ("transformer_config",))
            span = value_span(other) if other else (0, 0)
            related = (Related(span, f"here it is {getattr(model, cause)}", analysis.source),)
            yield Diagnostic("contradiction", "error", message, value_span(place), related=related)

    if known.profile.name == "trainsmith" and training.model_type not in (None, model.model_type):
        yield from contradiction(
            ("training_config", "model_type"),
            f"`model_type` is {training.model_type}, but {model.model_type} in the model file: "
            "remove it here, or correct one of them",
            "model_type",
        )
    too_long = length_contradiction(training, model) if known.profile.name == "trainsmith" else ""
    if too_long:
        key = ("training_config", "sequence_length")
        yield from contradiction(key, too_long, "max_sequence_length")
    if known.profile.name == "tt-train":
        if str(training.data_path).endswith((".yaml", ".yml")) and not model.vocab_size:
            yield from contradiction(
                ("training_config", "data_path"),
                "tt-train stops here: the data is already tokenized, but the model file has no "
                "`vocab_size`",
                "vocab_size",
            )
        if recipe.device_config.enable_tp and not family_of(model.model_type).tensor_parallel:
            yield from contradiction(
                ("device_config", "enable_tp"),
                f"tt-train stops here: it has no tensor parallelism for {model.model_type}",
                "model_type",
            )
