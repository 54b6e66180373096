"""Parameters that are divided over the ranks: PyTorch's `fully_shard` (FSDP), and their parts.

Zhao et al. 2023, "PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel". Each rank has
some rows of every parameter, of its gradient and of its optimizer state. A block's parameters are
gathered before the block is computed, and its gradients are summed and divided afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor


def shard(parts: Iterable[nn.Module], whole: nn.Module, device: torch.device) -> DeviceMesh:
    """Divide a module over all ranks, with the values of rank 0.

    A part is on the device as a whole only until it is divided.

    Args:
        parts: modules inside it that are gathered on their own, such as the blocks.
        whole: the module; it is called as a whole. Its parameters are replaced.
        device: that of this rank.

    Returns:
        The ranks.
    """
    mesh = init_device_mesh(device.type, (dist.get_world_size(),))
    for module in (*parts, whole):
        for parameter in module.parameters():
            if not isinstance(parameter, DTensor):
                parameter.data = parameter.data.to(device)
                dist.broadcast(parameter.data, 0)
        # Gradients of bfloat16 weights are summed in float32, as in data parallelism.
        fully_shard(module, mesh=mesh, mp_policy=MixedPrecisionPolicy(reduce_dtype=torch.float32))
        # Losses are divided by the tokens of all ranks, so gradients are summed, not averaged.
        cast("FSDPModule", module).set_gradient_divide_factor(1.0)
        cast("FSDPModule", module).set_force_sum_reduction_for_comms(True)
    return mesh


def own_part(whole: npt.NDArray[Any], rank: int, size: int) -> npt.NDArray[Any]:
    """The rows of an array that a rank has; all of a number."""
    if whole.ndim == 0:
        return whole
    rows = -(-whole.shape[0] // size)
    return whole[rank * rows : (rank + 1) * rows]


def owners(shapes: Mapping[str, Sequence[int]], size: int) -> dict[str, int]:
    """Which rank writes which tensor: each about the same number of bytes."""
    filled = [0] * size
    found: dict[str, int] = {}
    for name, shape in sorted(shapes.items(), key=_largest_first):
        rank = filled.index(min(filled))
        found[name] = rank
        filled[rank] += torch.Size(shape).numel()
    return found


def _largest_first(named: tuple[str, Any]) -> tuple[int, str]:
    name, shape = named
    return -torch.Size(shape).numel(), name
