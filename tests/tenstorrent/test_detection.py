"""What is missing for the backend `ttnn`, from mock findings; ttnn itself is not asked here."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trainsmith_trainer.backends import ttnn
from trainsmith_trainer.backends.registry import AUTO, choose_backend
from trainsmith_trainer.backends.ttnn import detection
from trainsmith_trainer.backends.ttnn.detection import Found, look, missing
from trainsmith_trainer.backends.ttnn.environment import child_environment

_MOCK_BOARD = Found(("/dev/tenstorrent/0",), "", "", Path("/packages/ttnn"), Path("/sfpi"))


@pytest.fixture(autouse=True)
def _without_variables(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH", "TT_METAL_CACHE"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_missing_with_a_mock_board() -> None:
    assert missing(_MOCK_BOARD, "linux") == ""


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (replace(_MOCK_BOARD, boards=()), ["there is no Tenstorrent board", "tt-kmd"]),
        (
            replace(_MOCK_BOARD, package=None),
            ["the package `ttnn` is not installed", "pip install"],
        ),
        (
            replace(_MOCK_BOARD, compiler=None),
            ["the compiler SFPI is missing", "python -m ttnn.download_sfpi", "/opt/tenstorrent"],
        ),
        (
            replace(_MOCK_BOARD, mock="cluster.yaml"),
            ["TT_METAL_MOCK_CLUSTER_DESC_PATH", "unset it"],
        ),
        (
            replace(_MOCK_BOARD, boards=(), simulator="/absent.so"),
            ["TT_METAL_SIMULATOR names /absent.so, which is not a file"],
        ),
        (
            replace(_MOCK_BOARD, boards=(), package=None, compiler=None),
            ["no Tenstorrent board", "`ttnn` is not installed", "SFPI is missing"],
        ),
    ],
)
def test_everything_that_is_missing_is_named_with_its_remedy(
    found: Found, parts: list[str]
) -> None:
    text = missing(found, "linux")
    for part in parts:
        assert part in text


def test_other_systems_are_refused() -> None:
    assert missing(_MOCK_BOARD, "darwin").startswith("ttnn exists for Linux only")


def test_looking_does_not_import_ttnn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "mock"))
    found = look()
    assert found.package == Path(__file__).parent / "mock" / "ttnn"
    assert found.compiler
    assert "ttnn" not in sys.modules


def test_auto_takes_a_mock_board_only_with_everything_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of(found: Found, answer: str = "") -> str:
        monkeypatch.setattr(detection, "look", lambda: found)
        monkeypatch.setattr(detection, "unanswered", lambda: answer)
        monkeypatch.setattr(sys, "platform", "linux")
        return choose_backend(AUTO).name

    assert of(_MOCK_BOARD) == "ttnn"
    assert choose_backend(AUTO).reason == (
        "`auto` picks the first of ttnn, torch that can be used here"
    )
    assert of(_MOCK_BOARD, "the board did not answer") == "torch"
    assert of(replace(_MOCK_BOARD, compiler=None)) == "torch"
    # A simulator is no board: a run must name the backend.
    assert of(replace(_MOCK_BOARD, boards=(), simulator=__file__)) == "torch"
    assert ttnn.unavailable("train") == ""


def test_child_writes_into_our_folders_and_has_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINSMITH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("HOME")
    variables = child_environment(tmp_path / "scratch")
    assert variables["HOME"] == str(tmp_path / "scratch")
    assert variables["TT_METAL_LOGS_PATH"] == str(tmp_path / "scratch")
    assert variables["TT_METAL_CACHE"] == str(tmp_path / "cache" / "ttnn" / "kernels")
    assert variables["TT_LOGGER_LEVEL"] == "fatal"
    assert "TT_METAL_SLOW_DISPATCH_MODE" not in variables
    monkeypatch.setenv("TT_METAL_SIMULATOR", "/simulator.so")
    monkeypatch.setenv("TT_METAL_CACHE", "/kernels")
    simulated = child_environment(tmp_path)
    assert simulated["TT_METAL_SLOW_DISPATCH_MODE"] == "1"
    assert simulated["TT_METAL_CACHE"] == "/kernels"
