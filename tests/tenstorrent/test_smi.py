"""What `tt-smi` says about boards, from snapshots in its form and from a program in its place."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from trainsmith_schemas.trainers.boards import BOARDS, CARDS
from trainsmith_system import children
from trainsmith_trainer.backends.ttnn import smi

_DRIVER = "TT-KMD 2.4.1"


def snapshot(*kinds: str, **changes: Any) -> bytes:
    """A snapshot in the form of tt-smi 3: its fields, with short values where none is read.

    Args:
        kinds: the `board_type` of each device.
        changes: other fields of the whole.
    """
    devices = [
        {
            "smbus_telem": {"BOARD_ID_HIGH": "0x100", "FAN_SPEED": None},
            "board_info": {
                "bus_id": f"0000:0{at}:00.0",
                "board_type": kind,
                "board_id": "0100014511",
                "coords": "(0, 0, 0, 0)",
                "dram_status": True,
                "dram_speed": "12G",
                "pcie_speed": 4,
                "pcie_width": "16",
            },
            "telemetry": {"voltage": "0.72", "aiclk": " 500", "heartbeat": "12"},
            "firmwares": {"fw_bundle_version": "18.12.1.0", "eth_fw": "7.0.0", "gddr_fw": None},
            "limits": {"vdd_min": "0.70", "bus_peak_limit": None},
        }
        for at, kind in enumerate(kinds)
    ]
    whole = {
        "time": "2026-11-30T10:00:00.000000",
        "host_info": {"OS": "Linux", "Memory": "503.42 GB", "Driver": _DRIVER},
        "host_sw_vers": {"tt_smi": "3.0.40"},
        "device_info": devices,
    }
    return json.dumps({**whole, **changes}, indent=4).encode()


@pytest.mark.parametrize(
    ("kinds", "words", "devices", "gigabytes"),
    [
        (["n150 L"], "an N150 with 1 device", 1, 12),
        (["n300 L", "n300 R"], "an N300 with 2 devices", 2, 12),
        (["n300 L"] * 4 + ["n300 R"] * 4, "4 × N300 with 8 devices", 8, 12),
        (["tt-galaxy-wh L"] * 32, "a Galaxy with 32 devices", 32, 12),
        (["p100a"], "a p100 with 1 device", 1, 28),
        (["p150b"], "a p150 with 1 device", 1, 32),
        (["n150 L", "p150a"], "an N150 and a p150 with 2 devices", 2, 12),
    ],
)
def test_boards_of_a_snapshot(kinds: list[str], words: str, devices: int, gigabytes: int) -> None:
    answer = smi.read_snapshot(snapshot(*kinds))
    assert answer.problem == ""
    assert (answer.words, answer.devices, answer.driver) == (words, devices, _DRIVER)
    assert answer.memory == gigabytes * 2**30
    assert {boards.firmware for boards in answer.boards} == {"18.12.1.0"}


def test_unknown_board_has_no_memory() -> None:
    answer = smi.read_snapshot(snapshot("q900\x1b[2J"))
    assert answer.memory is None
    assert answer.words == r"a q900\u001b[2J with 1 device"


def test_colours_and_lines_before_the_snapshot_are_left_out() -> None:
    written = b"\x1b[32m Gathering Information \x1b[0m\n" + snapshot("n150 L")
    assert smi.read_snapshot(written).words == "an N150 with 1 device"


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"No devices",
        b"[]",
        snapshot("n150 L")[:-40],
        b"{}",
        snapshot(device_info={"board_info": 1}),
        snapshot(device_info=[{"board_info": {"board_type": 150}}]),
        snapshot(host_info=None),
        b"{" * 100_000,
    ],
)
def test_another_output_is_one_sentence(written: bytes) -> None:
    answer = smi.read_snapshot(written)
    assert answer.boards == ()
    assert answer.problem.startswith("the snapshot of `tt-smi -s` is not one that can be read (")
    assert len(answer.problem) < 300


def test_each_board_of_the_setting_has_the_devices_of_its_cards() -> None:
    devices = {card.name: card.devices for card in CARDS}
    for board in BOARDS:
        assert board.devices % devices.get(board.name, 1) == 0


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place in the PATH for a program in the place of `tt-smi`."""
    if sys.platform != "linux":
        pytest.skip("Tenstorrent's driver exists for Linux only")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin:/usr/bin")
    smi.ask.cache_clear()
    return tmp_path / "tt-smi"


def _write(program: Path, body: str) -> None:
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_program_is_asked_for_a_snapshot(program: Path, tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_bytes(snapshot("n300 L", "n300 R"))
    _write(program, f'[ "$*" = "-s" ] && [ -z "$PYTHONPATH" ] && cat {tmp_path}/snapshot.json')
    answer = smi.ask()
    assert (answer.words, answer.problem) == ("an N300 with 2 devices", "")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "printf '\\033[31mNo Tenstorrent driver detected!\\033[0m\\n'; exit 1",
            "`tt-smi -s` failed: No Tenstorrent driver detected!",
        ),
        ("exit 3", "`tt-smi -s` failed with exit code 3"),
        ("sleep 60 & sleep 60", "`tt-smi -s` did not answer within 1 seconds"),
        ("yes", "`tt-smi -s` wrote more than 1,000 bytes"),
    ],
)
def test_program_that_does_not_answer_is_one_sentence(
    program: Path, monkeypatch: pytest.MonkeyPatch, body: str, problem: str
) -> None:
    seconds = 1.0 if "sleep" in body else 60.0
    monkeypatch.setattr(smi, "_SECONDS", seconds)
    monkeypatch.setattr(smi, "_MOST", 1000)
    _write(program, body)
    assert smi.ask().problem == problem


def test_without_the_program_it_is_named(program: Path) -> None:
    assert not program.exists()
    assert "`tt-smi` is not in the PATH" in smi.ask().problem


def test_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(children.NoAnswerError, match="cannot be started: "):
        children.answer_of(str(tmp_path / "absent"), [], seconds=60, most=1)
