"""A step on shapes alone has the shapes of the step with numbers, and holds what it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tape_models import MODELS, batch, model, weights_of

from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.tape.ops import Ops
from trainsmith_trainer.backends.tape.shapes import ShapeOps


class _Both:
    """An array of NumPy, and the one that has only its shape."""

    def __init__(self, numbers: Any, shaped: Any) -> None:
        assert numbers.shape == shaped.shape
        self.numbers, self.shaped, self.shape = numbers, shaped, shaped.shape


class _BothOps:
    """Computes with both, and compares the shapes of all results."""

    def __init__(self, shapes: ShapeOps) -> None:
        for name in dir(Ops):
            if not name.startswith("_"):
                setattr(self, name, self._both(name, getattr(NumpyOps(), name), shapes))

    def _both(self, name: str, numbers: Any, shapes: ShapeOps) -> Any:
        def of(part: str, given: Any) -> Any:
            if isinstance(given, list):
                return [of(part, one) for one in given]
            return getattr(given, part) if isinstance(given, _Both) else given

        def operation(*arguments: Any, **options: Any) -> Any:
            found = numbers(*(of("numbers", one) for one in arguments), **options)
            shaped = getattr(shapes, name)(*(of("shaped", one) for one in arguments), **options)
            return found if found is None or name == "to_numpy" else _Both(found, shaped)

        return operation


def _size(shape: tuple[int, ...]) -> int:
    return 4 * int(np.prod(shape, dtype=np.int64))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("optimizer", ["AdamW", "SGD"])
def test_shapes_are_those_of_numpy(name: str, optimizer: str) -> None:
    config = model(**MODELS[name], dropout_prob=0.1)
    training = TrainingConfig.model_validate({"optimizer": {"type": optimizer, "momentum": 0.9}})
    shapes = ShapeOps(_size)
    ops: Any = _BothOps(shapes)
    backend = TapeBackend(ops, "", {}, config, training, weights_of(config))
    batches = [batch(), batch(seed=1)]
    for _ in range(2):
        backend.gradient(batches)
        backend.update(0.001)
    # After a step, only the weights and the optimizer's state are left.
    arrays = {**backend.weights(), **backend.optimizer_state()}
    assert shapes.memory.held == sum(_size(one.shape) for one in arrays.values() if one.shape)
    assert shapes.memory.peak > shapes.memory.held
