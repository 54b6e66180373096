"""Text → tokens → batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from trainsmith_trainer.data.batches import Position, Sampler, micro_batches, validation_batches
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.data.tokenizer import (
    BrokenTokenizerError,
    CharTokenizer,
    LibraryTokenizer,
    UnknownCharacterError,
    load_tokenizer,
)


def _described(**parts: Any) -> bytes:
    """A `tokenizer.json` with these parts."""
    return json.dumps({"version": "1.0", "added_tokens": [], **parts}).encode()


TOKENS = Stream(np.arange(1000, dtype=np.uint16))


@given(st.text(min_size=1))
def test_char_tokenizer_round_trip(text: str) -> None:
    tokenizer = CharTokenizer.of(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_saved_char_tokenizer_matches_tokenizers_library() -> None:
    text = "To be,\n\n  or “not” to be? \N{FACE WITH TEARS OF JOY}"
    tokenizer = CharTokenizer.of(text)
    content = tokenizer.files()["tokenizer.json"]
    assert load_tokenizer(content) == tokenizer
    theirs = Tokenizer.from_buffer(content)
    assert theirs.encode(text).ids == tokenizer.encode(text).tolist()
    assert theirs.decode(tokenizer.encode(text).tolist()) == text


def test_byte_pairs_are_deterministic_and_match_transformers(tmp_path: Path) -> None:
    text = "To be,\n\n  or “not” to be? \N{FACE WITH TEARS OF JOY} " * 20
    tokenizer = LibraryTokenizer.of([text], 270)
    assert tokenizer == LibraryTokenizer.of([text], 270)
    assert tokenizer.vocab_size == 270
    for name, content in tokenizer.files().items():
        (tmp_path / name).write_bytes(content)
    assert load_tokenizer(tokenizer.files()["tokenizer.json"]) == tokenizer
    theirs = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for sample in (text, "never seen: żółw \x00"):
        tokens = tokenizer.encode(sample).tolist()
        assert tokenizer.decode(tokens) == sample
        assert theirs.encode(sample) == tokens


def test_token_ids_may_have_gaps() -> None:
    words = {"type": "WordLevel", "vocab": {"to": 0, "be": 900}, "unk_token": "to"}
    split = {"type": "WhitespaceSplit"}
    tokenizer = load_tokenizer(_described(model=words, pre_tokenizer=split))
    assert tokenizer.encode("to be").tolist() == [0, 900]
    assert tokenizer.vocab_size == 901


def test_foreign_character_tokenizer_keeps_its_ids() -> None:
    own = json.loads(CharTokenizer("ab").files()["tokenizer.json"])
    for other in (
        {"model": {**own["model"], "vocab": {"a": 0, "b": 7}}},
        {"normalizer": {"type": "Lowercase"}},
    ):
        tokenizer = load_tokenizer(_described(**{**own, **other}))
        assert isinstance(tokenizer, LibraryTokenizer)
    assert load_tokenizer(_described(**own)) == CharTokenizer("ab")


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{}",
        _described(model={"type": "WordLevel", "vocab": ["a"]}),
        _described(model={"type": "WordLevel", "vocab": {"a": "x"}}, added_tokens=[]),
        _described(model={"type": "WordLevel", "vocab": [["a"]]}, added_tokens=[]),
        _described(model={"type": "WordLevel", "vocab": {"a": 2**24 + 1}}),
        _described(model={"type": "WordLevel", "vocab": {"\ud800": 0}}, added_tokens=[]),
        _described(normalizer={"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
        b'{"a": ' + b"9" * 10_000 + b"}",
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_invalid_tokenizer_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load_tokenizer(content)


_WORD = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}


@pytest.mark.parametrize(
    "part",
    [
        {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
        {"decoder": {"type": "Strip", "content": "a", "start": 9, "stop": 9}},
    ],
)
def test_tokenizer_that_the_library_panics_over_is_one_error(part: dict[str, Any]) -> None:
    tokenizer = load_tokenizer(_described(model=_WORD, **part))
    with pytest.raises(BrokenTokenizerError, match="the tokenizer contradicts itself"):
        tokenizer.decode(tokenizer.encode("a a"))


def test_padding_and_truncation_of_a_tokenizer_are_ignored() -> None:
    side = {"direction": "Right"}
    tokenizer = load_tokenizer(
        _described(
            model=_WORD,
            pre_tokenizer={"type": "WhitespaceSplit"},
            truncation={**side, "max_length": 1, "strategy": "LongestFirst", "stride": 0},
            padding={
                **side,
                "strategy": {"Fixed": 9},
                "pad_to_multiple_of": None,
                "pad_id": 0,
                "pad_type_id": 0,
                "pad_token": "a",
            },
        )
    )
    assert tokenizer.encode("a a a").tolist() == [0, 0, 0]


def test_unknown_characters_are_named_in_error() -> None:
    with pytest.raises(UnknownCharacterError, match="3 characters do not include 'x', 'é'"):
        CharTokenizer.of("abc").encode("axbécx")


def test_epoch_reads_every_sequence_once_in_new_order() -> None:
    sampler = Sampler(TOKENS, 10, seed=1)
    orders: list[list[int]] = []
    position = Position()
    for _ in range(2):
        firsts: list[int] = []
        for _ in range(sampler.sequences // 3):
            batch, position = sampler.take(position, 3)
            firsts += batch.inputs[:, 0].tolist()
        orders.append(firsts)
    assert len(set(orders[0])) == len(orders[0]) == 99
    assert orders[0] != orders[1]
    gaps = np.diff(sorted(orders[0]))
    assert set(gaps.tolist()) <= {10, *range(1, 10)}
    assert (gaps == 10).sum() >= 97, "only the last sequence may overlap its neighbour"


def test_targets_are_next_tokens() -> None:
    batch, _ = Sampler(TOKENS, 10, seed=1).take(Position(), 4)
    assert (batch.targets == batch.inputs + 1).all()
    assert batch.tokens == 40


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=12),
    cut=st.integers(0, 11),
    length=st.integers(1, 30),
    seed=st.integers(0, 2**32),
)
def test_resuming_from_position_yields_same_batches(
    counts: list[int], cut: int, length: int, seed: int
) -> None:
    tokens = Stream(np.arange(301, dtype=np.uint16))
    position, after, batches = Position(), Position(), list[bytes]()
    sampler = Sampler(tokens, length, seed)
    for index, count in enumerate(counts):
        if index == min(cut, len(counts) - 1):
            after = position
        batch, position = sampler.take(position, count)
        batches.append(batch.inputs.tobytes())
    again = Sampler(tokens, length, seed)
    for expected, count in list(zip(batches, counts, strict=True))[cut:]:
        batch, after = again.take(after, count)
        assert batch.inputs.tobytes() == expected


def test_incomplete_rest_of_epoch_is_skipped() -> None:
    sampler = Sampler(TOKENS, 100, seed=0)
    assert sampler.sequences == 9
    _, position = sampler.take(Position(), 6)
    _, position = sampler.take(position, 6)
    assert position == Position(epoch=1, sequence=6)


def test_batch_larger_than_epoch_continues_in_next_epoch() -> None:
    batch, position = Sampler(TOKENS, 100, seed=0).take(Position(), 20)
    assert batch.inputs.shape == (20, 100)
    assert position == Position(epoch=2, sequence=2)


@pytest.mark.parametrize(
    ("tokens", "sequences", "length"), [(0, 0, 0), (1, 0, 0), (2, 1, 1), (8, 1, 7), (95, 9, 10)]
)
def test_validation_covers_all_tokens(tokens: int, sequences: int, length: int) -> None:
    batches = list(validation_batches(TOKENS[:tokens], 10, 4, 1000))
    assert sum(len(batch.inputs) for batch in batches) == sequences
    assert all(batch.inputs.shape[1] == length for batch in batches)


def test_validation_of_long_text_samples_evenly_spaced_sequences() -> None:
    tokens = Stream(np.zeros(1_000_000, np.uint16))
    total = sum(batch.tokens for batch in validation_batches(tokens, 128, 64, 1 << 15))
    assert total == 32_768


def test_micro_batches_add_up_to_batch() -> None:
    batch, _ = Sampler(TOKENS, 10, seed=1).take(Position(), 10)
    parts = list(micro_batches(batch, 4))
    assert [len(part.inputs) for part in parts] == [4, 4, 2]
    assert (np.concatenate([part.inputs for part in parts]) == batch.inputs).all()
