"""What a run would do, computed without a tensor library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.quantities import parameters_text, plural, size
from trainsmith_schemas.runs.reports import (
    DryRun,
    PlannedCheckpoints,
    PlannedMemory,
    ReportedFinding,
    RunOutline,
)
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import StepMemory
from trainsmith_trainer.backends.registry import LoadedBackend
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.data.batches import validated_sequences, validation_batches
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.errors import ConfigProblem
from trainsmith_trainer.run.corpus import read_corpus
from trainsmith_trainer.run.device_memory import refuse_beyond_device, step_memory
from trainsmith_trainer.run.initial_weights import refuse_other_adapter, refuse_other_weights
from trainsmith_trainer.run.learning_rate import schedule_of
from trainsmith_trainer.run.memory import Fit, fit_of
from trainsmith_trainer.run.plan import Plan, plan_of, plan_warnings
from trainsmith_trainer.run_dir.create import run_name

_FILES_SHOWN = 3
_ENDS_BY = {
    "max_steps": "max_steps ends the run",
    "num_epochs": "num_epochs ends the run",
    "default": "the default, since neither max_steps nor num_epochs is set",
}


def dry_run(
    config: ResolvedConfig, name: str | None, backend: LoadedBackend | None = None
) -> DryRun:
    """Compute what a run would do.

    Args:
        config: the recipe.
        name: the name that the user chose, if any.
        backend: the backend that would compute; `None` if there is none here.

    Raises:
        RunError: the data does not fit the recipe.
        RunNameError: the name is taken.
    """
    document = config.document
    corpus, model = read_corpus(config)
    if config.pretrained:
        refuse_other_weights(config.pretrained, model)
        refuse_other_adapter(config, model)
    if backend:
        refuse_beyond_device(backend, document.training_config, model)
    plan = plan_of(document, corpus.sequences)
    library = backend.name if backend else None
    fit = fit_of(document, model, corpus, plan.total_steps, library)
    outline = _outline(config, corpus, model, plan, name, backend, fit)
    from_data = plan_warnings(document, plan, corpus)
    warnings = [reported(problem) for problem in config.warnings]
    too_large = [(fit.problem, "training_config.batch_size")] if fit.problem else []
    for message, key in (*from_data, *_too_large(outline), *too_large):
        warnings.append(
            ReportedFinding(
                place=config.origin_of(key).label,
                severity="warning",
                code="caution",
                message=message,
                config_path=key,
            )
        )
    return DryRun(config=str(config.path), errors=[], warnings=warnings, outline=outline)


def refused(config: Path, problems: tuple[ConfigProblem, ...]) -> DryRun:
    """The answer for a recipe that cannot run."""
    return DryRun(
        config=str(config),
        errors=[reported(problem) for problem in problems if problem.severity == "error"],
        warnings=[reported(problem) for problem in problems if problem.severity == "warning"],
        outline=None,
    )


def reported(problem: ConfigProblem) -> ReportedFinding:
    """A problem as plain data."""
    return ReportedFinding(
        place=problem.origin.label,
        severity=problem.severity,
        code=problem.code,
        message=problem.message,
        config_path=problem.config_path or None,
    )


def _outline(
    config: ResolvedConfig,
    corpus: Corpus,
    model: TransformerConfig,
    plan: Plan,
    name: str | None,
    backend: LoadedBackend | None,
    fit: Fit,
) -> RunOutline:
    document, training = config.document, config.document.training_config
    parent = Path(training.checkpoint_dir)
    run = run_name(parent, config.path.stem, name)
    parameters = derived.counted_parameters(document, model)
    each = derived.checkpoint_size(document, model)
    # Families whose layers are not known are refused while the recipe is loaded.
    assert parameters is not None
    assert each is not None
    # The best one is kept besides the newest; a new one is complete before an old one is removed.
    kept = min(plan.checkpoints, training.keep_last_n + 1)
    schedule = schedule_of(document, plan.total_steps)
    return RunOutline(
        name=run,
        folder=(parent / run).as_posix(),
        backend=backend.name if backend else None,
        backend_reason=(backend.reason or None) if backend else None,
        model_type=model.model_type,
        model_path=model.model_path or None,
        parameters=parameters.total,
        trained_parameters=parameters.trained,
        vocabulary=model.vocab_size,
        sequence_length=derived.sequence_length(training, model),
        data=[str(path) for path in config.data],
        validation_data=[str(path) for path in config.validation],
        tokenizer=str(config.tokenizer) if config.tokenizer else None,
        counted_tokens=corpus.training.targets,
        training_tokens=len(corpus.training),
        validation_tokens=len(corpus.validation),
        tokens_per_validation=_validated(corpus, training),
        steps=plan.total_steps,
        ends_by=plan.ends_by,
        steps_per_epoch=plan.steps_per_epoch,
        epochs=plan.total_steps / plan.steps_per_epoch,
        batch_size=training.batch_size,
        gradient_accumulation_steps=training.gradient_accumulation_steps,
        effective_batch=plan.effective_batch,
        tokens_per_step=plan.tokens_per_step,
        learning_rate=schedule.peak,
        learning_rate_key=schedule.key,
        validations=plan.validations if corpus.validates else 0,
        checkpoints=PlannedCheckpoints(
            written=plan.checkpoints, kept=kept, bytes_each=each, bytes_kept=kept * each
        ),
        memory=_memory(step_memory(backend, training, model) if backend else None)
        or PlannedMemory(
            parameters=fit.needed.parameters,
            activations=fit.needed.activations,
            total=fit.needed.total,
            free=fit.free.size if fit.free else None,
            on_gpu=fit.free is not None and fit.free.on_gpu,
        ),
    )


def _memory(on_device: StepMemory | None) -> PlannedMemory | None:
    """What a backend knows of its device's memory."""
    if on_device is None:
        return None
    return PlannedMemory(
        parameters=on_device.state, activations=on_device.activations, total=on_device.total
    )


def _validated(corpus: Corpus, training: TrainingConfig) -> int:
    """How many tokens of the validation data one validation reads."""
    sequences = corpus.validation_sequences
    chosen = validated_sequences(sequences, training.max_validation_tokens)
    if len(chosen) == len(sequences):
        return len(corpus.validation)
    batches = validation_batches(sequences, training.batch_size, training.max_validation_tokens)
    return sum(batch.tokens_read for batch in batches)


def _too_large(outline: RunOutline) -> Iterator[tuple[str, str]]:
    """Warn if the checkpoints do not fit on the disk."""
    place = next(path for path in Path(outline.folder).absolute().parents if path.exists())
    free = shutil.disk_usage(place).free
    needed = outline.checkpoints.bytes_kept + outline.checkpoints.bytes_each
    if needed > free:
        yield (
            f"the checkpoints take {size(needed)} and the disk has {size(free)} left: "
            "keep fewer, or write them elsewhere",
            "training_config.keep_last_n",
        )


def lines_of(answer: DryRun) -> list[str]:
    """The answer as text, without its errors, which are printed with their lines of the file."""
    lines = [f"warning: {finding.place}: {finding.message}" for finding in answer.warnings]
    if answer.outline:
        rows = list(_rows(answer.outline))
        width = max(len(label) for label, _ in rows)
        lines += [f"{label:<{width}}  {value}" for label, value in rows]
        lines.append("Nothing was run.")
    return lines


def _files(paths: list[str]) -> str:
    shown = ", ".join(paths[:_FILES_SHOWN])
    more = f" and {len(paths) - _FILES_SHOWN:,} more" if len(paths) > _FILES_SHOWN else ""
    return f"{len(paths):,} files: {shown}{more}" if len(paths) > 1 else shown


def _rows(outline: RunOutline) -> Iterator[tuple[str, str]]:
    checkpoints, memory = outline.checkpoints, outline.memory
    yield "run", f"{outline.name}, in {outline.folder}/"
    if outline.backend:
        reason = f": {outline.backend_reason}" if outline.backend_reason else ""
        yield "backend", f"{outline.backend}{reason}"
    yield (
        "model",
        f"{outline.model_type}, "
        f"{parameters_text(outline.parameters, outline.trained_parameters)}, "
        f"{outline.vocabulary:,} tokens in the vocabulary",
    )
    if outline.model_path:
        yield "weights", f"start from those in {outline.model_path}"
    yield "data", _files(outline.data)
    if outline.validation_data:
        yield "validation data", _files(outline.validation_data)
    if outline.tokenizer:
        yield "tokenizer", outline.tokenizer
    counted = outline.counted_tokens
    rest = outline.training_tokens - 1 - counted
    yield (
        "tokens",
        f"{outline.training_tokens:,} to train on"
        + (f", {rest:,} of them prompts that the loss ignores" if rest else "")
        + f"; {outline.validation_tokens:,} to validate with"
        + (
            f", {outline.tokens_per_validation:,} at a time"
            if outline.tokens_per_validation < outline.validation_tokens
            else ""
        ),
    )
    yield (
        "length",
        f"{plural(outline.steps, 'step')} ({_ENDS_BY[outline.ends_by]}), "
        f"{outline.epochs:.3g} epochs of {plural(outline.steps_per_epoch, 'step')}",
    )
    yield "sequences", f"up to {plural(outline.sequence_length, 'token')}"
    yield (
        "each step",
        f"effective batch {outline.effective_batch} = {outline.batch_size} × "
        f"{outline.gradient_accumulation_steps}, {outline.tokens_per_step:,} tokens",
    )
    yield "learning rate", f"up to {outline.learning_rate:g}, from {outline.learning_rate_key}"
    yield "validations", f"{outline.validations:,}"
    yield (
        "checkpoints",
        f"{checkpoints.written:,} of about {size(checkpoints.bytes_each)}; "
        f"at most {checkpoints.kept} are kept, {size(checkpoints.bytes_kept)}",
    )
    free = ""
    if memory.free is not None:
        free = f"; {size(memory.free)} of {'GPU memory' if memory.on_gpu else 'memory'} free"
    yield (
        "memory",
        f"about {size(memory.total)} at the peak, besides the program itself: "
        f"{size(memory.parameters)} for weights, gradients and optimizer, "
        f"{size(memory.activations)} for a micro-batch of {outline.batch_size}{free}",
    )
