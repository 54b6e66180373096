"""Text → tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.tokenizer import load_tokenizer
from trainsmith_trainer.data.tokens import BrokenTokenizerError, UnknownCharacterError


def _described(**parts: Any) -> bytes:
    """A `tokenizer.json` with these parts."""
    return json.dumps({"version": "1.0", "added_tokens": [], **parts}).encode()


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
    tokenizer = HfTokenizer.of([text], 270)
    assert tokenizer == HfTokenizer.of([text], 270)
    assert tokenizer.vocab_size == 270
    for name, content in tokenizer.files().items():
        (tmp_path / name).write_bytes(content)
    assert load_tokenizer(tokenizer.files()["tokenizer.json"]) == tokenizer
    theirs = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for sample in (text, "never seen: żółw \x00"):
        tokens = tokenizer.encode(sample).tolist()
        assert tokenizer.decode(tokens) == sample
        assert theirs.encode(sample) == tokens


def test_rules_that_multiply_added_tokens_are_refused() -> None:
    special = {"id": "a", "ids": [0] * 500, "tokens": ["a"] * 500}
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "a", "type_id": 0}}] * 500,
        "pair": [],
        "special_tokens": {"a": special},
    }
    words = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    with pytest.raises(ValueError, match=r"`post_processor` has .* expected at most 10,000"):
        load_tokenizer(_described(model=words, post_processor=template))


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
        assert isinstance(tokenizer, HfTokenizer)
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
    errors = (BrokenTokenizerError, ValueError)  # When it is used, and already when it is read.
    with pytest.raises(errors, match="the tokenizer contradicts itself"):
        _use(_described(model=_WORD, **part))


def _use(content: bytes) -> None:
    tokenizer = load_tokenizer(content)
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
