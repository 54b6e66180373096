"""The number formats that a device can train in, and the one that a run trains in."""

from __future__ import annotations

import platform
from typing import Literal

import torch

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.models.transformer import Transformer

Precision = Literal["fp32", "bf16"]

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def has_bf16_units(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 in hardware; emulated, it is over ten times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "mps":
        return torch.backends.mps.is_macos_or_newer(14, 0)
    if platform.machine().lower() in ("arm64", "aarch64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_device_supported())
    # Both functions are private to PyTorch; if they are removed, the answer is the safe `False`.
    functions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, function, bool)() for function in functions)


def choose_precision(
    training: TrainingConfig, device: torch.device, lora: LoraConfig | None
) -> tuple[Precision, tuple[tuple[str, str], ...]]:
    """The precision to train in, and warnings about it, each with the key concerned."""
    warnings: list[tuple[str, str]] = []
    precision = training.precision
    if precision == "bf16" and not has_bf16_units(device):
        precision = "fp32"
        message = (
            "this processor has no bfloat16 units and would be over ten times slower in bf16: "
            "the run computes in fp32"
        )
        warnings.append((message, "training_config.precision"))
    if (precision == "fp32" or lora) and derived.carries_rounding(training):
        flat = training.use_kahan_summation
        key = "use_kahan_summation" if flat else "optimizer.kahan_summation"
        what = "LoRA's weights" if lora else "weights"
        message = f"{what} are fp32, so Kahan summation has no bfloat16 rounding to carry"
        warnings.append((message, f"training_config.{key}"))
    return precision, tuple(warnings)


def in_precision(model: Transformer, precision: Precision) -> Transformer:
    """Convert the parameters only: tables of positions keep their precision."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(DTYPES[precision])
    return model
