"""Inlay hints: numbers that follow from the values of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.memory import largest_pass, peak_memory, state_memory
from trainsmith_schemas.problems import Path
from trainsmith_schemas.quantities import count, plural, size
from trainsmith_schemas.sections.documents import ModelDocument, TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.readable import model_of, readable, training_of
from trainsmith_server.yaml.tree import Entry, Scalar, Sequence, Span
from trainsmith_server.yaml.tree import Mapping as MappingNode


@dataclass(frozen=True, slots=True)
class Hint:
    """A few words after a value."""

    offset: int
    text: str
    tooltip: str
    """An explanation of the number, as Markdown."""


def inlay_hints(
    analysis: Analysis,
    span: Span,
    models: Mapping[str, Analysis],
    data: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Hint, ...]:
    """The hints within a span.

    Args:
        analysis: the document.
        span: the visible range.
        models: the model files that the document names, by their path as written.
        data: the sizes in bytes of the data files that it names, by their path as written.
    """
    hints = (
        hint
        for known in analysis.documents
        if known.document.start <= span[1] and span[0] <= known.document.end
        for hint in hints_of(known, models, data)
    )
    placed = (replace(hint, offset=_behind_comment(analysis, hint.offset)) for hint in hints)
    return tuple(hint for hint in placed if span[0] <= hint.offset <= span[1])


def _behind_comment(analysis: Analysis, offset: int) -> int:
    """The end of a comment that follows on the line, which a hint before it would move."""
    end = analysis.lines.line_end(analysis.lines.line_of(offset))
    rest = analysis.text[offset:end]
    return offset + len(rest.rstrip()) if rest.lstrip().startswith("#") else offset


MOST_SHOWN = 43
"""In characters: VS Code cuts hints that are longer."""


def _fitting(*texts: str) -> str:
    """The first of several wordings, from long to short, that is shown whole; or the last."""
    return next((text for text in texts if len(text) <= MOST_SHOWN), texts[-1])


def hints_of(
    known: KnownDocument, models: Mapping[str, Analysis], data: Mapping[str, int]
) -> Iterator[Hint]:
    """All hints of a document, except for values that have a problem."""
    wrong = {problem.path for problem in known.problems}
    entries = {
        binding.path: binding.entry
        for binding in known.bindings.entries
        if binding.path not in wrong
    }
    if known.kind.model is ModelDocument:
        config = readable(known)
        if isinstance(config, ModelDocument):
            yield from _model_hints(entries, config.transformer_config)
    elif recipe := training_of(known):
        model, is_trainsmith = _model(recipe, models), known.profile.name == "trainsmith"
        # A wrong value counts as absent, but hints that assume its default would mislead.
        mistaken = {path[1] for path in wrong if path[0] == "training_config" and len(path) > 1}
        if model:
            yield from _model_file_hints(
                entries, recipe, model, is_trainsmith and not mistaken & _BATCH
            )
        if not mistaken & _BATCH:
            yield from _batch_hints(entries, recipe, model)
        yield from _checkpoint_hints(entries, recipe, model, is_trainsmith)
        if is_trainsmith and model and not mistaken & (_BATCH | _LENGTH):
            yield from _length_hints(entries, recipe, model, data)
        yield from _device_hints(entries, recipe)


_BATCH = {"batch_size", "gradient_accumulation_steps"}
_LENGTH = {"max_steps", "num_epochs", "data_path"}


def _model(recipe: TrainingDocument, models: Mapping[str, Analysis]) -> TransformerConfig | None:
    training = recipe.training_config
    return training.transformer_config or model_of(models.get(training.model_file or ""))


def _batch_hints(
    entries: Mapping[Path, Entry], recipe: TrainingDocument, model: TransformerConfig | None
) -> Iterator[Hint]:
    offset = _offset_after(entries, "training_config", "gradient_accumulation_steps")
    offset = offset or _offset_after(entries, "training_config", "batch_size")
    if offset is None:
        return
    training = recipe.training_config
    batch, accumulated = training.batch_size, training.gradient_accumulation_steps
    text = f"effective batch {derived.effective_batch(training):,}"
    tooltip = (
        f"`batch_size` {batch} × `gradient_accumulation_steps` {accumulated}: the sequences that "
        "contribute to each optimizer step, over all devices."
    )
    if model:
        tokens, length = (
            derived.tokens_per_step(training, model),
            derived.sequence_length(training, model),
        )
        key = derived.sequence_length_key(training)
        if derived.has_examples(training):
            amount = f"up to {tokens:,} tokens"
            tooltip += (
                f"\n\nAn example is a sequence of its own, with up to {length:,} tokens, by "
                f"`{key}`."
            )
        else:
            amount = f"{tokens:,} tokens"
            tooltip += f"\n\nEach sequence has {length:,} tokens, by `{key}`."
        tooltip += f" A step has {amount}."
        text = _fitting(f"{text}, {amount} per step", f"{text}, {amount}", text)
    yield Hint(offset, text, tooltip)


def _model_file_hints(
    entries: Mapping[Path, Entry],
    recipe: TrainingDocument,
    model: TransformerConfig,
    has_memory: bool,
) -> Iterator[Hint]:
    """The size of the recipe's model, and the memory that training needs."""
    offset = _offset_after(entries, "training_config", "model_config")
    if offset is None:
        return
    training = recipe.training_config
    parameters, counted = derived.parameter_count(model), derived.counted_parameters(recipe, model)
    if parameters is None or counted is None:
        return
    at_least = "" if model.vocab_size else "> "
    text = f"{at_least}{count(parameters)} parameters"
    tooltip = f"{parameters:,} trainable parameters."
    if not model.vocab_size:
        tooltip = (
            f"{parameters:,} trainable parameters, and {derived.vocabulary_vectors(model):,} for "
            "each token of the tokenizer's vocabulary."
        )
    needed = peak_memory(recipe, model, largest_pass(recipe, model)) if has_memory else None
    if needed:
        if counted.trained < counted.total:
            text = f"trains {count(counted.trained)} of {at_least}{count(parameters)}"
            tooltip = tooltip.replace("trainable ", "")
            tooltip += f" LoRA trains {counted.trained:,}, most of which it adds."
        each = " on each device" if derived.device_count(recipe) > 1 else ""
        memory = f"{text}, about {size(needed.total)}"
        text = _fitting(f"{memory} to train", memory, text)
        tooltip += (
            f"\n\nTraining takes about {size(needed.total)} of memory{each} at its peak, if "
            f"sequences are as long as they may be: {size(needed.parameters)} for weights, "
            f"gradients and optimizer state, {size(needed.activations)} for a micro-batch of "
            f"{training.batch_size}. Dry Run compares it with the memory that is free."
        )
    yield Hint(offset, text, tooltip)


def _length_hints(
    entries: Mapping[Path, Entry],
    recipe: TrainingDocument,
    model: TransformerConfig,
    data: Mapping[str, int],
) -> Iterator[Hint]:
    """Whether steps or epochs end the run, estimated from the size of the data."""
    training = recipe.training_config
    written = training.data_path
    named = written if isinstance(written, list) else [written or ""]
    known = all(one in data for one in named)
    tokens = derived.tokens_in(training, sum(data[one] for one in named) if known else None)
    if tokens is None:
        return
    each = derived.sequence_length(training, model)
    sequences = tokens // each
    length = derived.run_length(training, sequences)
    epochs = length.steps * derived.effective_batch(training) / max(1, sequences)
    texts = {
        "max_steps": f"about {epochs:.2g} epochs" if epochs < 10 else f"about {epochs:,.0f} epochs",
        "num_epochs": f"about {plural(length.steps, 'step')}",
    }
    tooltip = (
        f"`data_path` has about {count(tokens)} tokens to train on, {sequences:,} sequences of "
        f"{each:,}. The run ends at `max_steps` or `num_epochs`, whichever is "
        "reached first. Dry Run computes the exact numbers."
    )
    for key, text in texts.items():
        offset = _offset_after(entries, "training_config", key)
        if offset is not None:
            ends = length.ends_by == key
            other = "max_steps" if key == "num_epochs" else "num_epochs"
            text = f"ends the run: {text}" if ends else f"`{other}` ends the run first"
            yield Hint(offset, text.replace("`", ""), tooltip)


def _checkpoint_hints(
    entries: Mapping[Path, Entry],
    recipe: TrainingDocument,
    model: TransformerConfig | None,
    is_trainsmith: bool,
) -> Iterator[Hint]:
    training = recipe.training_config
    total = derived.checkpoint_count(training)
    offset = (
        _offset_after(entries, "training_config", "save_strategy")
        if training.save_strategy == "epoch"
        else _offset_after(entries, "training_config", "checkpoint_frequency")
        or _offset_after(entries, "training_config", "model_save_interval")
    )
    if total is None or offset is None:
        return
    text = plural(total, "checkpoint")
    if training.num_epochs and training.save_strategy != "epoch":
        text = f"up to {text}"
    tooltip = "This includes the checkpoint of the last step."
    each = derived.checkpoint_size(recipe, model) if model else None
    amount = kept = ""
    if is_trainsmith and each is not None:
        amount = f" of about {size(each)}"
        tooltip += f" Each takes about {size(each)}."
    if is_trainsmith and total > training.keep_last_n:
        kept = f", {training.keep_last_n} kept"
        tooltip += " `keep_last_n` is the number of checkpoints that are kept."
    yield Hint(offset, _fitting(text + amount + kept, text + kept), tooltip)


def _device_hints(entries: Mapping[Path, Entry], recipe: TrainingDocument) -> Iterator[Hint]:
    offset = _offset_after(entries, "device_config", "mesh_shape")
    if offset is not None:
        rows, columns = recipe.device_config.mesh_shape
        yield Hint(
            offset,
            plural(derived.device_count(recipe), "device"),
            f"{plural(rows, 'row')} × {plural(columns, 'column')}",
        )


def _model_hints(entries: Mapping[Path, Entry], model: TransformerConfig) -> Iterator[Hint]:
    offset = _offset_after(entries, "transformer_config")
    if offset is None:
        return
    parameters = derived.parameter_count(model)
    if parameters is None:
        return
    memory = size(state_memory(parameters))
    text = f"{count(parameters)} parameters, {memory} to train"
    tooltip = (
        f"{parameters:,} trainable parameters. Weights, gradients and AdamW's two moments need "
        f"{memory} in float32, plus the memory for activations."
    )
    if not model.vocab_size:
        each = derived.vocabulary_vectors(model)
        text = f"{count(parameters)} parameters, and {each:,} per token"
        tooltip += (
            f"\n\nEach token of the vocabulary has {each:,} more. The tokenizer determines the "
            "size of the vocabulary."
        )
    yield Hint(offset, text, tooltip)


def _offset_after(entries: Mapping[Path, Entry], *path: str) -> int | None:
    """The offset after a value, or after the colon if the value starts on the next line."""
    entry = entries.get(path)
    if entry is None or entry.value is None or entry.colon < 0:
        return None
    block = isinstance(entry.value, (MappingNode, Sequence)) and not entry.value.flow
    multiline = isinstance(entry.value, Scalar) and entry.value.style in ("|", ">")
    return entry.colon + 1 if block or multiline else entry.value.end
