"""What the trainer sees: sequences, the tokens that the loss counts, lengths, duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.runs.reports import (
    DataPart,
    DataReport,
    DataSequence,
    DataView,
    Duplicates,
    LengthRange,
    TextPiece,
)
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch, Integers, Position, Sampler
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.data.cutting import OVERLONG_KEY
from trainsmith_trainer.data.rows import Rows
from trainsmith_trainer.data.stream import Flags, Stream
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.errors import ConfigProblem, RunError
from trainsmith_trainer.run.corpus import read_corpus
from trainsmith_trainer.run.dry_run import reported

_RANGES = 12
"""How many bars the histogram of lengths has at most."""
_MOST_TOKENS = 4096
_MOST_DOCUMENTS = 32
"""Of a sequence that is shown; the rest is left out."""


def view_data(config: ResolvedConfig, count: int) -> tuple[DataReport, tuple[ConfigProblem, ...]]:
    """What the trainer sees of a recipe's data.

    If examples are too long and the recipe does not say what happens to them, the others are shown.

    Args:
        config: the recipe.
        count: how many sequences are shown.

    Returns:
        The report, and the errors in it.

    Raises:
        RunError: the data cannot be read, or does not fit the recipe.
    """
    problems: list[ConfigProblem] = list(config.warnings)
    try:
        corpus, model = read_corpus(config)
    except RunError as error:
        if error.config_path != OVERLONG_KEY:
            raise
        problems.append(config.problem_of(error))
        training = config.document.training_config.model_copy(update={"overlong": "skip"})
        document = config.document.model_copy(update={"training_config": training})
        corpus, model = read_corpus(replace(config, document=document))
    else:
        problems += [
            ConfigProblem(config.origin_of(key), "warning", "caution", message, key)
            for message, key in corpus.warnings
        ]
    length = derived.sequence_length(config.document.training_config, model)
    longest = length + 1  # The last token is only a target.
    view = DataView(
        tokenizer=_name_of(config),
        vocabulary=corpus.tokenizer.vocab_size,
        sequence_length=length,
        training=_part(corpus.training, len(corpus.sequences), corpus.training_files, longest),
        validation=_part(
            corpus.validation, len(corpus.validation_sequences), corpus.validation_files, longest
        )
        if corpus.validates
        else None,
        sequences=list(_first_sequences(corpus, config, count)),
    )
    errors = tuple(problem for problem in problems if problem.severity == "error")
    return _report(config.path, problems, _files(config), view), errors


def refused(
    path: Path, problems: Sequence[ConfigProblem], config: ResolvedConfig | None = None
) -> DataReport:
    """The report for a recipe whose data cannot be read, or which is itself wrong."""
    return _report(path, problems, _files(config) if config else [str(path)], None)


def _report(
    path: Path, problems: Sequence[ConfigProblem], files: list[str], view: DataView | None
) -> DataReport:
    findings = [reported(problem) for problem in problems]
    return DataReport(
        config=str(path),
        errors=[one for one in findings if one.severity == "error"],
        warnings=[one for one in findings if one.severity == "warning"],
        files=files,
        view=view,
    )


def _files(config: ResolvedConfig) -> list[str]:
    named = [config.path, config.tokenizer, config.chat_template, *config.data, *config.validation]
    written = [origin.file for origin in config.origins.values() if origin.file]
    return list(dict.fromkeys([*(str(path) for path in named if path), *written]))


def _name_of(config: ResolvedConfig) -> str:
    """Where the tokenizer comes from, in words."""
    if config.tokenizer:
        return str(config.tokenizer)
    if config.pretrained:
        return f"the tokenizer of {config.pretrained.folder}"
    kinds = {"char": "one token for each character", "bpe": "byte pairs learned from the data"}
    return kinds[config.document.training_config.tokenizer_type]


def _part(stream: Stream, sequences: int, paths: tuple[Path, ...], longest: int) -> DataPart:
    lengths = stream.documents["end"] - stream.starts
    is_example = bool(stream.documents["example"].any())
    return DataPart(
        files=[str(path) for path in paths],
        documents=len(stream.documents),
        examples=int(stream.documents["example"].sum()),
        tokens=len(stream),
        counted_tokens=stream.targets,
        sequences=sequences,
        median_length=float(np.median(lengths)) if len(lengths) else 0.0,
        lengths=_histogram(lengths, stream.documents["example"] & (lengths > longest))
        if is_example or len(lengths) > 1
        else [],
        duplicates=_duplicates(stream, paths),
    )


def _histogram(lengths: Integers, too_long: Flags) -> list[LengthRange]:
    """How many documents have which length, in ranges of equal width."""
    if not len(lengths):
        return []
    smallest = int(lengths.min())
    width = -(-(int(lengths.max()) - smallest + 1) // _RANGES)
    ranges = (lengths - smallest) // width
    counts = np.bincount(ranges)
    long_ones = np.bincount(ranges[too_long], minlength=len(counts))
    return [
        LengthRange(
            first=smallest + at * width,
            last=smallest + (at + 1) * width - 1,
            documents=int(number),
            too_long=int(long_ones[at]),
        )
        for at, number in enumerate(counts)
    ]


def _duplicates(stream: Stream, paths: tuple[Path, ...]) -> Duplicates | None:
    """The documents with the same text as an earlier one."""
    _, first, kind = np.unique(stream.documents["digest"], return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[kind] != np.arange(len(kind)))
    if not len(repeated):
        return None
    at = int(repeated[0])
    return Duplicates(
        documents=len(repeated),
        place=_place(stream, at, paths),
        same_as=_place(stream, int(first[kind[at]]), paths),
    )


def _place(stream: Stream, document: int, paths: tuple[Path, ...]) -> str:
    one = stream.documents[document]
    return f"{paths[int(one['file'])]}:{int(one['line'])}"


def _first_sequences(corpus: Corpus, config: ResolvedConfig, count: int) -> Iterator[DataSequence]:
    """The sequences of the first steps, in the order in which training reads them."""
    sampler = Sampler(corpus.sequences, config.document.training_config.seed)
    numbers = sampler.numbers(Position(), count)
    batch, _ = sampler.take(Position(), count)
    for at, number in enumerate(numbers.tolist()):
        places: list[str] = []
        if isinstance(corpus.sequences, Rows):
            documents = corpus.sequences.documents(number)[:_MOST_DOCUMENTS]
            places = [
                _place(corpus.training, document, corpus.training_files) for document in documents
            ]
        row = batch.rows(slice(at, at + 1))
        lengths = row.lengths[0] if row.lengths else (row.inputs.shape[1],)
        shown = list(_shown(lengths))
        yield DataSequence(
            places=places,
            tokens=row.tokens_read,
            counted_tokens=row.tokens,
            pieces=list(_pieces(row, lengths, shown, corpus.tokenizer)),
            left_out=row.tokens_read - sum(shown),
        )


def _shown(lengths: Sequence[int]) -> Iterator[int]:
    """How many tokens of each document of a sequence are shown."""
    room = _MOST_TOKENS
    for length in lengths[:_MOST_DOCUMENTS]:
        if room == 0:
            return
        yield min(length, room)
        room -= min(length, room)


def _pieces(
    row: Batch, lengths: Sequence[int], shown: Sequence[int], tokenizer: Tokenizer
) -> Iterator[TextPiece]:
    """The text of a sequence, divided where the loss begins or ends to count."""
    begins = np.cumsum([0, *lengths])[: len(shown)]
    for begin, number in zip(begins.tolist(), shown, strict=True):
        end = begin + number
        tokens = np.append(row.inputs[0, begin:end], row.targets[0, end - 1])
        counted = np.append(False, row.targets[0, begin:end] != IGNORE_INDEX)
        known = tokens != IGNORE_INDEX
        yield from _runs(tokens[known], counted[known], tokenizer)


def _runs(tokens: Integers, counted: Integers, tokenizer: Tokenizer) -> Iterator[TextPiece]:
    edges = [0, *(np.flatnonzero(np.diff(counted)) + 1).tolist(), len(tokens)]
    shown = 0
    for begin, end in pairwise(edges):
        # With the tokens before: a tokenizer may drop the space at the beginning of a text.
        text = tokenizer.decode(tokens[:end])
        first = begin == 0
        yield TextPiece(
            text=text[shown:],
            tokens=end - begin,
            counted=bool(counted[begin]),
            begins_document=first,
        )
        shown = len(text)
