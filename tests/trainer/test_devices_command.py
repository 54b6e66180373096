"""`trainsmith devices`: the table and the report, with recorded findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from trainsmith_schemas.runs.device_report import DeviceReport, Gpu
from trainsmith_schemas.trainers.boards import card_of
from trainsmith_trainer.backends import torch as torch_backend
from trainsmith_trainer.backends import ttnn
from trainsmith_trainer.backends.registry import BACKENDS
from trainsmith_trainer.backends.ttnn import detection, smi
from trainsmith_trainer.backends.ttnn.detection import Found
from trainsmith_trainer.devices import processor, report
from trainsmith_trainer.devices.cli import devices

_CPUINFO = """\
processor	: 0
model name	: A Processor @ 2.0GHz
flags		: fpu avx512f avx512_bf16 amx_bf16 amx_tile

processor	: 1
model name	: Another
flags		: fpu
"""
_BACKENDS = ("ttnn", "torch", "numpy")
_BARE = Found((), "", "", None, None)
_WITH_BOARD = Found(("/dev/tenstorrent/0",), "", "", Path("/packages/ttnn"), Path("/opt/sfpi"))


@pytest.fixture(autouse=True)
def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """A machine with two cores, and nothing else."""
    (tmp_path / "cpuinfo").write_text(_CPUINFO)
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(processor, "_cores", lambda: 2)
    monkeypatch.setattr(processor, "_memory", lambda: 16_000_000_000)
    _with(monkeypatch, _BARE, smi.Answer(), "no board")


def _with(
    monkeypatch: pytest.MonkeyPatch, found: Found, answer: smi.Answer, lacks: str, *gpus: Gpu
) -> None:
    monkeypatch.setattr(report, "look", lambda: found)
    monkeypatch.setattr(detection, "look", lambda: found)
    monkeypatch.setattr(smi, "ask", lambda: answer)
    monkeypatch.setattr(report, "found_gpus", lambda: list(gpus))
    # Tests of the registry leave it in another order.
    monkeypatch.setattr(report, "BACKENDS", {name: BACKENDS[name] for name in _BACKENDS})
    monkeypatch.setattr(ttnn, "unavailable", lambda _: lacks)  # pyright: ignore
    monkeypatch.setattr(torch_backend, "unavailable", lambda _: "")  # pyright: ignore


def _text() -> str:
    result = CliRunner().invoke(devices)
    assert result.exit_code == 0, result.output
    return result.output


def test_machine_with_a_cpu_only() -> None:
    assert _text() == (
        "device        memory   details\n"
        "CPU, 2 cores  16.0 GB  A Processor @ 2.0GHz, bfloat16 by avx512_bf16, amx_bf16\n"
        "\n"
        "backend  trains here\n"
        "ttnn     no: no board\n"
        "torch    yes\n"
        "numpy    yes\n"
        "\n"
        "`auto` picks torch: it is the first of ttnn, torch that can be used here\n"
    )


def test_machine_with_a_board_and_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    boards = smi.Boards("N300", card_of("n300 L"), 2, "18.12.1.0")
    answer = smi.Answer((boards,), "TT-KMD 2.4.1")
    _with(monkeypatch, _WITH_BOARD, answer, "", Gpu(name="A GPU", memory=80_000_000_000))
    lines = _text().splitlines()
    assert lines[1:3] == [
        "Tenstorrent N300, 2 devices  12.9 GB each  Wormhole, driver TT-KMD 2.4.1, firmware "
        "18.12.1.0, SFPI in /opt/sfpi",
        "A GPU                        80.0 GB",
    ]
    assert lines[-1] == "`auto` picks ttnn: it is the first of ttnn, torch that can be used here"


def test_board_that_does_not_answer_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = smi.Answer(problem="`tt-smi -s` did not answer within 20 seconds")
    _with(monkeypatch, _WITH_BOARD, answer, "the board did not answer")
    assert (
        "Tenstorrent board, /dev/tenstorrent/0  –        SFPI in /opt/sfpi; `tt-smi -s` did not "
        "answer within 20 seconds"
    ) in _text().splitlines()


def test_simulator_is_no_board_for_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found((), "/sim/libttsim.so", "", Path("/packages/ttnn"), Path("/opt/sfpi"))
    _with(monkeypatch, found, smi.Answer(), "")
    lines = _text().splitlines()
    assert lines[1].split("  ")[0] == "simulated Tenstorrent board"
    assert lines[-1].endswith("`ttnn` is passed over, because there is no Tenstorrent board")


def test_report_is_read_back_as_it_was_written() -> None:
    result = CliRunner().invoke(devices, ["--format", "json"])
    read = DeviceReport.model_validate_json(result.output)
    assert read.chosen == "torch"
    assert read.processor.bf16 == ["avx512_bf16", "amx_bf16"]


def test_without_linux_the_processor_has_no_known_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "absent")
    assert "no bfloat16 units are known" in _text()


def test_gpus_are_asked_for_in_another_process() -> None:
    """PyTorch answers on every machine, with whatever GPUs there are."""
    from trainsmith_trainer.backends.torch.found_gpus import found_gpus

    assert all(gpu.name for gpu in found_gpus())
