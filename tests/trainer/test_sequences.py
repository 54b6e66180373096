"""Documents → sequences → batches: each token is a target once, and each example is whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainsmith_trainer.data.batches import (
    IGNORE_INDEX,
    Position,
    Sampler,
    Sequences,
    micro_batches,
    validation_batches,
)
from trainsmith_trainer.data.cutting import Cutting, sequences_of
from trainsmith_trainer.data.overlong import Overlong
from trainsmith_trainer.data.rows import pack
from trainsmith_trainer.data.split import split
from trainsmith_trainer.data.stream import DOCUMENT, Stream
from trainsmith_trainer.data.windows import Windows
from trainsmith_trainer.errors import RunError


def _stream(*documents: tuple[int, int], example: bool = True) -> Stream:
    """A stream of documents with (prompt, response) tokens, which are numbered from 0 on."""
    ends = np.cumsum([prompt + response for prompt, response in documents])
    rows = [(end, 0, at + 1, at, example, False) for at, end in enumerate(ends.tolist())]
    mask = [
        counts for prompt, response in documents for counts in [False] * prompt + [True] * response
    ]
    tokens = np.arange(len(mask), dtype=np.uint16)
    return Stream(tokens, np.array(rows, DOCUMENT), np.array(mask) if example else None)


def _text(tokens: int) -> Stream:
    return _stream((0, tokens), example=False)


def _sequences(stream: Stream, length: int, begin: int = 0, **options: object) -> Sequences:
    cutting = Cutting(length, **options)  # pyright: ignore[reportArgumentType]
    return sequences_of(stream, cutting, begin, str, moves=True)[0]


def _targets(sequences: Sequences, epoch: int = 0) -> list[int]:
    """The targets of an epoch, sorted; each input is checked to be the token before."""
    sampler, position, found = Sampler(sequences, seed=1), Position(epoch), list[int]()
    while position.sequence < len(sequences):
        batch, position = sampler.take(position, 3)
        counted = batch.targets != IGNORE_INDEX
        found += batch.targets[counted].tolist()
    return sorted(found)


@settings(deadline=None)
@given(tokens=st.integers(2, 80), length=st.integers(1, 30), epoch=st.integers(0, 3))
def test_every_token_of_a_text_is_a_target_once_an_epoch(
    tokens: int, length: int, epoch: int
) -> None:
    for moves in (True, False):
        windows = Windows(_text(tokens), length, moves=moves)
        assert _targets(windows, epoch) == list(range(1, tokens))
        batch = windows.cut(np.random.default_rng(epoch))(np.arange(len(windows)))
        assert batch.inputs.shape == (len(windows), min(length, tokens - 1))
        counted = batch.targets != IGNORE_INDEX
        assert (batch.targets == batch.inputs + 1)[counted].all()
        assert counted.any(axis=1).all()


def test_windows_begin_at_other_places_in_each_epoch() -> None:
    windows = Windows(_text(1000), 10, moves=True)
    sampler = Sampler(windows, seed=1)
    firsts = [
        tuple(sampler.take(Position(epoch), 50)[0].inputs[:, 0].tolist()) for epoch in (0, 0, 1)
    ]
    assert firsts[0] == firsts[1]
    assert {first % 10 for first in firsts[0]} != {first % 10 for first in firsts[2]}


EXAMPLES = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 6)), min_size=1, max_size=20)


@settings(deadline=None)
@given(documents=EXAMPLES, packs=st.booleans(), length=st.integers(17, 40))
def test_examples_are_whole_and_each_response_is_counted_once(
    documents: list[tuple[int, int]], packs: bool, length: int
) -> None:
    stream = _stream(*documents)
    rows = _sequences(stream, length, packing=packs)
    assert stream.loss_mask is not None
    assert _targets(rows) == np.flatnonzero(stream.loss_mask).tolist()
    batch = rows.cut(None)(np.arange(len(rows)))
    assert batch.lengths is not None
    assert batch.tokens_read == rows.tokens == sum(map(sum, documents)) - len(documents)
    starts = set(stream.starts.tolist())
    for inputs, lengths in zip(batch.inputs, batch.lengths, strict=True):
        assert sum(lengths) <= length
        for begin, size in zip(np.cumsum((0, *lengths)), lengths, strict=False):
            own = inputs[begin : begin + size]
            assert int(own[0]) in starts
            assert (np.diff(own) == 1).all()
    assert packs or len(rows) == len(documents)


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 16), max_size=60))
def test_packed_rows_hold_each_piece_once(sizes: list[int]) -> None:
    rows = pack(np.array(sizes, np.int64), 16)
    assert sorted(piece for row in rows for piece in row) == list(range(len(sizes)))
    filled = [sum(sizes[piece] for piece in row) for row in rows]
    assert max(filled, default=0) <= 16
    # Otherwise two rows could have been one.
    assert all(one + other > 16 for one, other in combinations(filled, 2))


def test_a_long_text_is_cut_and_begins_a_row() -> None:
    stream = _stream((0, 5), (0, 23), (0, 3), example=False)
    rows = _sequences(stream, 10, document_starts=True)
    batch = rows.cut(None)(np.arange(len(rows)))
    assert batch.lengths == ((4,), (10,), (10,), (2,), (2,))
    assert batch.inputs[:, 0].tolist() == [0, 5, 15, 25, 28]
    assert _targets(rows) == [*range(1, 5), *range(6, 28), *range(29, 31)]


@pytest.mark.parametrize(
    ("overlong", "kept", "happens"),
    [
        ("skip", [[0, 1], [15, 16]], "left out"),
        (
            "truncate_prompt",
            [[0, 1], [3, 9, 10, 11, 12, 13], [15, 16]],
            "their prompts lose the first tokens",
        ),
    ],
)
def test_overlong_examples_are_handled_as_the_recipe_says(
    overlong: Overlong, kept: Sequence[Sequence[int]], happens: str
) -> None:
    stream = _stream((1, 2), (8, 4), (1, 2))
    rows, warning = sequences_of(stream, Cutting(6, overlong=overlong), 1, str, moves=True)
    batch = rows.cut(None)(np.arange(len(rows)))
    assert batch.lengths is not None
    read = [
        row[: sum(lengths)].tolist()
        for row, lengths in zip(batch.inputs, batch.lengths, strict=True)
    ]
    assert read == kept, "the token before each document stays"
    assert warning == (
        "1 of 3 examples is longer than the 6 tokens of a sequence; the longest "
        f"has 11, in 1: {happens}"
    )


def test_overlong_examples_are_an_error_by_default() -> None:
    stream = _stream((1, 2), (8, 4), (9, 4))
    with pytest.raises(RunError) as raised:
        _sequences(stream, 6)
    assert raised.value.message == (
        "2 of 3 examples are longer than the 6 tokens of a sequence; the longest has 12, in 2"
    )
    assert "raise max_sequence_length to 12 or more" in str(raised.value.advice)
    assert raised.value.config_path == "training_config.overlong"
    with pytest.raises(RunError, match="the longest of these responses has 9 tokens, more than 6"):
        _sequences(_stream((1, 2), (3, 9)), 6, overlong="truncate_prompt")


def test_an_epoch_ends_with_the_sequences_that_remain() -> None:
    sampler = Sampler(_sequences(_stream(*[(1, 2)] * 10), 4), seed=0)
    batch, position = sampler.take(Position(), 8)
    assert (len(batch.inputs), position) == (8, Position(0, 8))
    batch, position = sampler.take(position, 8)
    assert (len(batch.inputs), position) == (2, Position(0, 10))
    batch, position = sampler.take(position, 20)
    assert (len(batch.inputs), position) == (10, Position(1, 10))


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=12),
    cut=st.integers(0, 11),
    length=st.integers(1, 30),
    seed=st.integers(0, 2**32),
)
def test_resuming_from_position_yields_same_batches(
    counts: list[int], cut: int, length: int, seed: int
) -> None:
    position, after, batches = Position(), Position(), list[bytes]()
    sampler = Sampler(Windows(_text(301), length, moves=True), seed)
    for index, count in enumerate(counts):
        if index == min(cut, len(counts) - 1):
            after = position
        batch, position = sampler.take(position, count)
        batches.append(batch.inputs.tobytes())
    again = Sampler(Windows(_text(301), length, moves=True), seed)
    for expected, count in list(zip(batches, counts, strict=True))[cut:]:
        batch, after = again.take(after, count)
        assert batch.inputs.tobytes() == expected


@pytest.mark.parametrize(
    ("tokens", "sequences", "length"), [(1, 0, 0), (2, 1, 1), (8, 1, 7), (95, 10, 10)]
)
def test_validation_covers_all_tokens(tokens: int, sequences: int, length: int) -> None:
    batches = list(validation_batches(Windows(_text(tokens), 10, moves=False), 4, 1000))
    assert sum(len(batch.inputs) for batch in batches) == sequences
    assert all(batch.inputs.shape[1] == length for batch in batches)
    assert sum(batch.tokens for batch in batches) == tokens - 1


def test_validation_of_long_text_samples_evenly_spaced_sequences() -> None:
    windows = Windows(_text(60_000), 128, moves=False)
    total = sum(batch.tokens for batch in validation_batches(windows, 64, 1 << 13))
    assert total == 8_192


def test_validation_of_examples_counts_their_responses() -> None:
    rows = _sequences(_stream(*[(6, 2)] * 100), 10)
    batches = list(validation_batches(rows, 8, 10_000))
    assert sum(batch.tokens for batch in batches) == 200
    batches = list(validation_batches(rows, 8, 70))
    assert sum(batch.tokens_read for batch in batches) == 70


def test_micro_batches_add_up_to_batch() -> None:
    batch, _ = Sampler(_sequences(_stream(*[(1, n) for n in range(2, 12)]), 12), 1).take(
        Position(), 10
    )
    parts = list(micro_batches(batch, 4))
    assert [len(part.inputs) for part in parts] == [4, 4, 2]
    assert sum(part.tokens for part in parts) == batch.tokens
    for part in parts:
        assert part.lengths is not None
        assert part.inputs.shape[1] == max(map(sum, part.lengths)), "no column is only padding"


@settings(deadline=None)
@given(documents=EXAMPLES, share=st.floats(0, 0.99), example=st.booleans())
def test_split_sets_the_share_aside(
    documents: list[tuple[int, int]], share: float, example: bool
) -> None:
    whole = _stream(*documents, example=example)
    training, validation = split(whole, share)
    assert [*training.tokens.tolist(), *validation.tokens.tolist()] == whole.tokens.tolist()
    assert training.documents["end"][-1:].tolist() in ([], [len(training)])
    assert validation.documents["end"][-1:].tolist() in ([], [len(validation)])
    wanted = int(len(whole) * share)
    if example:
        assert set(validation.tokens[:1].tolist()) <= set(whole.starts.tolist())
        longest = max(map(sum, documents))
        assert not wanted or abs(len(validation) - wanted) <= longest
    else:
        assert abs(len(validation) - wanted) <= 0.1 * wanted
