"""Small updates of bfloat16 weights: which way of rounding loses them, and which does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tape_models import batch, model, weights_of

from trainsmith_schemas.meaning.bfloat16 import cut_to_bf16, growth
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Unsupported
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.tape.moreh import MorehAdamW
from trainsmith_trainer.backends.tape.optimizers import AdamW, optimizer_for
from trainsmith_trainer.backends.tape.randomness import Draws
from trainsmith_trainer.backends.tape.rounding import RoundedWeights, Way
from trainsmith_trainer.backends.tape.support import unsupported_by_tape

_KAHAN = {"precision": "bf16", "use_kahan_summation": True}
_RANDOM = {"precision": "bf16", "optimizer": {"type": "AdamW", "stochastic_rounding": True}}


def _trained(way: Way) -> Any:
    """10,000 weights of 1 after 40 updates of −0.0001."""
    ops, shapes = NumpyOps(), {"gain": (10_000,)}
    sgd = optimizer_for(OptimizerConfig(type="SGD"), shapes, ops)
    optimizer = RoundedWeights(sgd, shapes, ops, way, Draws(3))
    weights = {"gain": np.ones(10_000, np.float32)}
    for _ in range(40):
        optimizer.step(weights, {"gain": np.ones(10_000, np.float32)}, 1e-4, 0.0)
    assert np.array_equal(weights["gain"], ops.rounded(weights["gain"]))
    return weights["gain"]


def test_updates_drown_in_rounding_to_the_nearest() -> None:
    assert np.all(_trained("nearest") == 1)


def test_updates_survive_kahan_summation() -> None:
    # The nearest bfloat16 to 0.996.
    np.testing.assert_array_equal(_trained("carried"), np.float32(0.99609375))


def test_updates_survive_stochastic_rounding() -> None:
    assert _trained("random").mean() == pytest.approx(0.996, abs=1e-4)


def test_rounding_at_random_chooses_a_neighbour_and_keeps_the_mean() -> None:
    ops, quarter = NumpyOps(), np.full(100_000, 1 + 2**-9, np.float32)  # A quarter of the way.
    found = ops.rounded_at_random(quarter, 5)
    assert set(found.tolist()) == {1.0, 1 + 2**-7}
    assert (found > 1).mean() == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(found, ops.rounded_at_random(quarter, 5))
    assert np.any(found != ops.rounded_at_random(quarter, 6))
    kept = np.array([0.0, -1.5, 3e38, -np.inf], np.float32)
    np.testing.assert_array_equal(ops.rounded_at_random(ops.rounded(kept), 1), ops.rounded(kept))


def _backend(settings: dict[str, Any], *, moreh: bool = False) -> TapeBackend:
    config, ops = model(), NumpyOps()
    training = TrainingConfig.model_validate(settings)
    matmul = ops.matmul_bf16
    return TapeBackend(ops, "", {}, config, training, weights_of(config), matmul, moreh=moreh)


def _steps(backend: TapeBackend, seeds: Iterator[int]) -> None:
    for seed in seeds:
        backend.gradient([batch(seed=seed)])
        backend.update(1e-3)


@pytest.mark.parametrize("settings", [_KAHAN, _RANDOM])
def test_resumed_training_equals_uninterrupted_one(settings: dict[str, Any]) -> None:
    whole, part, resumed = (_backend(settings) for _ in range(3))
    _steps(whole, iter(range(4)))
    _steps(part, iter(range(2)))
    state = (part.weights(), part.optimizer_state(), part.random_state())
    resumed.restore(*state)
    _steps(resumed, iter(range(2, 4)))
    for name, array in whole.weights().items():
        np.testing.assert_array_equal(array, NumpyOps().rounded(array), err_msg=name)
        np.testing.assert_array_equal(array, resumed.weights()[name], err_msg=name)
    state = whole.optimizer_state()
    assert any(name.startswith("kahan.") for name in state) == (settings is _KAHAN)


def test_moreh_takes_too_much_of_the_gradient_into_its_second_moment() -> None:
    assert cut_to_bf16(0.999) == 0.99609375
    assert cut_to_bf16(-0.5) == -0.5
    assert growth(0.999) == pytest.approx(3.9, abs=0.01)
    ops, shapes = NumpyOps(), {"gain": (3,)}
    moments: list[Any] = []
    for kind in (AdamW, MorehAdamW):
        optimizer = kind(OptimizerConfig(), shapes, ops)
        weights = {"gain": np.ones(3, np.float32)}
        optimizer.step(weights, {"gain": np.full(3, 0.5, np.float32)}, 1e-3, 0.0)
        moments.append(optimizer.state()["exp_avg_sq.gain"])
    np.testing.assert_allclose(moments[1] / moments[0], 3.9, rtol=0.01)


def test_moreh_leaves_gains_of_normalisations_as_they_were() -> None:
    backend = _backend({}, moreh=True)
    gains = {name: array for name, array in backend.weights().items() if "ln_f.weight" in name}
    before = {name: array.copy() for name, array in gains.items()}
    _steps(backend, iter(range(4)))
    assert before
    for name, array in before.items():
        close_to_one = np.abs(array) > 0.6  # There, 0.001 is less than half a step of bfloat16.
        np.testing.assert_array_equal(backend.weights()[name][close_to_one], array[close_to_one])


def _warned(**settings: Any) -> list[Unsupported]:
    training = TrainingConfig.model_validate(settings)
    return list(unsupported_by_tape("numpy", model(), training, None, 1))


def test_ways_to_round_without_effect_are_told() -> None:
    assert _warned(**_KAHAN) == _warned(**_RANDOM) == []
    (kahan,) = _warned(use_kahan_summation=True)
    assert kahan.message == (
        "with the backend `numpy` and `precision: fp32`, weights are fp32, so Kahan summation has "
        "no bfloat16 rounding to carry"
    )
    (at_random,) = _warned(optimizer={"stochastic_rounding": True})
    assert at_random.message.endswith("so `stochastic_rounding` has nothing to round")
    (both,) = _warned(**{**_RANDOM, "use_kahan_summation": True})
    assert both.message.startswith("`stochastic_rounding` has no effect with Kahan summation")
