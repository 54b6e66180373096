"""The number formats that a device can train in."""

from __future__ import annotations

import platform
from typing import Literal

import torch

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
