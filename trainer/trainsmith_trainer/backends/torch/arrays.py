"""Between PyTorch's tensors and NumPy's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from trainsmith_trainer.backends.base import Arrays


def as_array(tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor's numbers, in its memory if possible."""
    # NumPy has no bfloat16; float32 can represent all its values.
    exact = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    return np.asarray(exact.detach().cpu().numpy())


def tensors(arrays: Arrays) -> dict[str, Tensor]:
    """Copies of arrays as tensors."""
    return {name: tensor(array) for name, array in arrays.items()}


def shared_tensors(arrays: Arrays) -> dict[str, Tensor]:
    """Tensors in the memory of the arrays, or copies of those that may not be changed."""
    return {
        name: torch.from_numpy(array) if array.flags.writeable else tensor(array)
        for name, array in arrays.items()
    }


def tensor(array: npt.NDArray[Any]) -> Tensor:
    """A copy of an array as a tensor."""
    return torch.from_numpy(np.array(array))
