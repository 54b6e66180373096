"""Sums of gradients over the ranks, which begin during the backward pass.

Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training":
parameters are divided into buckets in the reverse of their order in the model, which is about the
order in which their gradients are ready, and a bucket is summed while earlier layers are computed.
PyTorch's own class averages over ranks and wraps the model, which would change names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

_BUCKET_BYTES = 25 << 20
"""As in PyTorch's `DistributedDataParallel`."""

Wait = Callable[[], None]


class GradientSums:
    """Replaces the gradients of some parameters by their sums over all ranks."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        start: Callable[[Tensor], Wait],
        bucket_bytes: int = _BUCKET_BYTES,
    ) -> None:
        """Watch parameters; all ranks do so with the same ones.

        Args:
            parameters: in the order of the model.
            start: starts to sum float32 numbers in place, and returns what waits for the sums.
            bucket_bytes: the size of a bucket. A larger parameter has a bucket of its own.
        """
        self._buckets = list(_buckets(parameters, bucket_bytes))
        self._start = start
        self._expects = False
        self._missing: list[int] = []
        """For each bucket, how many gradients are not ready."""
        self._started: list[tuple[Tensor, Wait]] = []
        """The numbers of the first buckets."""
        for index, bucket in enumerate(self._buckets):
            for parameter in bucket:
                parameter.register_post_accumulate_grad_hook(self._hook(index))

    def expect(self) -> None:
        """The next backward pass is the last one before `finish`."""
        self._expects = True
        self._missing = [len(bucket) for bucket in self._buckets]

    def finish(self) -> None:
        """Wait for all sums; a parameter that took no part on this rank adds zero."""
        self._expects = False
        while len(self._started) < len(self._buckets):
            self._start_next()
        for bucket, (numbers, wait) in zip(self._buckets, self._started, strict=True):
            wait()
            parts = numbers.split([parameter.numel() for parameter in bucket])
            for parameter, part in zip(bucket, parts, strict=True):
                parameter.grad = part.view_as(parameter).to(parameter.dtype)
        self._started = []

    def _hook(self, index: int) -> Callable[[Tensor], None]:
        def ready(_parameter: Tensor) -> None:
            if not self._expects:
                return
            self._missing[index] -= 1
            # All ranks start the buckets in the same order, whatever is ready first on each.
            while len(self._started) < len(self._buckets) and not self._missing[len(self._started)]:
                self._start_next()

        return ready

    def _start_next(self) -> None:
        bucket = self._buckets[len(self._started)]
        numbers = torch.cat([_flat_gradient(parameter) for parameter in bucket])
        for parameter in bucket:
            parameter.grad = None  # Its memory is free for the gradients of other layers.
        self._started.append((numbers, self._start(numbers)))


def _flat_gradient(parameter: nn.Parameter) -> Tensor:
    gradient = parameter.grad
    if gradient is None:
        return torch.zeros(parameter.numel(), device=parameter.device)
    return gradient.float().flatten()


def _buckets(
    parameters: Iterable[nn.Parameter], bucket_bytes: int
) -> Iterator[Sequence[nn.Parameter]]:
    bucket: list[nn.Parameter] = []
    size = 0
    for parameter in reversed(list(parameters)):
        if bucket and size + 4 * parameter.numel() > bucket_bytes:
            yield bucket
            bucket, size = [], 0
        bucket.append(parameter)
        size += 4 * parameter.numel()
    if bucket:
        yield bucket
