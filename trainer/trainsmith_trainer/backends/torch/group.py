"""The communication between the ranks of a data-parallel run, through torch.distributed."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import safetensors.numpy
import torch
import torch.distributed as dist
from torch import Tensor

from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.torch.shared_sums import SharedSums, open_shared_memory
from trainsmith_trainer.distributed.rank import LostRankError, RankInfo


class Group:
    """All ranks of a run, which call the same methods in the same order.

    Each method raises `LostRankError` if another rank has exited.
    """

    def __init__(self, rank_info: RankInfo, device: torch.device) -> None:
        self.rank, self.size = rank_info.rank, rank_info.size
        self.broken = False
        """Whether another rank has exited, or this one has left the order of operations."""
        self._waits = rank_info.waits
        self._device = device
        self._one_machine = rank_info.local_size == rank_info.size and device.type == "cpu"
        self._shared: SharedSums | None = None
        if rank_info.rendezvous and sys.platform == "linux":
            # The machine's host name may resolve to another address; loopback is enough here.
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        method = (rank_info.rendezvous / "group").as_uri() if rank_info.rendezvous else "env://"
        rank_info.announce()
        self._do(
            dist.init_process_group,
            "nccl" if device.type == "cuda" else "gloo",
            init_method=method,
            rank=self.rank,
            world_size=self.size,
            timeout=timedelta(seconds=rank_info.timeout),
        )
        # The group's threads must end before the interpreter does, or the process aborts.
        atexit.register(dist.destroy_process_group)

    def share_memory(self, numbers: int) -> bool:
        """Reduce through shared memory from now on, if all ranks run on one machine.

        Args:
            numbers: how many are reduced at once.

        Returns:
            Whether shared memory is used.
        """
        if not self._one_machine:
            return False
        memory = open_shared_memory(
            self.rank, self.size, numbers, self._broadcast_text, self._all_true
        )
        if memory is not None:
            self._shared = SharedSums(memory, self.rank, self._barrier)
        return memory is not None

    def start_all_reduce(self, numbers: Tensor) -> Callable[[], None]:
        """Start to replace float32 numbers by their sums over all ranks.

        Returns:
            What waits until they are replaced.
        """
        work: list[dist.Work] = []
        self._do(lambda: work.append(dist.all_reduce(numbers, async_op=True)))  # pyright: ignore
        return lambda: self._do(work[0].wait)

    def all_reduce(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Each tensor's sum over all ranks; the sums are views of one tensor."""
        flat = torch.cat([tensor.float().flatten() for tensor in tensors])
        if self._shared:
            self._shared.add(flat)
        else:
            self._do(dist.all_reduce, flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        return [
            part.view_as(tensor).to(tensor.dtype)
            for tensor, part in zip(tensors, parts, strict=True)
        ]

    def gather_rows(self, part: Tensor, rows: int) -> Tensor:
        """A whole tensor from the parts of all ranks, each as `sharding.own_part` returns it.

        Args:
            part: the rows of this rank; it may have none.
            rows: how many all ranks have together.
        """
        most = -(-rows // self.size)
        padded = part.new_zeros((most, *part.shape[1:]))
        padded[: len(part)] = part
        whole = part.new_empty((most * self.size, *part.shape[1:]))
        self._do(dist.all_gather, list(whole.split(most)), padded)
        return whole[:rows]

    def broadcast(self, arrays: Arrays, source: int = 0) -> Arrays:
        """Send the arrays of one rank to all ranks.

        Args:
            arrays: by name; ignored on ranks other than `source`.
            source: the rank that sends.
        """
        content = safetensors.numpy.save(dict(arrays)) if self.rank == source else b""
        length = torch.tensor([len(content)], device=self._device)
        self._do(dist.broadcast, length, source)
        if self.rank == source:
            message = torch.from_numpy(np.frombuffer(bytearray(content), np.uint8))
        else:
            message = torch.empty(int(length), dtype=torch.uint8)
        message = message.to(self._device)
        self._do(dist.broadcast, message, source)
        return safetensors.numpy.load(message.cpu().numpy().tobytes())

    def exchange(self, text: str) -> list[str]:
        """The texts of all ranks."""
        return [self._broadcast_text(text, rank) for rank in range(self.size)]

    @contextmanager
    def computing_together(self, seconds: float = 0.0) -> Generator[None, None, None]:
        """Computations within the block communicate: without another rank, they fail.

        Args:
            seconds: how long they may take before this rank counts as waiting for another one.
        """
        try:
            with self._waits.waiting(seconds):
                yield
        except RuntimeError as error:
            text = str(error)
            lost = isinstance(error, dist.DistError) or "gloo" in text or "NCCL" in text
            if not lost:
                raise
            self.broken = True
            raise LostRankError(
                f"rank {self.rank} has lost another rank: {text.splitlines()[0]}"
            ) from error

    def _broadcast_text(self, text: str, source: int = 0) -> str:
        received = self.broadcast({"text": np.array(bytearray(text.encode()), np.uint8)}, source)
        return received["text"].tobytes().decode()

    def _all_true(self, answer: bool) -> bool:
        answers = torch.tensor(float(answer))
        self._do(dist.all_reduce, answers)
        return int(answers) == self.size

    def _barrier(self) -> None:
        # Any operation that needs every rank.
        self._all_true(True)

    def _do(self, what: Callable[..., object], *arguments: Any, **options: Any) -> None:
        try:
            with self._waits.waiting():
                what(*arguments, **options)
        except RuntimeError as error:
            self.broken = True
            raise LostRankError(
                f"rank {self.rank} has lost another rank: {str(error).splitlines()[0]}"
            ) from error
