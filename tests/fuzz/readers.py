"""Every reader of files that a stranger may have written, for the fuzzers.

A reader either returns or raises one of its own errors, whatever the file contains.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seeds import (
    ADAPTER,
    ADAPTER_CONFIG,
    ARROW,
    BPE,
    CHARACTERS,
    CHAT_TEMPLATE,
    COMPRESSED_EXAMPLES,
    DESCRIPTION,
    EVENT_LINES,
    EXAMPLE_LIST,
    EXAMPLES,
    GPT2,
    INDEX,
    MODEL,
    PARQUET,
    PROJECT,
    RANDOM,
    RECIPE,
    RESOLVED_TEXT,
    STATE,
    TENSORS,
    TOKENS,
    UNIGRAM,
    WEIGHTS,
    WORD_PIECE,
    as_json,
    one_document,
)

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.families.hugging_face import (
    from_hugging_face,
    parse_description,
    special_tokens_of,
)
from trainsmith_schemas.runs.layout import EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import RunRecord
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.parts import split
from trainsmith_server.workspace.project_config import read_project_file
from trainsmith_server.workspace.runs import Runs
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.config.source import parse_override
from trainsmith_trainer.config.trackers import privacy_restriction
from trainsmith_trainer.data.cache_entry import DamagedEntryError, read_entry
from trainsmith_trainer.data.chat.conversation import Chat
from trainsmith_trainer.data.chat.template import ChatTemplate, TemplateError
from trainsmith_trainer.data.examples import Form, read_examples
from trainsmith_trainer.data.reading import read_text, read_tokens
from trainsmith_trainer.data.segments import BadLine
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.data.tokenizer import load_tokenizer
from trainsmith_trainer.data.tokens import UnknownCharacterError
from trainsmith_trainer.errors import RecipeError, RunError
from trainsmith_trainer.hf.adapter import adapter_weights, read_adapter
from trainsmith_trainer.hf.adapter_base import find_base, recorded_digests
from trainsmith_trainer.hf.model_dir import ADAPTER_FILE, ADAPTER_WEIGHTS
from trainsmith_trainer.hf.safetensors_files import read_tensors, stored_tensors
from trainsmith_trainer.history.all_runs import runs_in
from trainsmith_trainer.history.comparison import UnknownRunError, compare
from trainsmith_trainer.history.experiments import note_run
from trainsmith_trainer.history.listing import comparison_lines, list_lines
from trainsmith_trainer.history.record import newest_run, read_history, read_run
from trainsmith_trainer.run_dir import checkpoint

Refusals = tuple[type[Exception], ...]


@dataclass(frozen=True)
class Reader:
    """A reader of one kind of file."""

    read: Callable[[bytes, Path], object]
    """Reads a content, which it may write into an empty folder first."""
    seeds: tuple[bytes, ...]
    """Valid contents, from which the fuzzers start."""
    refusals: Refusals = ()
    """The reader's own errors. Their text is shown to users."""


def _check(content: bytes, _folder: Path) -> None:
    text = content.decode("utf-8", "replace")
    for part in split(text):
        analyze(part)


def _load_recipe(content: bytes, folder: Path) -> None:
    (folder / "training.yaml").write_bytes(content)
    (folder / "model.yaml").write_bytes(MODEL)
    (folder / "text.txt").write_bytes(b"To be, or not to be")
    load_config(folder / "training.yaml")


def _load_model(content: bytes, folder: Path) -> None:
    (folder / "training.yaml").write_bytes(RECIPE)
    (folder / "model.yaml").write_bytes(content)
    (folder / "text.txt").write_bytes(b"To be, or not to be")
    load_config(folder / "training.yaml")


def _read_project(content: bytes, folder: Path) -> None:
    path = folder / ".trainsmith.yaml"
    path.write_bytes(content)
    assert isinstance(privacy_restriction(folder / "training.yaml"), str)
    read_project_file(path, len(content))


def _list_runs(parent: Path) -> None:
    answer = runs_in(parent)
    answer.model_dump_json()
    list_lines(answer)
    newest_run(parent, parent / "training.yaml")
    Runs().of(parent / "training.yaml", iter([parent]))
    with suppress(UnknownRunError):
        assert comparison_lines(compare([parent / "good", parent / "bad"]))


def _read_events(content: bytes, folder: Path) -> None:
    for name, events in (("good", EVENT_LINES), ("bad", content)):
        (folder / name).mkdir()
        (folder / name / EVENTS).write_bytes(events)
        (folder / name / RESOLVED).write_bytes(RESOLVED_TEXT)
    _list_runs(folder)
    names = {run.name for run in runs_in(folder).runs}
    assert "good" in names, "a bad run does not affect others"
    read_history(folder / "bad")


def _read_resolved(content: bytes, folder: Path) -> None:
    for name, resolved in (("good", RESOLVED_TEXT), ("bad", content)):
        (folder / name).mkdir()
        (folder / name / EVENTS).write_bytes(EVENT_LINES)
        (folder / name / RESOLVED).write_bytes(resolved)
    _list_runs(folder)


def _read_checkpoint(name: str) -> Callable[[bytes, Path], object]:
    """Reads a checkpoint in which one file has a content, and all files have their digests."""

    def read(content: bytes, folder: Path) -> None:
        files = {
            "state.json": STATE,
            "model.safetensors": TENSORS,
            "optimizer.safetensors": TENSORS,
            "random.safetensors": RANDOM,
        }
        files[name] = content
        if name != "SHA256SUMS":
            digests = {one: hashlib.sha256(text).hexdigest() for one, text in files.items()}
            lines = (f"{digest}  {one}\n" for one, digest in digests.items())
            files["SHA256SUMS"] = "".join(lines).encode()
        for one, text in files.items():
            (folder / one).write_bytes(text)
        checkpoint.read_tensors(checkpoint.read_checkpoint(folder))

    return read


def _describe(content: bytes, _folder: Path) -> None:
    described = parse_description(content)
    from_hugging_face(described)
    special_tokens_of(described)


def _tokenize(content: bytes, _folder: Path) -> None:
    tokenizer = load_tokenizer(content)
    assert 0 <= tokenizer.vocab_size <= 2**25
    tokenizer.files()
    tokenizer.with_end().files()
    tokens = tokenizer.encode_all(["", "ab a\n\x00 é 😀"])
    tokenizer.decode(tokens[1])
    tokenizer.decode([0, 1, tokenizer.vocab_size])


def _read_cache(content: bytes, folder: Path) -> None:
    (folder / "meta.json").write_bytes(content)
    (folder / "tokenizer.json").write_bytes(CHARACTERS)
    (folder / "tokens-0.bin").write_bytes(TOKENS)
    (folder / "documents-0.bin").write_bytes(one_document(TOKENS))
    (folder / "counted-0.bin").write_bytes(b"")
    read_entry(folder, streams=1, files=1)


def _read_entry(folder: Path, tokens: bytes, documents: bytes) -> Stream:
    """Read an entry whose digest is right."""
    digest = hashlib.sha256(CHARACTERS + tokens + documents).hexdigest()
    (folder / "meta.json").write_bytes(as_json({"streams": 1, "left_out": [], "digest": digest}))
    (folder / "tokenizer.json").write_bytes(CHARACTERS)
    (folder / "tokens-0.bin").write_bytes(tokens)
    (folder / "documents-0.bin").write_bytes(documents)
    (folder / "counted-0.bin").write_bytes(b"")
    return read_entry(folder, streams=1, files=1).streams[0]


def _read_tokens_of_cache(content: bytes, folder: Path) -> None:
    stream = _read_entry(folder, content, one_document(content))
    assert max(stream.tokens.tolist(), default=0) <= 3


def _read_documents_of_cache(content: bytes, folder: Path) -> None:
    stream = _read_entry(folder, TOKENS, content)
    assert stream.starts.tolist() == sorted(set(stream.starts.tolist()))
    assert stream.documents["end"][-1:].tolist() == [len(stream)]


def _read_index(content: bytes, folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_bytes(content)
    (folder / "one.safetensors").write_bytes(TENSORS)
    dict(read_tensors(stored_tensors(folder)))


def _read_adapter(content: bytes, folder: Path) -> None:
    (folder / ADAPTER_FILE).write_bytes(content)
    (folder / ADAPTER_WEIGHTS).write_bytes(ADAPTER)
    adapter = read_adapter(folder)
    adapter_weights(adapter, from_hugging_face(GPT2))
    (folder / "base").mkdir()
    find_base(adapter, None)


def _read_adapter_weights(content: bytes, folder: Path) -> None:
    (folder / ADAPTER_FILE).write_bytes(as_json(ADAPTER_CONFIG))
    (folder / ADAPTER_WEIGHTS).write_bytes(content)
    adapter_weights(read_adapter(folder), from_hugging_face(GPT2))


def _read_base_digests(content: bytes, folder: Path) -> None:
    recorded_digests(content)


def _read_weights(content: bytes, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(content)
    dict(read_tensors(stored_tensors(folder)))


def _note(content: bytes, folder: Path) -> None:
    (folder / "r").mkdir()
    (folder / "r" / EVENTS).write_bytes(EVENT_LINES)
    run = read_run(folder / "r")
    assert isinstance(run, RunRecord)
    (folder / "experiments.md").write_bytes(content)
    note_run(folder / "experiments.md", run, "a sample")
    note_run(folder / "experiments.md", run, "another")
    after = (folder / "experiments.md").read_bytes()
    assert after.count(b"another") >= 1


def _read_data(kind: str) -> Callable[[bytes, Path], object]:
    def read(content: bytes, folder: Path) -> None:
        path = folder / f"data.{kind}"
        path.write_bytes(content)
        problems: list[BadLine] = []
        if kind not in ("yaml", "txt"):
            chat = Chat(ChatTemplate(CHAT_TEMPLATE), ("<|end|>",), ("<|end|>",))
            for segment in read_examples(path, Form(chat=chat), problems.append):
                segment.text.encode()
        elif kind == "yaml":
            for _ in read_tokens(path):
                pass
        else:
            assert "".join(one.text for one in read_text(path)).encode() is not None

    return read


def _render(content: bytes, _folder: Path) -> None:
    template = ChatTemplate(content.decode("utf-8", "replace"), {"eos_token": "<|end|>"})
    template.render([{"role": "user", "content": "1+1="}, {"role": "assistant", "content": "2"}])


def _override(content: bytes, _folder: Path) -> None:
    parse_override("--set", content.decode("utf-8", "surrogateescape"))


_DAMAGED = (checkpoint.DamagedCheckpointError,)

READERS: dict[str, Reader] = {
    "analysis": Reader(_check, (RECIPE, MODEL, RECIPE + b"---\n" + MODEL)),
    "recipe": Reader(_load_recipe, (RECIPE,), (RecipeError,)),
    "model-file": Reader(_load_model, (MODEL,), (RecipeError,)),
    "override": Reader(_override, (b"training_config.optimizer={lr: 1}",), (ValueError,)),
    "project-file": Reader(_read_project, (PROJECT,), (OSError, UnicodeDecodeError)),
    "events": Reader(_read_events, (EVENT_LINES,)),
    "resolved": Reader(_read_resolved, (RESOLVED_TEXT,)),
    "experiments": Reader(_note, (b"# Notes\n\n<!-- trainsmith: r -->\nx\n",), (OSError,)),
    "checkpoint-state": Reader(_read_checkpoint("state.json"), (STATE,), _DAMAGED),
    "checkpoint-digests": Reader(
        _read_checkpoint("SHA256SUMS"),
        (f"{hashlib.sha256(STATE).hexdigest()}  state.json\n".encode(),),
        _DAMAGED,
    ),
    "checkpoint-model": Reader(_read_checkpoint("model.safetensors"), WEIGHTS, _DAMAGED),
    "checkpoint-random": Reader(_read_checkpoint("random.safetensors"), WEIGHTS, _DAMAGED),
    "description": Reader(
        _describe, (as_json(DESCRIPTION), as_json(GPT2)), (UnreadableModelError,)
    ),
    "index": Reader(_read_index, (INDEX,), (UnreadableModelError,)),
    "adapter": Reader(_read_adapter, (as_json(ADAPTER_CONFIG),), (UnreadableModelError,)),
    "adapter-weights": Reader(_read_adapter_weights, (ADAPTER, *WEIGHTS), (UnreadableModelError,)),
    "base-digests": Reader(_read_base_digests, (b'{"sha256": {"model.safetensors": "0"}}',)),
    "weights": Reader(_read_weights, WEIGHTS, (UnreadableModelError,)),
    "tokenizer": Reader(
        _tokenize,
        (CHARACTERS, as_json(BPE), as_json(UNIGRAM), as_json(WORD_PIECE)),
        (UnknownCharacterError, RunError, ValueError),
    ),
    "cache-description": Reader(
        _read_cache,
        (as_json({"streams": 1, "left_out": [], "digest": "0"}),),
        (DamagedEntryError,),
    ),
    "cache-tokens": Reader(_read_tokens_of_cache, (TOKENS,), (DamagedEntryError,)),
    "cache-documents": Reader(
        _read_documents_of_cache, (one_document(TOKENS),), (DamagedEntryError,)
    ),
    "data-jsonl": Reader(_read_data("jsonl"), EXAMPLES, (RunError,)),
    "data-json": Reader(_read_data("json"), (EXAMPLE_LIST,), (RunError,)),
    "data-compressed": Reader(_read_data("jsonl.gz"), (COMPRESSED_EXAMPLES,), (RunError,)),
    "data-parquet": Reader(_read_data("parquet"), (PARQUET,), (RunError,)),
    "data-arrow": Reader(_read_data("arrow"), (ARROW,), (RunError,)),
    "chat-template": Reader(_render, (CHAT_TEMPLATE.encode(),), (TemplateError,)),
    "data-tokens": Reader(
        _read_data("yaml"), (b"tokens: [3, 1, 4]\ntokenizer_vocab_size: 9\n",), (RunError,)
    ),
    "data-text": Reader(_read_data("txt"), ("\ufeffTo\r\nbé".encode(),), (RunError,)),
}


_LONGEST = 50_000
"""The most characters of an error, which may list several problems."""


def try_reader(reader: Reader, content: bytes, folder: Path) -> None:
    """Let a reader read a content. Anything but a result or its own error is a bug.

    Args:
        reader: the reader.
        content: of the file.
        folder: a folder for its files, which is emptied afterwards.
    """
    said = "a result"
    try:
        reader.read(content, folder)
    except reader.refusals as error:
        said = str(error)
    finally:
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    assert said, "an error has a text"
    assert len(said) < _LONGEST, f"an error does not repeat the file: {said[:200]}"
