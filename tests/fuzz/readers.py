"""Every reader of files that a stranger may have written, for the fuzzers.

A reader either returns or raises one of its own errors, whatever the file contains.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

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
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.reading import BadLine, read_examples, read_text, read_tokens
from trainsmith_trainer.data.stream import DOCUMENT, Stream
from trainsmith_trainer.data.tokenizer import load_tokenizer
from trainsmith_trainer.data.tokens import UnknownCharacterError
from trainsmith_trainer.errors import RecipeError, RunError
from trainsmith_trainer.hf.safetensors_files import read_tensors, stored_tensors
from trainsmith_trainer.history.comparison import UnknownRunError, compare
from trainsmith_trainer.history.experiments import note_run
from trainsmith_trainer.history.listing import comparison_lines, list_lines
from trainsmith_trainer.history.record import newest_run, read_history, read_run, runs_in
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


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


RECIPE = b"""\
training_config:
  data_path: text.txt
  model_config: model.yaml
  batch_size: &size 4
  max_steps: 0x10
  learning_rate: 3e-4
  optimizer: {type: AdamW, lr: 1.0e-3, <<: {beta1: 0.9}}
  project_name: "a \\u00e9 b"
  validation_frequency: *size
eval_config: {temperature: 0.7, top_k: 5}
device_config:
  mesh_shape: [1, 1]
"""
MODEL = b"""\
transformer_config:
  model_type: llama
  embedding_dim: 32
  num_blocks: 2
  num_heads: 4
  num_groups: 2
  max_sequence_length: 16
  rope_scaling: {scaling_factor: 4.0, original_context_length: 8}
"""


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


PROJECT = b"""\
privacy: local-only
profile: trainsmith
board: n150
rules:
  lr-too-high: off
  seed-missing: warning
"""

EVENT_LINES = "".join(
    json.dumps(event) + "\n"
    for event in (
        {
            "event": "run_started",
            "time": 1.5,
            "name": "r",
            "config": "training.yaml",
            "device": "CPU",
            "parameters": 9,
            "total_steps": 9,
            "ends_by": "max_steps",
            "steps_per_epoch": 9,
            "effective_batch": 4,
            "tokens_per_step": 64,
            "parent": "other",
        },
        {
            "event": "step",
            "time": 2,
            "step": 1,
            "epoch": 1,
            "loss": 2.5,
            "learning_rate": 0.1,
            "grad_norm": 1,
            "tokens_per_second": 1,
            "seconds_left": 1,
        },
        {"event": "validation", "time": 3, "step": 1, "loss": 2.25, "best": True},
        {"event": "sample", "time": 3, "step": 1, "prompt": "a", "text": "b"},
        {"event": "checkpoint_saved", "time": 3, "step": 1, "path": "c", "size": 1},
        {"event": "warned", "time": 3, "message": "hm"},
        {"event": "run_failed", "time": 4, "step": 1, "message": "no", "change": None},
        {"event": "run_stopped", "time": 4, "step": 1, "reason": "Ctrl-C"},
        {
            "event": "run_finished",
            "time": 4,
            "step": 1,
            "loss": 2.5,
            "validation_loss": 1,
            "seconds": 3,
            "final": "final",
        },
    )
).encode()
RESOLVED_TEXT = RECIPE + MODEL + b"derived: {data_sha256: 00ff}\nprovenance: {python: 3}\n"


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


STATE = _json(
    {
        "format": 2,
        "step": 4,
        "position": {"epoch": 0, "sequence": 16},
        "loss": 2.5,
        "validation_loss": None,
        "best_validation_loss": 2.0,
        "best": {"step": 4, "validation_loss": 2.0},
        "setting": {"torch": "2", "world_size": 1, "fused_adamw": True},
    }
)
TENSORS = safetensors.numpy.save({"a": np.arange(6, dtype=np.float32).reshape(2, 3)})
RANDOM = safetensors.numpy.save({"cpu": np.arange(6, dtype=np.uint8)})


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


DESCRIPTION = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 99,
    "max_position_embeddings": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8,
    },
    "tie_word_embeddings": True,
    "eos_token_id": [1, 2],
}
GPT2 = {
    "model_type": "gpt2",
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 16,
    "vocab_size": 99,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "eos_token_id": 98,
}


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


BPE = {
    "version": "1.0",
    "truncation": {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
    "padding": {
        "strategy": "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": 8,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "a",
    },
    "added_tokens": [
        {
            "id": 3,
            "content": "<|endoftext|>",
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
    ],
    "normalizer": {
        "type": "Sequence",
        "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": " +"}, "content": "a"},
            {"type": "Prepend", "prepend": "a"},
        ],
    },
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {
                "type": "Split",
                "pattern": {"Regex": "a|b"},
                "behavior": "Isolated",
                "invert": False,
            },
        ],
    },
    "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
    "decoder": {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "a"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ],
    },
    "model": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "a",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {"a": 0, "b": 1, "ab": 2},
        "merges": [["a", "b"]],
    },
}
UNIGRAM = {
    **BPE,
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"},
    "decoder": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"},
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0], ["b", -1.5]]},
}
WORD_PIECE = {
    **BPE,
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {
        "type": "WordPiece",
        "unk_token": "a",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 9,
        "vocab": {"a": 0, "##b": 1},
    },
}
CHARACTERS = CharTokenizer("ab\n", has_end=True).files()["tokenizer.json"]


def _read_cache(content: bytes, folder: Path) -> None:
    (folder / "meta.json").write_bytes(content)
    (folder / "tokenizer.json").write_bytes(CHARACTERS)
    (folder / "tokens-0.bin").write_bytes(TOKENS)
    (folder / "documents-0.bin").write_bytes(_one_document(TOKENS))
    (folder / "counted-0.bin").write_bytes(b"")
    read_entry(folder, streams=1, files=1)


TOKENS = b"\0\0\1\0"


def _one_document(tokens: bytes) -> bytes:
    return np.array([(len(tokens) // 2, 0, 1, 0, False)], DOCUMENT).tobytes()


def _read_entry(folder: Path, tokens: bytes, documents: bytes) -> Stream:
    """Read an entry whose digest is right."""
    digest = hashlib.sha256(CHARACTERS + tokens + documents).hexdigest()
    (folder / "meta.json").write_bytes(_json({"streams": 1, "left_out": [], "digest": digest}))
    (folder / "tokenizer.json").write_bytes(CHARACTERS)
    (folder / "tokens-0.bin").write_bytes(tokens)
    (folder / "documents-0.bin").write_bytes(documents)
    (folder / "counted-0.bin").write_bytes(b"")
    return read_entry(folder, streams=1, files=1).streams[0]


def _read_tokens_of_cache(content: bytes, folder: Path) -> None:
    stream = _read_entry(folder, content, _one_document(content))
    assert max(stream.tokens.tolist(), default=0) <= 3


def _read_documents_of_cache(content: bytes, folder: Path) -> None:
    stream = _read_entry(folder, TOKENS, content)
    assert stream.starts.tolist() == sorted(set(stream.starts.tolist()))
    assert stream.documents["end"][-1:].tolist() == [len(stream)]


def _read_index(content: bytes, folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_bytes(content)
    (folder / "one.safetensors").write_bytes(TENSORS)
    dict(read_tensors(stored_tensors(folder)))


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
        if kind == "jsonl":
            for segment in read_examples(path, problems.append):
                segment.text.encode()
        elif kind == "yaml":
            for _ in read_tokens(path):
                pass
        else:
            assert "".join(one.text for one in read_text(path)).encode() is not None

    return read


def _override(content: bytes, _folder: Path) -> None:
    parse_override("--set", content.decode("utf-8", "surrogateescape"))


_HEADER = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
_DAMAGED = (checkpoint.DamagedCheckpointError,)
_WEIGHTS = (TENSORS, RANDOM, struct.pack("<Q", len(_HEADER)) + _HEADER + b"1234")
_INDEX = _json({"metadata": {"total_size": 24}, "weight_map": {"a": "one.safetensors"}})

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
    "checkpoint-model": Reader(_read_checkpoint("model.safetensors"), _WEIGHTS, _DAMAGED),
    "checkpoint-random": Reader(_read_checkpoint("random.safetensors"), _WEIGHTS, _DAMAGED),
    "description": Reader(_describe, (_json(DESCRIPTION), _json(GPT2)), (UnreadableModelError,)),
    "index": Reader(_read_index, (_INDEX,), (UnreadableModelError,)),
    "weights": Reader(_read_weights, _WEIGHTS, (UnreadableModelError,)),
    "tokenizer": Reader(
        _tokenize,
        (CHARACTERS, _json(BPE), _json(UNIGRAM), _json(WORD_PIECE)),
        (UnknownCharacterError, RunError, ValueError),
    ),
    "cache-description": Reader(
        _read_cache,
        (_json({"streams": 1, "left_out": [], "digest": "0"}),),
        (DamagedEntryError,),
    ),
    "cache-tokens": Reader(_read_tokens_of_cache, (TOKENS,), (DamagedEntryError,)),
    "cache-documents": Reader(
        _read_documents_of_cache, (_one_document(TOKENS),), (DamagedEntryError,)
    ),
    "data-jsonl": Reader(
        _read_data("jsonl"), (b'{"prompt": "1+1=", "response": "2"}\n{"text": "a"}\n',), (RunError,)
    ),
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
