"""Sums of gradients that begin during the backward pass: their order, and the results of steps."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from ranks import on_ranks, take_steps
from torch import Tensor, nn

from skips import NO_PROC
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_trainer.backends.torch.gradient_sums import GradientSums, Wait


class _Log:
    """Sums over two ranks with equal gradients; notes what happens in which order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def start(self, numbers: Tensor) -> Wait:
        self.lines.append(f"start {numbers.numel()}")

        def wait() -> None:
            numbers.mul_(2)

        return wait

    def note(self, name: str, layer: nn.Linear) -> None:
        def ready(_: Tensor) -> None:
            self.lines.append(name)

        layer.weight.register_post_accumulate_grad_hook(ready)


def _layers(sizes: tuple[int, ...] = (3, 4, 5)) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(2, size, bias=False) for size in sizes))


def test_last_layers_are_summed_before_first_ones_are_computed() -> None:
    model = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Linear(3, 4, bias=False))
    log = _Log()
    log.note("first layer", model[0])  # pyright: ignore[reportArgumentType]
    sums = GradientSums(model.parameters(), log.start, bucket_bytes=4)
    sums.expect()
    model(torch.ones(1, 2)).sum().backward()
    assert log.lines == ["start 12", "first layer", "start 6"]


def test_all_ranks_start_buckets_in_one_order() -> None:
    """The last layer is not used on this rank, and a small one shares a bucket."""
    first, second, third = layers = _layers()
    log = _Log()
    sums = GradientSums(layers.parameters(), log.start, bucket_bytes=4 * 14)
    sums.expect()
    (first(torch.ones(1, 2)).sum() + second(torch.ones(1, 2)).sum()).backward()
    assert log.lines == []  # The bucket of the last layer is the first one everywhere.
    sums.finish()
    assert log.lines == ["start 10", "start 14"]
    assert third.weight.grad.tolist() == [[0, 0]] * 5  # pyright: ignore
    assert first.weight.grad.tolist() == [[2, 2]] * 3  # pyright: ignore


def test_micro_batches_before_the_last_one_are_not_summed() -> None:
    layer, log = nn.Linear(2, 3, bias=False), _Log()
    sums = GradientSums(layer.parameters(), log.start)
    for step in range(2):
        layer(torch.ones(1, 2)).sum().backward()
        assert len(log.lines) == step
        sums.expect()
        layer(torch.ones(1, 2)).sum().backward()
        sums.finish()
        assert layer.weight.grad.tolist() == [[4, 4]] * 3  # pyright: ignore
        layer.weight.grad = None
    assert log.lines == ["start 6", "start 6"]


def test_gradients_keep_their_number_format() -> None:
    layer = nn.Linear(2, 3, bias=False, dtype=torch.bfloat16)
    sums = GradientSums(layer.parameters(), _Log().start)
    sums.expect()
    layer(torch.ones(1, 2, dtype=torch.bfloat16)).sum().backward()
    sums.finish()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.bfloat16


_MODELS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tied": {"weight_tying": "enabled"},
    "recomputed": {"runner_type": "memory_efficient"},
    "llama": {"model_type": "llama", "num_groups": 2},
}


@pytest.mark.skipif(sys.platform != "linux", reason=NO_PROC)
@pytest.mark.parametrize("name", [*_MODELS, "lora"])
def test_steps_agree_with_sums_after_the_backward_pass(name: str) -> None:
    """Between machines, sums begin during the backward pass; in shared memory, after it."""
    model = _MODELS.get(name, {})
    lora = LoraConfig(r=2, lora_dropout=0.1) if name == "lora" else None
    train = partial(take_steps, model=model, lora=lora)
    after, during = on_ranks(2, train), on_ranks(2, train, one_machine=False)
    for results in (*after, *during):
        np.testing.assert_allclose(results.losses, after[0].losses, rtol=1e-6)
        for parameter, array in results.weights.items():
            np.testing.assert_allclose(array, after[0].weights[parameter], atol=1e-6)
