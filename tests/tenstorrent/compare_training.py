"""Compares training with ttnn with the same training by NumPy in float64; prints lines of JSON.

A script and not a test, because an error in the simulator ends its process. `test_ttnn_numbers.py`
starts it:

    compare_training.py gradients FAMILY
    compare_training.py steps FAMILY COUNT SAVED [START]

`steps` trains from a saved state, or from the beginning, and saves the state.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.initial_weights import initial_weights
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.data.batches import Batch

_SHAPE: dict[str, Any] = {
    "vocab_size": 65,
    "embedding_dim": 64,
    "num_blocks": 1,
    "num_heads": 4,
    "max_sequence_length": 20,
    "dropout_prob": 0.0,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "gpt2": {"model_type": "gpt2", "weight_tying": "enabled", "activation": "gelu_tanh"},
    "gpt2-gelu": {"model_type": "gpt2"},
    "gpt2-dropout": {"model_type": "gpt2", "dropout_prob": 0.1},
    "llama": {"model_type": "llama", "num_groups": 2},
    "qwen3": {
        "model_type": "qwen3",
        "num_groups": 2,
        "head_dim": 32,
        "weight_tying": "enabled",
    },
}
_ADAMW: dict[str, Any] = {
    "optimizer": {"type": "AdamW", "beta2": 0.95, "weight_decay": 0.1},
}
_PLAIN: dict[str, Any] = {
    "optimizer": {"type": "SGD"},
    "use_clip_grad_norm": False,
    "weight_decay": 0,
}


def _backend(ops: Any, family: str, training: dict[str, Any]) -> TapeBackend:
    config = _config(family)
    random = np.random.default_rng(5)
    weights = {
        name: array + random.normal(0, 0.02, array.shape).astype(np.float32)
        for name, array in initial_weights(config, seed=3).items()
    }
    parsed = TrainingConfig.model_validate(training)
    return TapeBackend(ops, "", {}, config, parsed, weights)


def _config(family: str) -> TransformerConfig:
    section = {**_SHAPE, **FAMILIES[family]}
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def _batch(step: int) -> Batch:
    tokens = np.random.default_rng(step).integers(0, 65, (2, 21))
    return Batch(tokens[:, :-1], tokens[:, 1:])


def _gradients(backend: TapeBackend) -> tuple[float, dict[str, npt.NDArray[Any]]]:
    """The loss, and the change of each weight by one step of gradient descent at a rate of 1."""
    before = {name: np.array(array, np.float64) for name, array in backend.weights().items()}
    loss = backend.gradient([_batch(0)]).loss
    backend.update(1.0)
    return loss, {name: before[name] - array for name, array in backend.weights().items()}


def _norm(arrays: list[npt.NDArray[Any]]) -> float:
    return float(np.sqrt(sum(float((array**2).sum()) for array in arrays)))


def compare_gradients(ops: Any, family: str) -> None:
    """Print the errors of one gradient, as norms relative to those of float64."""
    loss, found = _gradients(_backend(ops, family, _PLAIN))
    wanted_loss, wanted = _gradients(_backend(NumpyOps(np.float64), family, _PLAIN))
    differences = {name: found[name] - wanted[name] for name in wanted}
    sizes = {name: _norm([array]) for name, array in wanted.items()}
    # The gradient of a bias of keys is 0 in theory, so its relative error says nothing.
    each = {
        name: _norm([differences[name]]) / size
        for name, size in sizes.items()
        if size > 0 and not name.endswith("c_attn.bias")
    }
    worst = max(each, key=lambda name: each[name])
    line = {
        "family": family,
        "total": _norm(list(differences.values())) / _norm(list(wanted.values())),
        "median": float(np.median(list(each.values()))),
        "worst": each[worst],
        "worst weight": worst,
        "loss": loss,
        "loss difference": abs(loss - wanted_loss),
    }
    print(json.dumps(line), flush=True)


def compare_steps(ops: Any, family: str, count: int, saved: Path, start: Path | None) -> None:
    """Train some steps, print the loss of each, and save the state."""
    backend = _backend(ops, family, _ADAMW)
    reference = None if start else _backend(NumpyOps(np.float64), family, _ADAMW)
    first = 0
    if start:
        state = np.load(start)
        first = int(state["at"])
        backend.restore(*(_part(state, kind) for kind in ("weights", "optimizer", "random")))
    for step in range(first, first + count):
        began = time.perf_counter()
        batches, rate = [_batch(step)], 1e-3 * (1 - 0.02 * step)
        loss = backend.gradient(batches).loss
        backend.update(rate)
        line: dict[str, Any] = {"step": step + 1, "loss": loss}
        if reference:
            line["difference"] = abs(reference.gradient(batches).loss - loss)
            reference.update(rate)
        print(json.dumps({**line, "seconds": round(time.perf_counter() - began, 1)}), flush=True)
    arrays = {
        **{f"weights/{name}": array for name, array in backend.weights().items()},
        **{f"optimizer/{name}": array for name, array in backend.optimizer_state().items()},
        **{f"random/{name}": array for name, array in backend.random_state().items()},
    }
    np.savez(saved, **{**arrays, "at": np.array(first + count)})  # pyright: ignore[reportArgumentType]


def _part(state: Any, kind: str) -> dict[str, npt.NDArray[Any]]:
    prefix = f"{kind}/"
    return {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}


def main(mode: str, family: str, *others: str) -> None:
    """See the module."""
    import ttnn  # pyright: ignore[reportMissingImports]

    from trainsmith_trainer.backends.ttnn.ops import TtnnOps

    ops = TtnnOps(ttnn.open_device(device_id=0), native=False)
    if mode == "gradients":
        compare_gradients(ops, family)
        return
    count, saved, *start = others
    compare_steps(ops, family, int(count), Path(saved), Path(start[0]) if start else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
