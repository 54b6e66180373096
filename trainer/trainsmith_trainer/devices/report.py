"""Everything that `trainsmith devices` reports; nothing of it is opened or computed on."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import cast

from trainsmith_schemas.runs.device_report import (
    DeviceReport,
    FoundBackend,
    Gpu,
    Tenstorrent,
    TenstorrentBoards,
)
from trainsmith_trainer.backends.base import BackendModule
from trainsmith_trainer.backends.registry import (
    BACKENDS,
    BackendError,
    choose_backend,
    chosen_by_auto,
    passed_over,
)
from trainsmith_trainer.backends.torch.found_gpus import UnansweredError, found_gpus
from trainsmith_trainer.backends.ttnn import smi
from trainsmith_trainer.backends.ttnn.detection import look
from trainsmith_trainer.devices.processor import processor


def device_report() -> DeviceReport:
    """Look at this machine. It takes some seconds, because the libraries are asked."""
    gpus, gpu_problem = _gpus()
    backends = [FoundBackend(name=name, problem=_problem(name)) for name in BACKENDS]
    chosen, why = _choice(backends)
    return DeviceReport(
        tenstorrent=_tenstorrent(),
        gpus=gpus,
        gpu_problem=gpu_problem,
        processor=processor(),
        backends=backends,
        chosen=chosen,
        why=why,
    )


def _tenstorrent() -> Tenstorrent:
    found = look()
    answer = smi.ask() if found.boards else smi.Answer()
    return Tenstorrent(
        files=list(found.boards),
        driver=answer.driver or None,
        boards=[
            TenstorrentBoards(
                name=boards.name,
                devices=boards.devices,
                architecture=boards.card.architecture if boards.card else None,
                memory=boards.card.memory if boards.card else None,
                firmware=boards.firmware or None,
            )
            for boards in answer.boards
        ],
        problem=answer.problem or None,
        compiler=str(found.compiler) if found.compiler else None,
        simulator=found.simulator or None,
    )


def _gpus() -> tuple[list[Gpu], str | None]:
    if importlib.util.find_spec("torch") is None:
        return [], None
    try:
        return found_gpus(), None
    except UnansweredError as error:
        return [], str(error)


def _problem(name: str) -> str | None:
    module = cast("BackendModule", importlib.import_module(BACKENDS[name]))
    return module.unavailable("train") or None


def _choice(backends: Sequence[FoundBackend]) -> tuple[str | None, str]:
    """What `auto` picks, and why; a backend that is complete may be passed over."""
    candidates = chosen_by_auto()
    try:
        chosen = choose_backend().name
    except BackendError:
        return None, f"none of {', '.join(candidates)} can train here"
    why = f"it is the first of {', '.join(candidates)} that can be used here"
    before = candidates[: candidates.index(chosen)]
    complete = [one.name for one in backends if one.name in before and one.problem is None]
    passed = [f"`{name}` is passed over, because {passed_over(name)}" for name in complete]
    return chosen, "; ".join((why, *passed))
