"""`compile: true`: the same results up to rounding, the same names, and clear errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo
from torch._dynamo.utils import counters
from torch._inductor.cpu_vec_isa import valid_vec_isa_list
from workspace import MODEL

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.backends.torch.compiling import require_compiler
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.errors import RunError
from traps import linked_trap

_VOCABULARY = 20


def _backend(*, compiled: bool, packing: bool = False, **model: Any) -> TorchBackend:
    shape = {**MODEL, "num_blocks": 1, "vocab_size": _VOCABULARY, **model}
    training = TrainingConfig(compile=compiled, packing=packing)
    return TorchBackend(TransformerConfig.model_validate(shape), training)


def _batch(rows: int, length: int, lengths: tuple[tuple[int, ...], ...] | None = None) -> Batch:
    tokens = np.random.default_rng(rows).integers(0, _VOCABULARY, (rows, length + 1))
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), lengths)


_FIXED = (_batch(4, 16), _batch(4, 16))
_PACKED = (_batch(2, 16, ((5, 11), (16,))), _batch(2, 16, ((8,), (4, 4))), _batch(3, 9))


def _losses(backend: TorchBackend, batches: Sequence[Batch]) -> list[float]:
    losses: list[float] = []
    for batch in batches:
        losses.append(backend.gradient([batch]).loss)
        backend.update(0.01)
    return losses


@pytest.fixture(autouse=True)
def _fresh_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None, None, None]:
    """A cache of its own, and a working folder with modules and code that no process may run."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))
    monkeypatch.setenv("TRAINSMITH_CACHE_DIR", str(tmp_path / "tokens"))
    for variable in ("CC", "CXX"):
        monkeypatch.setenv(variable, "")  # So that it is restored.
        monkeypatch.delenv(variable)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("ctypes", "json", "subprocess"):
        trap = f"open({str(tmp_path / 'imported')!r}, 'a').write(__file__)"
        Path(f"{name}.py").write_text(trap, encoding="utf-8")
    linked_trap(Path(), tmp_path / "imported")
    torch._dynamo.reset()
    valid_vec_isa_list.cache_clear()
    yield
    assert not (tmp_path / "imported").exists()


def _graphs() -> int:
    """How many were compiled so far."""
    return counters["stats"]["unique_graphs"]


def test_compiled_model_agrees_with_plain_one() -> None:
    plain = _backend(compiled=False, dropout_prob=0.0)
    compiled, before = _backend(compiled=True, dropout_prob=0.0), _graphs()
    expected = _losses(plain, _FIXED)
    assert _losses(compiled, _FIXED) == pytest.approx(expected, rel=1e-5)
    assert _graphs() > before
    assert compiled.weights().keys() == plain.weights().keys()


def test_compiled_model_resumes_bit_by_bit() -> None:
    """With dropout, whose numbers compiled code draws in its own way."""
    first = _backend(compiled=True)
    _losses(first, _FIXED)
    states = (first.weights(), first.optimizer_state(), first.random_state())
    saved = [{name: array.copy() for name, array in state.items()} for state in states]
    expected = _losses(first, _FIXED)
    second = _backend(compiled=True)
    second.restore(*saved)
    assert _losses(second, _FIXED) == expected


@pytest.mark.parametrize("runner", ["default", "memory_efficient"])
def test_sequences_of_many_lengths_agree(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced as in a run; the machine code is not made, which takes long."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    options: dict[str, Any] = {"packing": True, "dropout_prob": 0.0, "runner_type": runner}
    plain, compiled = (_backend(compiled=each, **options) for each in (False, True))
    before = _graphs()
    assert _losses(compiled, _PACKED) == pytest.approx(_losses(plain, _PACKED), rel=1e-5)
    assert _graphs() > before
    assert compiled.loss(_PACKED) == pytest.approx(plain.loss(_PACKED), rel=1e-5)
    tokens = list(range(10))
    np.testing.assert_allclose(
        compiled.decoder().read(tokens), plain.decoder().read(tokens), atol=1e-5
    )


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(RunError) as raised:
        _backend(compiled=True)
    assert raised.value.message == "`compile` needs a C++ compiler, which is not here"
    assert "write `compile: false`" in str(raised.value.advice)
    assert raised.value.config_path == "training_config.compile"


def test_python_that_imports_modules_of_the_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))
    with pytest.raises(RunError, match=r"`compile` needs Python 3\.11 or later"):
        require_compiler(torch.device("cpu"))


def test_failing_compiler_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise ValueError("no code for this processor")

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=fails))
    with pytest.raises(RunError) as raised:
        _backend(compiled=True, num_blocks=2).gradient([_FIXED[0]])
    assert raised.value.message.startswith("`torch.compile` failed: ")
    assert "no code for this processor" in raised.value.message


def test_cache_is_in_the_cache_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    monkeypatch.setenv("TRAINSMITH_CACHE_DIR", str(tmp_path / "tokens"))
    _backend(compiled=True)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "compiled")
