"""The report of `trainsmith devices` as text."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.quantities import plural, size
from trainsmith_schemas.runs.device_report import DeviceReport, Tenstorrent
from trainsmith_system.text import one_line
from trainsmith_trainer.formatting import table

_UNKNOWN = "–"


def lines_of(report: DeviceReport) -> list[str]:
    """A table of the devices, then one of the backends, then what `auto` picks."""
    devices = [("device", "memory", "details"), *_devices(report)]
    backends = [("backend", "trains here"), *_backends(report)]
    choice = f"`auto` picks {report.chosen or 'nothing'}: {report.why}"
    return [*table(devices), "", *table(backends), "", one_line(choice)]


def _backends(report: DeviceReport) -> Iterator[tuple[str, str]]:
    """A line for each backend, and for each further thing that it lacks."""
    for backend in report.backends:
        first, *others = f"no: {backend.problem}".split("; ") if backend.problem else ["yes"]
        yield backend.name, first
        yield from (("", other) for other in others)


def _devices(report: DeviceReport) -> Iterator[tuple[str, str, str]]:
    yield from _tenstorrent(report.tenstorrent)
    for gpu in report.gpus:
        yield gpu.name, _memory(gpu.memory), "" if gpu.memory else "the machine's memory"
    if report.gpu_problem:
        yield "GPU", _UNKNOWN, report.gpu_problem
    cpu = report.processor
    bf16 = f"bfloat16 by {', '.join(cpu.bf16)}" if cpu.bf16 else "no bfloat16 units are known"
    details = f"{cpu.name}, {bf16}" if cpu.name else bf16
    yield f"CPU, {plural(cpu.cores, 'core')}", _memory(cpu.memory), details


def _tenstorrent(found: Tenstorrent) -> Iterator[tuple[str, str, str]]:
    driver = f"driver {found.driver or 'unknown'}"
    compiler = f"SFPI in {found.compiler}" if found.compiler else "no SFPI"
    for boards in found.boards:
        firmware = f"firmware {boards.firmware or 'unknown'}"
        architecture = f"{boards.architecture}, " if boards.architecture else ""
        yield (
            f"Tenstorrent {boards.name}, {plural(boards.devices, 'device')}",
            f"{_memory(boards.memory)} each" if boards.devices > 1 else _memory(boards.memory),
            f"{architecture}{driver}, {firmware}, {compiler}",
        )
    if found.problem:
        files = ", ".join(found.files)
        yield f"Tenstorrent board, {files}", _UNKNOWN, f"{compiler}; {found.problem}"
    if found.simulator:
        yield "simulated Tenstorrent board", _UNKNOWN, f"{found.simulator}, {compiler}"


def _memory(amount: int | None) -> str:
    return _UNKNOWN if amount is None else size(amount)
