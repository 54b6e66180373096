"""A backend on several ranks: processes that run one function of a test."""

from __future__ import annotations

import multiprocessing
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import torch
from workspace import MODEL

from patience import PATIENCE
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch import open_backend, precision
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.distributed.rank import RankInfo

Result = TypeVar("Result")


def on_ranks(
    size: int, body: Callable[[RankInfo], Result], *, one_machine: bool = True
) -> list[Result]:
    """Run a function on every rank at once, and return the results in the order of the ranks.

    Args:
        size: the number of ranks.
        body: what each rank runs: a function of a module, or a `partial` of one.
        one_machine: whether the ranks may use shared memory; otherwise they use the network.
    """
    with tempfile.TemporaryDirectory() as name:
        processes: list[BaseProcess] = []
        ends: list[Connection] = []
        # A fork of this process would inherit locks of PyTorch's threads.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["trainsmith_trainer.backends.torch.backend"])
        for rank in range(size):
            local = (rank, size) if one_machine else (0, 1)
            info = RankInfo(rank, size, *local, Path(name), PATIENCE)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_run, args=(body, info, theirs))
            process.start()
            theirs.close()
            processes.append(process)
            ends.append(ours)
        try:
            results = [_received(end) for end in ends]
        finally:
            for process in processes:
                process.kill()
                process.join()
    return results


@dataclass(frozen=True)
class Steps:
    """What some steps have computed."""

    losses: list[tuple[float, float]]
    """The loss and the norm of the gradient at each step."""
    weights: dict[str, np.ndarray[Any, Any]]


_VOCABULARY = 20


# AdamW would turn differences of rounding into whole steps where gradients are zero.
SGD = {"optimizer": {"type": "SGD", "momentum": 0.9}}


def take_steps(
    info: RankInfo,
    model: Mapping[str, Any],
    lora: LoraConfig | None = None,
    training: Mapping[str, Any] = MappingProxyType(SGD),
    *,
    shard: bool = False,
) -> Steps:
    """Train on one rank for some steps, of which the last has a micro-batch with a single row."""
    config = TransformerConfig.model_validate({**MODEL, **model, "vocab_size": _VOCABULARY})
    # On any processor: without bfloat16 units it is slow, and fast enough for a small model.
    precision.has_bf16_units = _has_bf16_units
    settings = TrainingConfig.model_validate(dict(training))
    backend = open_backend(config, settings, info, lora=lora, shard=shard)
    backend.broadcast_state([0])
    losses: list[tuple[float, float]] = []
    for seed, rows in enumerate((4, 4, 1)):
        gradient = backend.gradient([_batch(4, seed), _batch(rows, seed + 10)])
        losses.append((gradient.loss, gradient.norm))
        backend.update(0.1)
    return Steps(losses, {name: array.copy() for name, array in backend.weights().items()})


def _has_bf16_units(_device: torch.device) -> bool:
    return True


def _batch(rows: int, seed: int) -> Batch:
    tokens = np.random.default_rng(seed).integers(0, _VOCABULARY, (rows, 17))
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy())


def _run(body: Callable[[RankInfo], object], info: RankInfo, end: Connection) -> None:
    torch.set_num_threads(1)
    try:
        end.send((True, body(info)))
    except BaseException:
        end.send((False, traceback.format_exc()))


def _received(end: Connection) -> Any:
    if not end.poll(PATIENCE):
        raise AssertionError("a rank does not answer")
    succeeded, result = end.recv()
    assert succeeded, result
    return result
