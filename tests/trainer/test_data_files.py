"""Data files → tokens: formats, splits, bad lines, and the cache on disk."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trainsmith_trainer.data import encoding, learning, reading, records, stream
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.corpus import Corpus, load_corpus
from trainsmith_trainer.data.cutting import Cutting
from trainsmith_trainer.data.encoding import Sources
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.reading import read_text
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.data.tokens import END
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.user_cache import VARIABLE

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, which is used for the smallest data too."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(encoding, "_LARGEST_IN_MEMORY", 0)
    return tmp_path / "cache"


def _load(*paths: Path, **options: Any) -> Corpus:
    has_examples = any(path.suffix == ".jsonl" for path in paths)
    return load_corpus(Sources(training=paths, **options), Cutting(40 if has_examples else 4))


def _shown(part: Stream, loaded: Corpus) -> str:
    """The text of some tokens; text that the loss ignores is in brackets."""
    counted = np.ones(len(part), np.bool_) if part.loss_mask is None else part.loss_mask
    pieces = [loaded.tokenizer.decode([token]) for token in part.tokens.tolist()]
    marked = (text if counts else f"[{text}]" for text, counts in zip(pieces, counted, strict=True))
    return "".join(marked).replace("][", "").replace(END, "|")


def _lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


SUMS = _lines(
    {"prompt": "1+1=", "response": "2"},
    {"text": "so it is"},
    {"prompt": "", "response": "5", "id": 3},
)


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        ({"a.txt": "To be"}, "To be"),
        ({"a.txt": "\ufeffTo\r\nbe"}, "To\nbe"),
        ({"a.txt": "To be", "b.txt": "or not"}, "To be|or not|"),
        ({"a.jsonl": SUMS}, "[1+1=]2|so it is|[5]|"),
        ({"a.jsonl": "\n \n" + SUMS, "b.txt": "To be"}, "[1+1=]2|so it is|[5]|To be|"),
        ({"a.yaml": "tokens: [3, 1, 4, 1, 5]\ntokenizer_vocab_size: 9\n"}, "3 1 4 1 5 "),
        ({"a.yaml": "x: {tokens: [1]}\ntokens:\n- 3\n- 1\n- 4\n- 1\n- 5\n"}, "3 1 4 1 5 "),
    ],
)
def test_files_become_tokens_and_loss_mask(write: Write, files: dict[str, str], shown: str) -> None:
    loaded = _load(*(write(name, content) for name, content in files.items()))
    assert _shown(loaded.training, loaded) == shown


def test_nested_tokens_are_refused_at_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def parse(*arguments: Any, **named: Any) -> Iterator[Any]:
        nonlocal read
        for event in real(*arguments, **named):
            read += 1
            yield event

    real = yaml.parse
    monkeypatch.setattr(yaml, "parse", parse)
    with pytest.raises(RunError, match="nested too deeply"):
        list(reading.read_tokens(write("a.yaml", "x: " + "[" * 20_000)))
    assert read < 100


def test_errors_do_not_repeat_long_keys(write: Write) -> None:
    with pytest.raises(RunError) as raised:
        _load(write("a.jsonl", f'{{"{"k" * 1_000_000}": 1}}\n'))
    assert "found `kkk" in raised.value.message
    assert "write {" in raised.value.message
    assert len(raised.value.message) < 1000


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"text": "a"}\n{"a": 1}\n', "a.jsonl:2: no example is in this, found `a`"),
        ("a.jsonl", '{"prompt": "a"}\n', "a.jsonl:1: `response` is missing"),
        ("a.jsonl", '{"text": "a", "prompt": "b"}\n', "keep the keys of one form"),
        ("a.jsonl", '{"text": 5}\n', "`text` is a number, expected text: put it in quotes"),
        ("a.jsonl", '{"text": ""}\n', "`text` is empty"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "half a character"),
        ("a.jsonl", "[1]\n", "this is a list, expected an object"),
        ("a.jsonl", '{"id": ' + "1" * 5000 + "}\n", "a.jsonl:1: a number in this has too many"),
        ("a.jsonl", '{"text": "a"\n', "a.jsonl:1: this is not JSON"),
        ("a.jsonl", b'{"text": "\xff"}\n', "a.jsonl:1: byte 11 of the line is not UTF-8"),
        ("a.txt", b"abc\n\xc3(", "not UTF-8 text (byte 4, in line 2)"),
        ("a.txt", b"abc\xc3", "not UTF-8 text (byte 3, in line 1)"),
        ("a.txt", " \n", "a.txt is empty"),
        ("a.jsonl", "", "a.jsonl is empty"),
        ("a.json", "{}", "a.json cannot be read: it is not a list of examples"),
        ("a.yaml", "tokens: [1, 2, x]", "a.yaml:1: `x` is not a token's number"),
        ("a.yaml", "tokens:\n- 1\n- [2]", "a.yaml:3: expected a list `tokens`"),
        ("a.yaml", "words: [1]", "it has no list `tokens`"),
        ("a.yaml", "- 1", "a.yaml:1: expected a list `tokens`"),
        ("a.yaml", "tokens: [1", "this is not YAML"),
        ("a.yaml", "n: &a 5\ntokens: [1]\ntokenizer_vocab_size: *a", "a.yaml:3: `*a` is an alias"),
        ("a.yaml", "n: &a 5\ntokens: [1, *a]", "a.yaml:2: `*a` is an alias"),
        ("a.yaml", "x: " + "[" * 1000, "a.yaml:1: this is nested too deeply"),
        ("a.yaml", "tokens: [9]\ntokenizer_vocab_size: 9", "contains the token 9"),
        ("a.yaml", "tokens: [1, 999999999]", "needs a vocabulary of 1,000,000,000 tokens"),
        ("a.yaml", "tokens: [1]\ntokenizer_vocab_size: 99999999", "vocabulary of 99,999,999"),
    ],
)
def test_malformed_data_is_reported_with_location(
    write: Write, name: str, content: str | bytes, says: str
) -> None:
    with pytest.raises(RunError) as raised:
        _load(write(name, content))
    assert says in raised.value.message
    assert raised.value.config_path == "training_config.data_path"
    good = write("good.txt", "a" * 50)
    with pytest.raises(RunError) as raised:
        _load(good, validation=(write(name, content),))
    assert raised.value.config_path in ("training_config.validation_path", reading.DATA_KEY)


@pytest.mark.parametrize("length", [100, 101, 102, 199, 200, 201, 1000])
@pytest.mark.parametrize("end", ["\n", ""])
def test_line_that_is_too_long_is_skipped(
    write: Write, length: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_LONGEST_LINE", 99)
    path = write(
        "a.jsonl", SUMS + '{"text": "' + "a" * (length - 12) + '"}\n' + SUMS.rstrip() + end
    )
    loaded = _load(path, skip_bad_lines=True)
    assert _shown(loaded.training, loaded) == "[1+1=]2|so it is|[5]|" * 2
    ((said, _),) = loaded.warnings
    assert f"1 line was left out of {path}; the first is {path}:4: the line has more than" in said


def test_skip_bad_lines_skips_and_counts_lines(write: Write) -> None:
    path = write("a.jsonl", SUMS + "no\nnot at all\n" + SUMS)
    with pytest.raises(RunError, match=r"a\.jsonl:4: .*; .*a\.jsonl:5: ") as raised:
        _load(path)
    assert "`skip_bad_lines: true`" in str(raised.value.advice)
    loaded = _load(path, skip_bad_lines=True)
    assert _shown(loaded.training, loaded) == "[1+1=]2|so it is|[5]|" * 2
    ((said, key),) = loaded.warnings
    assert said.startswith("2 lines were left out of ")
    assert f"the first is {path}:4: this is not JSON" in said
    assert key == "training_config.data_path"


def test_files_are_found_again_without_comparing_each_with_all(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write(f"{number}.jsonl", SUMS + "no\n") for number in range(100)]
    compared = 0

    class Counting(type(paths[0])):  # type: ignore[misc]
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)

        __hash__ = Path.__hash__

    _load(*map(Counting, paths), skip_bad_lines=True)
    assert compared < 20 * len(paths)


def test_validation_split_keeps_examples_whole(write: Write) -> None:
    path = write("a.jsonl", _lines(*({"prompt": f"{n}?", "response": "yes"} for n in range(10))))
    loaded = _load(path, validation_split=0.25)
    assert _shown(loaded.validation, loaded) == "[7?]yes|[8?]yes|[9?]yes|"
    assert loaded.tokenizer.decode(loaded.prompt(32)) == "7?"


def test_a_single_example_is_trained_on(write: Write) -> None:
    loaded = _load(write("a.jsonl", _lines({"prompt": "a", "response": "b"})), validation_split=0.1)
    assert _shown(loaded.training, loaded) == "[a]b|"
    assert not loaded.validates


def test_another_share_than_the_recipe_says_is_said(write: Write) -> None:
    lines = _lines(*({"prompt": "a", "response": "b" * size} for size in (10, 10, 10, 30)))
    (message, key), *others = _load(write("a.jsonl", lines), validation_split=0.2).warnings
    assert (key, others) == ("training_config.validation_split", [])
    assert message == (
        "47.1% of the tokens are set aside for validation instead of 20.0%, because no example is "
        "divided"
    )
    assert _load(write("b.jsonl", lines), validation_split=0.45).warnings == ()


def test_text_is_split_at_the_share_that_was_asked_for(write: Write) -> None:
    loaded = _load(write("a.txt", "a" * 10), write("b.txt", "b" * 400), validation_split=0.1)
    assert len(loaded.validation) == 41
    loaded = _load(write("a.txt", "a" * 360), write("b.txt", "b" * 42), validation_split=0.1)
    assert _shown(loaded.validation, loaded) == "b" * 42 + "|", "a text is not cut for two tokens"


def test_file_in_both_parts_is_refused(write: Write, tmp_path: Path) -> None:
    path = write("a.txt", "To be, or not to be")
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    for other in (path, link):
        with pytest.raises(RunError, match="is in `data_path` and in `validation_path`") as raised:
            _load(path, validation=(other,))
        assert raised.value.config_path == "training_config.validation_path"
    loaded = _load(path, link)
    assert _shown(loaded.training, loaded) == "To be, or not to be", "read once"
    assert loaded.warnings == (
        (f"{link} is the same file as {path}, and is read once", "training_config.data_path"),
    )


def test_same_text_in_both_parts_is_refused(write: Write) -> None:
    def examples(*numbers: int) -> str:
        return _lines(*({"prompt": f"{n}?", "response": "yes"} for n in numbers))

    path, other = write("a.jsonl", examples(1, 2, 3)), write("b.jsonl", examples(4, 3, 2))
    with pytest.raises(RunError) as raised:
        _load(path, validation=(other,))
    assert raised.value.message == (
        f"2 of 3 documents to validate with are also trained on; the first is {other}:2, with the "
        f"text of {path}:3"
    )
    path, copy = write("a.txt", "To be, or not to be"), write("b.txt", "To be, or not to be")
    with pytest.raises(RunError, match=f"{copy}, with the text of {path}"):
        _load(path, validation=(copy,))


def test_example_that_is_set_aside_and_trained_on_is_not_validated(write: Write) -> None:
    numbers = (1, 2, 3, 4, 5, 6, 7, 2, 9, 10)
    path = write("a.jsonl", _lines(*({"prompt": f"{n}?", "response": "yes"} for n in numbers)))
    loaded = _load(path, validation_split=0.3)
    assert _shown(loaded.validation, loaded) == "[9?]yes|[10?]yes|"
    ((said, key),) = loaded.warnings
    assert said.startswith("1 of 3 documents set aside for validation has the same text as one")
    assert f"the first in {path}:8: nothing is validated with these" in said
    assert key == "training_config.validation_split"


def test_prompt_and_response_are_encoded_as_one_text(write: Write) -> None:
    pairs = HfTokenizer.of(["ab(yu) ab(yu)"] * 9, 280)
    loaded = _load(
        write("a.jsonl", _lines({"prompt": "ab(", "response": "yu)"}, {"text": "ab(yu)"})),
        tokenizer=pairs,
    )
    first, second = np.split(loaded.training.tokens, loaded.training.starts[1:])
    assert first.tolist() == second.tolist() == [*pairs.encode("ab(yu)"), loaded.tokenizer.end]


def test_validation_path_replaces_validation_split(write: Write) -> None:
    loaded = _load(
        write("a.txt", "To be"), validation=(write("b.txt", "or not"),), validation_split=0.5
    )
    assert _shown(loaded.training, loaded) == "To be"
    assert _shown(loaded.validation, loaded) == "or not"
    assert loaded.tokenizer.decode(loaded.prompt(3)) == "or "


def test_given_tokenizer_is_used_unchanged(write: Write) -> None:
    given = HfTokenizer.of(["To be, or not to be"], 270)
    loaded = _load(write("a.txt", "To be, never seen: żółw"), tokenizer=given)
    assert loaded.tokenizer == given
    assert given.decode(loaded.training.tokens) == "To be, never seen: żółw"
    loaded = _load(write("a.jsonl", SUMS), tokenizer=given)
    assert loaded.tokenizer.vocab_size == given.vocab_size + 1, "examples need an end"
    assert given.encode("To be").tolist() == loaded.tokenizer.encode("To be").tolist()
    with pytest.raises(RunError, match="no room for one"):
        _load(write("a.jsonl", SUMS), tokenizer=given, vocab_size=given.vocab_size)
    with pytest.raises(RunError, match="do not include 'x'"):
        _load(write("a.txt", "x"), tokenizer=CharTokenizer("abc"))


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_cached_tokens_equal_tokens_in_memory(
    write: Write, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    paths = (write("a.jsonl", SUMS + "no\n"), write("b.txt", "To be, or not to be. " * 9))
    options: dict[str, Any] = {"tokenizer_type": kind, "skip_bad_lines": True}
    options |= {"validation": (write("c.txt", "that is the question"),)}
    small = _load(*paths, **options)
    assert not (tmp_path / "cache").exists()
    monkeypatch.setattr(encoding, "_LARGEST_IN_MEMORY", 0)
    written, again = _load(*paths, **options), _load(*paths, **options)
    for one in (written, again):
        assert (one.tokenizer, one.digest, one.warnings) == (
            small.tokenizer,
            small.digest,
            small.warnings,
        )
        assert _shown(one.training, one) == _shown(small.training, small)
        assert _shown(one.validation, one) == _shown(small.validation, small)
        assert isinstance(one.training.tokens.base, np.memmap), "it is mapped, not read"


def test_cache_hit_depends_on_content_and_tokenizer(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.txt", "To be, or not to be")
    first = _load(path)
    with monkeypatch.context() as patch:
        patch.setattr(encoding, "write_stream", None)
        path.touch()
        moved = path.rename(path.with_name("moved.txt"))
        assert _load(moved).digest == first.digest, "the content counts, not the name or the date"
        with pytest.raises(TypeError):
            _load(moved, tokenizer=first.tokenizer.with_end())
        with pytest.raises(TypeError):
            _load(moved, tokenizer_type="bpe")
        moved.write_text("To be, or not to bee")
        with pytest.raises(TypeError):
            _load(moved)
    assert len([entry for entry in cache_folder.iterdir() if entry.is_dir()]) == 1


def test_cache_entries_expire_after_a_month(write: Write, cache_folder: Path) -> None:
    long_ago = time.time() - 31 * 24 * 3600

    def age(entry: Path) -> None:
        os.utime(entry / "meta.json", (long_ago, long_ago))

    forgotten, used = write("a.txt", "To be"), write("b.txt", "or not")
    _load(forgotten)
    (first,) = cache_folder.iterdir()
    _load(used)
    (second,) = set(cache_folder.iterdir()) - {first}
    age(first)
    age(second)
    _load(used)
    _load(write("c.txt", "to be"))
    left = set(cache_folder.iterdir())
    assert first not in left
    assert second in left
    assert len(left) == 2


def test_partial_cache_entry_is_ignored(write: Write, cache_folder: Path) -> None:
    path = write("a.txt", "To be, or not to be")
    tokens = _load(path).training.tokens.tolist()
    (entry,) = cache_folder.iterdir()
    entry.rename(entry.with_name(f"{entry.name}.new"))
    (entry.with_name(f"{entry.name}.new") / "tokens-0.bin").write_bytes(b"half")
    assert _load(path).training.tokens.tolist() == tokens
    assert [one.name for one in cache_folder.iterdir()] == [entry.name]


def test_unwritable_cache_is_reported(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(write("file", "") / "below"))
    with pytest.raises(RunError, match="the tokens cannot be written to") as raised:
        _load(write("a.txt", "To be"))
    assert VARIABLE in str(raised.value.advice)
    assert not cache_folder.exists()


WORDS = st.lists(st.sampled_from(["a", "b ", "ż", ",", "\n", "\r\n", "\r"]), min_size=1).map(
    "".join
)


@settings(deadline=None)
@given(text=WORDS, piece=st.integers(1, 40))
def test_pieces_join_to_full_text(
    text: str, piece: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "pieces.txt"
    path.write_bytes(text.encode())
    parts = [segment.text for segment in read_text(path, piece)]
    plain = text.replace("\r\n", "\n")
    assert "".join(parts) == plain


@settings(deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["to", "be,", "or", "\n", "\n\n", "  ", "it's", "1900"]), max_size=30
    )
)
def test_cutting_text_does_not_change_byte_pairs(
    words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = " ".join(("begin", *words))
    tokenizer = HfTokenizer.of([text], 300)
    path = tmp_path_factory.getbasetemp() / "cut.txt"
    path.write_text(text, encoding="utf-8")
    parts = [segment.text for segment in read_text(path, 12)]
    tokens = [token for part in tokenizer.encode_all(parts) for token in part.tolist()]
    assert tokens == tokenizer.encode(text).tolist()


def test_piece_size_does_not_change_tokens(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = (write("a.txt", "To be, or not to be. " * 40), write("b.jsonl", SUMS * 40))
    whole = _load(*paths, tokenizer_type="bpe", vocab_size=300)
    monkeypatch.setattr(reading, "PIECE", 50)
    monkeypatch.setattr(stream, "PIECE", 50)
    pieces = _load(*paths, tokenizer_type="bpe", vocab_size=300)
    assert pieces.digest == whole.digest


def test_byte_pairs_are_learned_from_sample_of_large_data(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.jsonl", SUMS * 50)
    options: dict[str, Any] = {"tokenizer_type": "bpe", "vocab_size": 300}
    whole = _load(path, **options)
    monkeypatch.setattr(learning, "_LEARNED_FROM", 200)
    part = _load(path, **options)
    assert part.tokenizer == _load(path, **options).tokenizer, "the same part each time"
    for one in (whole, part):
        assert one.tokenizer.decode(one.training.tokens[:40]).startswith("1+1=2<|endoftext|>so it")
    monkeypatch.setattr(learning, "_LEARNED_FROM", 0)
    assert _load(path, **options).tokenizer.vocab_size < part.tokenizer.vocab_size
