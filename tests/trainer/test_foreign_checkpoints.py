"""Checkpoints with the right digests and the wrong content end a run with one clear error."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy
import torch
from click.testing import CliRunner
from workspace import Workspace, make_workspace

from trainsmith_system import limits
from trainsmith_trainer.cli import generate, train
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.run_dir.checkpoint import (
    DamagedCheckpointError,
    read_checkpoint,
    read_tensors,
    verify_checkpoint,
)

LAST = "step-000004"
Arrays = dict[str, npt.NDArray[Any]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Generator[Workspace, None, None]:
    """A run that was trained for four steps; every test gets a copy of it."""
    workspace = make_workspace(tmp_path_factory.mktemp("trained"))
    workspace.write_recipe(training_config={"max_steps": 4})
    before = Path.cwd()
    os.chdir(workspace.path)
    try:
        result = CliRunner().invoke(train, ["training.yaml"])
        assert result.exit_code == 0, result.stderr
        workspace.write_recipe()
        yield workspace
    finally:
        os.chdir(before)


@pytest.fixture
def copy(trained: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    shutil.copytree(trained.path, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return Workspace(tmp_path / "copy")


def _checkpoint(workspace: Workspace) -> Path:
    return workspace.run_folder() / "checkpoints" / LAST


def _sign(checkpoint: Path) -> None:
    """Write the digests of the files as they are, which anybody can do."""
    files = [path for path in checkpoint.iterdir() if path.name != "SHA256SUMS"]
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (checkpoint / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _resume(workspace: Workspace) -> str:
    """The error with which resuming from the last checkpoint ends."""
    result = CliRunner().invoke(train, ["training.yaml", "--resume", str(_checkpoint(workspace))])
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit)
    assert "should not happen" not in result.stderr
    assert "Traceback" not in result.output
    log = workspace.run_folder() / "training.log"
    assert "Traceback" not in log.read_text(encoding="utf-8")
    return result.stderr


STATE: dict[str, Any] = {
    "format": 2,
    "step": 4,
    "position": {"epoch": 0, "sequence": 16},
    "loss": 2.5,
    "validation_loss": None,
    "best_validation_loss": 2.0,
    "best": {"step": 4, "validation_loss": 2.0},
    "setting": {"torch": "2"},
}
FOREIGN_STATES: dict[str, tuple[object, str]] = {
    "a list": ([], "is not a checkpoint's state"),
    "null": (None, "is not a checkpoint's state"),
    "a number": (1, "is not a checkpoint's state"),
    "no keys": ({}, "is not a checkpoint's state"),
    "another format": ({**STATE, "format": 3}, "has format 3, not 2"),
    "a long format": ({**STATE, "format": "x" * 999}, "has format 'xxx"),
    "a format of another type": ({**STATE, "format": []}, "has format [], not 2"),
    "a text as the step": ({**STATE, "step": "4"}, "`step`"),
    "a fraction as the step": ({**STATE, "step": 4.5}, "`step`"),
    "true as the step": ({**STATE, "step": True}, "`step`"),
    "a negative step": ({**STATE, "step": -1}, "`step`"),
    "a huge step": ({**STATE, "step": 10**30}, "`step`"),
    "NaN as the step": ({**STATE, "step": math.nan}, "`step`"),
    "another step than the folder's": ({**STATE, "step": 9}, "is the state of step 9"),
    "no position": ({**STATE, "position": None}, "`position`"),
    "a list as position": ({**STATE, "position": [0, 16]}, "`position`"),
    "a negative position": ({**STATE, "position": {"epoch": 0, "sequence": -5}}, "`position."),
    "a huge position": ({**STATE, "position": {"epoch": 2**63, "sequence": 0}}, "`position."),
    "an infinite position": ({**STATE, "position": {"epoch": math.inf}}, "`position."),
    "a list as the loss": ({**STATE, "loss": [1]}, "`loss`"),
    "a text as the best": ({**STATE, "best": "step-000004"}, "`best`"),
    "a negative best": ({**STATE, "best": {"step": -4, "validation_loss": 1}}, "`best."),
    "a list as the setting": ({**STATE, "setting": []}, "`setting`"),
    "a long name in the setting": ({**STATE, "setting": {"x" * 100_000: {}}}, "`setting.xxx"),
    "a mapping in the setting": ({**STATE, "setting": {"torch": {"a": 1}}}, "`setting."),
}
FOREIGN_TEXTS = {
    "an empty file": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"format": "\xff"}',
    "half a character": b'{"format": "\\ud800"}',
    "deep lists": b"[" * 100_000,
    "a deep mapping": b'{"format": 2, "step": ' + b'{"a":' * 100_000,
    "many digits": b'{"format": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("name", FOREIGN_STATES)
def test_foreign_state_is_refused(copy: Workspace, name: str) -> None:
    state, says = FOREIGN_STATES[name]
    _write_state(copy, json.dumps(state).encode())
    with pytest.raises(DamagedCheckpointError) as refused:
        read_checkpoint(_checkpoint(copy))
    assert says in str(refused.value)
    assert str(_checkpoint(copy)) in str(refused.value)
    assert len(str(refused.value)) <= 1000


@pytest.mark.parametrize("name", FOREIGN_TEXTS)
def test_state_that_is_not_json_is_refused(copy: Workspace, name: str) -> None:
    _write_state(copy, FOREIGN_TEXTS[name])
    with pytest.raises(DamagedCheckpointError, match=r"state\.json|has format"):
        read_checkpoint(_checkpoint(copy))


@pytest.mark.parametrize("key", STATE)
def test_missing_key_of_the_state_is_named(copy: Workspace, key: str) -> None:
    state = {name: value for name, value in STATE.items() if name != key}
    _write_state(copy, json.dumps(state).encode())
    with pytest.raises(DamagedCheckpointError, match=r"state\.json"):
        read_checkpoint(_checkpoint(copy))


def test_last_of_duplicate_keys_counts_and_unknown_keys_are_ignored(copy: Workspace) -> None:
    text = json.dumps({**STATE, "later": [1]}).removesuffix("}") + ', "loss": 1.5}'
    _write_state(copy, text.encode())
    assert verify_checkpoint(_checkpoint(copy)).loss == 1.5


def test_foreign_state_is_one_error_of_a_run(copy: Workspace) -> None:
    _write_state(copy, json.dumps({**STATE, "step": "4"}).encode())
    assert "state.json: `step`: Input should be a valid integer" in _resume(copy)


def test_newest_checkpoint_with_a_foreign_state_is_skipped(copy: Workspace) -> None:
    _write_state(copy, b"[]")
    result = CliRunner().invoke(train, ["training.yaml", "--resume"])
    assert result.exit_code == 0, result.stderr
    assert "the checkpoint before it is used" in result.stdout + result.stderr


@pytest.mark.parametrize("chat", [False, True])
def test_prompt_with_a_token_that_the_model_lacks_is_one_error(copy: Workspace, chat: bool) -> None:
    final = copy.run_folder() / "final"
    files = CharTokenizer("".join(map(chr, range(32, 1000))), True).files()
    (final / "tokenizer.json").write_bytes(files["tokenizer.json"])
    text = "{{ messages[0].content }}"
    (final / "chat_template.jinja").write_text(text, encoding="utf-8")
    options = ["--chat"] if chat else ["--prompt", "\u03a9"]
    result = CliRunner().invoke(generate, [str(copy.run_folder()), *options], input="\u03a9\n")
    assert isinstance(result.exception, SystemExit)
    assert "writes the prompt with token 905" in result.stderr


def test_texts_of_a_checkpoint_have_a_limit_together(
    copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (_checkpoint(copy) / f"{number}.txt").write_bytes(b"x" * 10**6)
    _sign(_checkpoint(copy))
    read_checkpoint(_checkpoint(copy))
    monkeypatch.setattr(limits, "CHECKPOINT_TEXTS", 2 * 10**6)
    with pytest.raises(DamagedCheckpointError, match="it is larger than"):
        read_checkpoint(_checkpoint(copy))


@pytest.mark.parametrize("name", ["smoke-run.txt", "events.jsonl", "training.log", "config.yaml"])
def test_folder_in_the_place_of_a_file_is_one_error(copy: Workspace, name: str) -> None:
    path = copy.run_folder() / name
    path.unlink(missing_ok=True)
    path.mkdir()
    result = CliRunner().invoke(
        train, ["training.yaml", "--name", copy.run_folder().name, "--resume"]
    )
    assert isinstance(result.exception, SystemExit)
    assert f"{name} is a folder, and a run has a file of this name" in result.stderr
    assert "rename it" in result.stderr


def test_position_far_beyond_the_data_starts_the_next_epoch(copy: Workspace) -> None:
    position = {"epoch": 2**51, "sequence": 2**51}
    _write_state(copy, json.dumps({**STATE, "position": position}).encode())
    result = CliRunner().invoke(train, ["training.yaml", "--resume"])
    assert result.exit_code == 0, result.stderr


def _write_state(workspace: Workspace, content: bytes) -> None:
    (_checkpoint(workspace) / "state.json").write_bytes(content)
    _sign(_checkpoint(workspace))


def _without_one(arrays: Arrays) -> Arrays:
    return dict(list(arrays.items())[1:])


def _with_another(arrays: Arrays) -> Arrays:
    return {**arrays, "exp_avg.nonsense": np.zeros(3, np.float32)}


def _with_shape(shape: tuple[int, ...]) -> Callable[[Arrays], Arrays]:
    """The first tensor with dimensions, with another shape, which might be broadcast."""

    def change(arrays: Arrays) -> Arrays:
        name = next(name for name, array in arrays.items() if array.ndim)
        return {**arrays, name: np.zeros(shape, np.float32)}

    return change


def _of_type(kind: npt.DTypeLike) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {name: array.astype(kind) for name, array in arrays.items()}


def _random(content: npt.NDArray[Any]) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, "cpu": content}


SIZE = len(torch.get_rng_state())
WRONG_TENSORS: Mapping[str, tuple[str, Callable[[Arrays], Arrays], str]] = {
    "no weights": ("model", lambda _: {}, "of another model"),
    "a weight too few": ("model", _without_one, "of another model"),
    "a weight too many": ("model", _with_another, "of another model"),
    "a weight of another shape": ("model", _with_shape((1,)), "of another model"),
    "integers as weights": ("model", _of_type(np.int32), "int32, expected float32"),
    "complex weights": ("model", _of_type(np.complex64), "complex64, expected float32"),
    "no moments": ("optimizer", lambda _: {}, "its optimizer state has no tensors"),
    "a moment too few": ("optimizer", _without_one, "its optimizer state has"),
    "a moment too many": ("optimizer", _with_another, "its optimizer state has"),
    "a moment of another shape": ("optimizer", _with_shape((7, 7)), "is [7, 7], not"),
    "a moment that could be broadcast": ("optimizer", _with_shape(()), "is [], not"),
    "doubles as moments": ("optimizer", _of_type(np.float64), "float64, expected float32"),
    "a short random state": ("random", _random(np.zeros(5, np.uint8)), "`cpu` is not valid"),
    "no random state": ("random", _random(np.zeros(0, np.uint8)), "`cpu` is not valid"),
    "zeros as a random state": ("random", _random(np.zeros(SIZE, np.uint8)), "`cpu` is not valid"),
    "floats as a random state": ("random", _of_type(np.float32), "float32, expected uint8"),
}


@pytest.mark.parametrize("name", WRONG_TENSORS)
def test_wrong_tensors_are_one_error_of_a_run(copy: Workspace, name: str) -> None:
    file, change, says = WRONG_TENSORS[name]
    path = _checkpoint(copy) / f"{file}.safetensors"
    arrays: Arrays = safetensors.numpy.load(path.read_bytes())
    path.write_bytes(safetensors.numpy.save(change(arrays)))
    _sign(_checkpoint(copy))
    error = _resume(copy)
    assert says in error
    assert LAST in error


def _safetensors(header: bytes, data: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header + data


JUNK = {
    "an empty file": b"",
    "no header": b"abc",
    "a header of 2^60 bytes": (2**60).to_bytes(8, "little"),
    "a deep header": _safetensors(b"[" * 100_000),
    "an unknown format": _safetensors(
        b'{"a":{"dtype":"X","shape":[1],"data_offsets":[0,1]}}', b"a"
    ),
    "a format that NumPy lacks": _safetensors(
        b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', b"ab"
    ),
    "too many dimensions": _safetensors(
        b'{"a":{"dtype":"F32","shape":[' + b"1," * 99 + b'1],"data_offsets":[0,4]}}', b"abcd"
    ),
}


@pytest.mark.parametrize("file", ["model", "optimizer", "random"])
@pytest.mark.parametrize("name", JUNK)
def test_junk_instead_of_tensors_is_refused(copy: Workspace, name: str, file: str) -> None:
    (_checkpoint(copy) / f"{file}.safetensors").write_bytes(JUNK[name])
    _sign(_checkpoint(copy))
    with pytest.raises(DamagedCheckpointError, match=rf"{file}\.safetensors cannot be read"):
        read_tensors(read_checkpoint(_checkpoint(copy)))


def test_junk_instead_of_tensors_is_one_error_of_a_run(copy: Workspace) -> None:
    (_checkpoint(copy) / "optimizer.safetensors").write_bytes(b"")
    _sign(_checkpoint(copy))
    assert "optimizer.safetensors cannot be read" in _resume(copy)


@pytest.mark.parametrize("file", ["model", "optimizer", "random"])
def test_tensors_without_a_digest_are_refused(copy: Workspace, file: str) -> None:
    digests = _checkpoint(copy) / "SHA256SUMS"
    lines = digests.read_text(encoding="utf-8").splitlines(keepends=True)
    digests.write_text("".join(one for one in lines if file not in one), encoding="utf-8")
    with pytest.raises(DamagedCheckpointError, match=f"does not list {file}"):
        read_tensors(read_checkpoint(_checkpoint(copy)))


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 50_000, b"training_config: {a: *b}"])
def test_foreign_settings_of_a_checkpoint_are_not_compared(copy: Workspace, content: bytes) -> None:
    (_checkpoint(copy) / "resolved.yaml").write_bytes(content)
    _sign(_checkpoint(copy))
    arguments = ["training.yaml", "--resume", str(_checkpoint(copy))]
    result = CliRunner().invoke(train, arguments)
    assert result.exit_code == 0, result.stderr
