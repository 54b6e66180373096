"""The JSON report of `trainsmith devices`: what this machine can train on."""

from __future__ import annotations

from pydantic import BaseModel

from trainsmith_schemas.runs.events import RECORD


class _Report(BaseModel):
    model_config = RECORD


class TenstorrentBoards(_Report):
    """Tenstorrent boards of one kind."""

    name: str
    """Their kind: `N300`."""
    devices: int
    """The number of devices on all of them; an N300 has two."""
    architecture: str | None
    """`Wormhole` or `Blackhole`; `None` if the kind is not known to Trainsmith."""
    memory: int | None
    """Bytes of DRAM of each device."""
    firmware: str | None
    """The version of the firmware, as `tt-smi` reports it."""


class Tenstorrent(_Report):
    """What there is for the backend `ttnn`."""

    files: list[str]
    """The driver's files: `/dev/tenstorrent/0`."""
    driver: str | None
    """The version of the driver, as `tt-smi` reports it."""
    boards: list[TenstorrentBoards]
    problem: str | None
    """Why `tt-smi` says nothing about the boards; `None` if it does, or if there are none."""
    compiler: str | None
    """The folder of the compiler SFPI."""
    simulator: str | None
    """The library that `TT_METAL_SIMULATOR` names."""


class Gpu(_Report):
    """A GPU that PyTorch can use."""

    name: str
    memory: int | None
    """Bytes; `None` on Apple GPUs, which share the machine's memory."""


class Processor(_Report):
    """The CPU."""

    name: str | None
    cores: int
    """The logical cores that this process may use."""
    memory: int | None
    """Bytes of the machine's memory."""
    bf16: list[str]
    """Its instructions for bfloat16, by Linux's names; empty if it has none, or without Linux."""


class FoundBackend(_Report):
    """A tensor library."""

    name: str
    """Its name in `--backend`."""
    problem: str | None
    """Why it cannot train here; `None` if it can."""


class DeviceReport(_Report):
    """The report of `trainsmith devices`."""

    tenstorrent: Tenstorrent
    gpus: list[Gpu]
    gpu_problem: str | None
    """Why PyTorch could not be asked for GPUs; `None` if it was, or is not installed."""
    processor: Processor
    backends: list[FoundBackend]
    chosen: str | None
    """The backend that `auto` picks; `None` if none can train here."""
    why: str
    """Why it is this one, or what is missing for all of them."""
