"""A damaged, foreign or linked entry of the token cache is made again, and never believed."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skips import NO_LINKS
from trainsmith_trainer.data import cache_entry, encoding
from trainsmith_trainer.data.corpus import Corpus, load_corpus
from trainsmith_trainer.data.cutting import Cutting
from trainsmith_trainer.data.encoding import Sources
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.special_tokens import SpecialTokens
from trainsmith_trainer.data.stream import DOCUMENT, Stream
from trainsmith_trainer.data.tokenizer import load_tokenizer
from trainsmith_trainer.user_cache import VARIABLE

EXAMPLES = '{"prompt": "1+1=", "response": "2"}\n{"prompt": "2+1=", "response": "3"}\n'


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, which is used for the smallest data too."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(encoding, "_LARGEST_IN_MEMORY", 0)
    (tmp_path / "a.jsonl").write_text(EXAMPLES, encoding="utf-8")
    return tmp_path / "cache"


def _load(folder: Path) -> Corpus:
    return load_corpus(Sources(training=(folder / "a.jsonl",)), Cutting(10))


def _flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _delete(file: Path) -> None:
    file.unlink()


def _replace_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _replace_by_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _replace_by_a_link(file: Path) -> None:
    target = file.parent.parent / f"elsewhere-{file.name}"
    file.rename(target)
    file.symlink_to(target)


def _nest(file: Path) -> None:
    file.write_bytes(b"[" * 100_000)


CHANGES: list[Callable[[Path], None]] = [
    _flip_a_bit,
    _truncate,
    _empty,
    _delete,
    _replace_by_a_folder,
    _replace_by_a_pipe,
    _replace_by_a_link,
    _nest,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize(
    "name", ["meta.json", "tokenizer.json", "tokens-0.bin", "counted-0.bin", "documents-0.bin"]
)
def test_changed_file_is_noticed_and_made_again(
    tmp_path: Path,
    cache_folder: Path,
    name: str,
    change: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    if change is _replace_by_a_pipe and not hasattr(os, "mkfifo"):
        pytest.skip(NO_LINKS)
    first = _load(tmp_path)
    tokens = first.training.tokens.tolist()
    (entry,) = cache_folder.iterdir()
    assert capsys.readouterr().err == ""
    change(entry / name)
    again = _load(tmp_path)
    assert f"{entry.name} are damaged and made again" in capsys.readouterr().err
    assert again.digest == first.digest
    assert again.training.tokens.tolist() == tokens
    assert _load(tmp_path).digest == first.digest
    assert capsys.readouterr().err == "", "the new entry is intact"


def test_tokens_with_another_end_are_another_entry(tmp_path: Path, cache_folder: Path) -> None:
    words = {"type": "WordLevel", "vocab": {"x": 0, "y": 900}, "unk_token": "x"}
    content = json.dumps({"version": "1.0", "added_tokens": [], "model": words}).encode()
    for end in (700, 701):
        tokenizer = HfTokenizer(content, SpecialTokens(stops=(end,)))
        sources = Sources(training=(tmp_path / "a.jsonl",), tokenizer=tokenizer)
        corpus = load_corpus(sources, Cutting(1000))
        assert end in corpus.training.tokens.tolist()
    assert len(list(cache_folder.iterdir())) == 2


def _rewrite(entry: Path, **changes: Any) -> None:
    """Change an entry so that its digest is right, which anybody can do."""
    meta = json.loads((entry / "meta.json").read_bytes())
    tokenizer = load_tokenizer((entry / "tokenizer.json").read_bytes())
    tokens = np.fromfile(entry / "tokens-0.bin", np.uint16)
    mask = np.fromfile(entry / "counted-0.bin", np.bool_)
    tokens = np.array(changes.pop("tokens", tokens), np.uint16)
    mask = np.array(changes.pop("mask", mask.view(np.uint8)), np.uint8).view(np.bool_)
    documents = np.fromfile(entry / "documents-0.bin", DOCUMENT)
    for name in ("end", "file"):
        documents[name] = changes.pop(name, documents[name])
    tokens.tofile(entry / "tokens-0.bin")
    documents.tofile(entry / "documents-0.bin")
    mask.tofile(entry / "counted-0.bin")
    digest = cache_entry.digest_of_tokens(tokenizer, [Stream(tokens, documents, mask)])
    (entry / "meta.json").write_text(json.dumps({**meta, "digest": digest, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"tokens": [9999] * 20, "mask": [1] * 20},
        {"mask": [1, 1]},
        {"mask": [7] * 14},
        {"end": [14, 14]},
        {"end": [20, 14]},
        {"end": [7, 15]},
        {"end": [-1, 14]},
        {"file": [0, 1]},
        {"file": -1},
        {"streams": 0},
        {"streams": 2},
        {"streams": "1"},
        {"streams": 2**70},
        {"left_out": [{"file": 1, "lines": 1, "first": 1, "why": "x"}]},
        {"left_out": [{"file": -1, "lines": 1, "first": 1, "why": "x"}]},
        {"left_out": [{"file": 0}]},
        {"left_out": 5},
        {"digest": None},
    ],
)
def test_foreign_entry_with_the_right_digest_is_made_again(
    tmp_path: Path, cache_folder: Path, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first = _load(tmp_path)
    (entry,) = cache_folder.iterdir()
    _rewrite(entry)
    assert _load(tmp_path).digest == first.digest
    assert capsys.readouterr().err == "", "nothing was changed"
    _rewrite(entry, **changes)
    assert _load(tmp_path).digest == first.digest
    assert "are damaged and made again" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["folder", "file", "nowhere"])
def test_entry_that_is_no_folder_is_replaced(
    tmp_path: Path, cache_folder: Path, target: str
) -> None:
    first = _load(tmp_path)
    (entry,) = cache_folder.iterdir()
    elsewhere = tmp_path / "elsewhere"
    if target == "folder":
        shutil.move(entry, elsewhere)
        entry.symlink_to(elsewhere)
    else:
        shutil.rmtree(entry)
        if target == "nowhere":
            entry.symlink_to(elsewhere)
        else:
            entry.write_bytes(b"")
    assert _load(tmp_path).digest == first.digest
    assert entry.is_dir()
    assert not entry.is_symlink()
    assert elsewhere.exists() == (target == "folder"), "the target of a link stays as it is"


def test_only_entries_expire(tmp_path: Path, cache_folder: Path) -> None:
    long_ago = time.time() - 365 * 24 * 3600
    for name in ("project", "a" * 63):
        (cache_folder / name).mkdir(parents=True)
        (cache_folder / name / "meta.json").write_text("{}")
        os.utime(cache_folder / name / "meta.json", (long_ago, long_ago))
    _load(tmp_path)
    assert len(list(cache_folder.iterdir())) == 3
