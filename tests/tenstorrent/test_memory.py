"""The memory of a step on a board, and what is refused before anything is compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from workspace import Workspace

from trainsmith_schemas.families.registry import parameter_shapes
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.trainers.boards import card_of
from trainsmith_trainer.backends import ttnn
from trainsmith_trainer.backends.ttnn import detection, memory, smi
from trainsmith_trainer.backends.ttnn.detection import Found
from trainsmith_trainer.backends.ttnn.shapes import bytes_in_tiles
from trainsmith_trainer.cli import train

_MODEL: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 1000,
    "embedding_dim": 64,
    "num_blocks": 2,
    "num_heads": 4,
    "num_groups": 2,
    "max_sequence_length": 64,
}


def _model(**changes: Any) -> TransformerConfig:
    return TransformerConfig.model_validate({**_MODEL, **changes})


def _bytes(training: dict[str, Any] | None = None, **model: Any) -> tuple[int, int]:
    return memory.step_bytes(TrainingConfig.model_validate(training or {}), _model(**model))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((32, 32), 4096),
        ((33, 32), 8192),
        ((64,), 2 * 4096),
        ((3, 2, 1, 1), 6 * 4096),
        ((), 0),
    ],
)
def test_arrays_are_stored_in_tiles(shape: tuple[int, ...], size: int) -> None:
    assert bytes_in_tiles(shape) == size


def test_state_is_four_times_the_weights_in_tiles() -> None:
    weights = sum(map(bytes_in_tiles, parameter_shapes(_model()).values()))
    assert _bytes()[0] == 4 * weights  # The weight, its gradient and two moments.
    assert _bytes({"optimizer": {"type": "SGD"}})[0] == 2 * weights


def test_what_a_micro_batch_holds() -> None:
    small, large = _bytes({"batch_size": 8})[1], _bytes({"batch_size": 16})[1]
    assert 1.9 < large / small < 2.1
    assert _bytes({"batch_size": 8}, runner_type="memory_efficient")[1] < small
    assert _bytes({"batch_size": 8}, vocab_size=50_000)[1] > 5 * small


def test_clipping_holds_no_copy_that_is_padded_to_tiles() -> None:
    """A matrix as one row takes 32 times its memory in tiles."""
    state, activations = _bytes({"batch_size": 1}, vocab_size=32_000, max_sequence_length=32)
    assert activations < state


def test_long_sequences_follow_from_shorter_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = _bytes({"batch_size": 1}, max_sequence_length=1024)
    monkeypatch.setattr(memory, "_LONGEST", 512)
    state, activations = _bytes({"batch_size": 1}, max_sequence_length=1024)
    assert state == exact[0]
    # Where the step holds most may be another place at the longer length.
    assert activations == pytest.approx(exact[1], rel=0.2)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an N150 on which the backend is complete; nothing of it is opened."""
    found = Found(("/dev/tenstorrent/0",), "", "", Path("/packages/ttnn"), Path("/sfpi"))
    answer = smi.Answer((smi.Boards("N150", card_of("n150"), 1, ""),))
    monkeypatch.setattr(detection, "look", lambda: found)
    monkeypatch.setattr(smi, "ask", lambda: answer)
    monkeypatch.setattr(ttnn, "unavailable", lambda _: "")  # pyright: ignore


def _dry_run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
    monkeypatch.chdir(workspace.path)
    return CliRunner().invoke(train, ["training.yaml", "--dry-run", "--backend", "ttnn", *options])


@pytest.mark.usefixtures("board")
def test_dry_run_says_what_the_board_holds(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _dry_run(workspace, monkeypatch)
    assert result.exit_code == 0, result.output
    assert "memory         about 4.37 MB at the peak, besides the program itself: 901 kB" in (
        result.output
    )


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training_config.batch_size=2000000", "an N150 has 12.9 GB: "),
        ("transformer_config.embedding_dim=6144", "an N150 has 12.9 GB: "),
    ],
)
@pytest.mark.parametrize("mode", [("--dry-run",), ()])
def test_step_beyond_the_memory_is_refused_before_anything_is_compiled(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    message: str,
    mode: tuple[str, ...],
) -> None:
    monkeypatch.chdir(workspace.path)
    arguments = ["training.yaml", "--backend", "ttnn", "--set", setting, *mode]
    result = CliRunner().invoke(train, arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert "a step takes about" in result.output
    assert not (workspace.path / "checkpoints").exists()


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        (
            [1, 2],
            "`mesh_shape` [1, 2] is that of an N300, and this machine has an N150 with 1 device: "
            "write [1, 1]",
        ),
        (
            [2, 2],
            "`mesh_shape` [2, 2] is 4 devices, and this machine has an N150 with 1 device: "
            "write [1, 1]",
        ),
    ],
)
def test_recipe_for_another_board_is_one_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, mesh: list[int], message: str
) -> None:
    workspace.write_recipe(device_config={"mesh_shape": mesh, "enable_ddp": True})
    result = _dry_run(workspace, monkeypatch)
    assert result.exit_code == 1
    assert result.output.count("mesh_shape") == 1
    assert message in result.output
