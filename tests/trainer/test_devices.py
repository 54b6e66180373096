"""What a run says of a device that cannot do what the recipe asks for."""

from __future__ import annotations

import pytest
import torch

from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.devices import device_warnings
from trainsmith_trainer.distributed.rank import ALONE, RankInfo

_CPU = torch.device("cpu")


def test_a_machine_with_too_few_gpus_says_that_it_computes_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyTorch's count of GPUs is replaced: there is none here."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    ((message, key),) = device_warnings(TrainingConfig(), _CPU, RankInfo(0, 2, 0, 2))
    assert key == "device_config.mesh_shape"
    assert message == (
        "this machine has 1 GPU and `mesh_shape` needs 2: the run computes on the CPU"
    )


def test_tf32_has_no_effect_on_a_cpu() -> None:
    ((message, key),) = device_warnings(TrainingConfig(tf32=True), _CPU, ALONE)
    assert (message, key) == (
        "`tf32` has no effect: only NVIDIA GPUs have it",
        "training_config.tf32",
    )
    assert list(device_warnings(TrainingConfig(), _CPU, ALONE)) == []
