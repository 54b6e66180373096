"""Training with PyTorch on several devices, each of which has a part of every parameter."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from trainsmith_trainer.backends.base import Arrays, Decoder, Gradient, Logits
from trainsmith_trainer.backends.torch.arrays import as_array
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.backends.torch.decoder import TorchDecoder
from trainsmith_trainer.backends.torch.group import Group
from trainsmith_trainer.backends.torch.lora import add_adapters
from trainsmith_trainer.backends.torch.models import build_empty, load_parameters, refuse_others
from trainsmith_trainer.backends.torch.models.transformer import Transformer
from trainsmith_trainer.backends.torch.optimizers import local
from trainsmith_trainer.backends.torch.sharding import own_part, owners, shard
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.distributed.rank import LostRankError

_NAMES = TypeAdapter(list[str])
_STEPS_OF_VALIDATION = 20
"""A validation takes about as long as so many steps, or less."""
_EPSILON = 1e-6
"""As in `torch.nn.utils.clip_grad_norm_`."""


class _OnRank0:
    """What other ranks have instead of a decoder."""

    def read(self, tokens: Sequence[int]) -> Logits:
        raise RuntimeError("the decoder of a sharded model is on rank 0")


class ShardedBackend(TorchBackend):
    """A model whose parameters, gradients and optimizer state are divided over the ranks.

    All ranks call `weights`, `optimizer_state` and `decoder` together, too.
    """

    sharded = True
    _restored: tuple[Arrays, Arrays] = ({}, {})
    """The weights and the optimizer state that rank 0 has read."""
    _usual_seconds = 60.0
    """How long the last step took; a guess for the first one."""

    @property
    def _ranks(self) -> Group:
        assert self._group is not None
        return self._group

    def _placed(self, model: Transformer) -> Transformer:
        return model  # One block after another is moved to the device, and divided.

    def _share_model(self) -> None:
        with self._ranks.computing_together():
            shard(self._model.blocks(), self._loss_module, self._device)

    def _prepare_sums(self, group: Group) -> None:
        # The loss, the request to stop and the norm; gradients are summed block by block.
        self.versions["shared_memory"] = group.share_memory(3)

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward pass over an effective batch; then the gradient is clipped."""
        began = time.monotonic()
        with self._ranks.computing_together(2 * self._usual_seconds):
            gradient = super().gradient(micro_batches)
        self._usual_seconds = time.monotonic() - began
        return gradient

    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches, without dropout."""
        with self._ranks.computing_together(_STEPS_OF_VALIDATION * self._usual_seconds):
            loss = super().loss(batches)
            # After a forward pass alone, the outermost parameters are still gathered.
            cast("FSDPModule", self._loss_module).reshard()
        return loss

    def _loss_of_own_rows(self, batch: Batch) -> Tensor | None:
        """The summed loss. All ranks compute, because parameters are gathered from all."""
        part = self._own_rows(batch)
        if len(part.inputs):
            return self._summed_loss(part)
        return 0.0 * self._summed_loss(batch.rows(slice(0, 1)))

    def _sum_over_ranks(self, group: Group, loss: Tensor) -> Tensor:
        stop = torch.tensor(float(self._stop_requested), device=self._device)
        squares = [torch.linalg.vector_norm(each) ** 2 for each in self._local_gradients()]
        square = torch.stack([each.float() for each in squares]).sum()
        loss, stop, self._square = group.all_reduce([loss, stop, square])
        self._should_stop = bool(stop)
        return loss

    def _norm(self) -> Tensor:
        return self._square.sqrt()

    def _clip(self, norm: Tensor) -> None:
        factor = (self._max_norm / (norm + _EPSILON)).clamp(max=1.0)
        for gradient in self._local_gradients():
            gradient.mul_(factor)

    def _local_gradients(self) -> list[Tensor]:
        return [local(gradient) for gradient in self._gradients()]

    def weights(self) -> Arrays:
        """The parameters that this rank writes, by name."""
        return dict(self._own_share({name: local(one) for name, one in self._saved.items()}))

    def optimizer_state(self) -> Arrays:
        """The optimizer state that this rank writes, by name."""
        return dict(self._own_share(self._optimizer.state()))

    def _own_share(self, parts: dict[str, Tensor]) -> Iterator[tuple[str, np.ndarray]]:
        """The whole tensors that this rank writes, gathered one after another.

        Args:
            parts: the parts of this rank: of a parameter `x` under that name, or as `kind.x`.
        """
        if self._ranks.broken:
            raise LostRankError("another rank has exited, and its part of the weights is lost")
        writes = self._owners()
        for name, part in parts.items():
            of = name if name in self._saved else name.partition(".")[2]
            whole = part
            if of:
                whole = self._ranks.gather_rows(part.detach(), len(self._saved[of]))
            if writes.get(of, 0) == self._rank_info.rank:
                yield name, as_array(whole)

    def _owners(self) -> dict[str, int]:
        if self._frozen():  # LoRA's matrices are small: rank 0 writes them.
            return dict.fromkeys(self._saved, 0)
        shapes = {name: tuple(one.shape) for name, one in self._saved.items()}
        return owners(shapes, self._ranks.size)

    def decoder(self) -> Decoder:
        """A decoder on the CPU of rank 0, where the memory is large enough for the whole model."""
        copy = None
        if self._rank_info.rank == 0:
            with torch.random.fork_rng():
                copy = build_empty(self._model.config)
                if self._lora:
                    add_adapters(copy, self._lora, {})
        named = dict(copy.named_parameters()) if copy else {}
        for name, parameter in self._model_parameters().items():
            whole = self._ranks.gather_rows(local(parameter.detach()), len(parameter))
            if copy:
                named[name].data = whole.cpu()
        return TorchDecoder(copy) if copy else _OnRank0()

    def _model_parameters(self) -> dict[str, torch.nn.Parameter]:
        return {**self._frozen(), **self._saved}

    @torch.no_grad()
    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Restore this rank's part; `broadcast_state` restores those of other ranks."""
        refuse_others(self._saved, weights)
        self._restored = (weights, optimizer)
        self._restore_parts(self._parts(weights), self._parts(optimizer))
        self._restore_random(random)
        self._random_of_ranks = random

    def broadcast_state(self, numbers: Sequence[int]) -> list[int]:
        """Copy the state of rank 0 to every rank, tensor by tensor."""
        rank = self._rank_info.rank
        own = {"numbers": {"": np.array(numbers, np.int64)}, "random": self._random_of_ranks}
        received = {name: self._ranks.broadcast(arrays) for name, arrays in own.items()}
        parts = [self._received_parts(arrays) for arrays in self._restored]
        if rank:
            # A rank without a state in the checkpoint draws other numbers than rank 0.
            torch.manual_seed(torch.initial_seed() + rank)
            if parts[0]:
                self._restore_parts(*parts)
            self._restore_random(received["random"])
        self._restored = ({}, {})
        return received["numbers"][""].tolist()

    def _received_parts(self, arrays: Arrays) -> dict[str, Tensor]:
        names = _NAMES.validate_json(self._ranks.exchange(json.dumps(list(arrays)))[0])
        parts: dict[str, Tensor] = {}
        for name in names:
            sent = {name: np.array(arrays[name], order="C")} if name in arrays else {}
            parts |= self._parts(self._ranks.broadcast(sent))
        return parts

    def _parts(self, arrays: Arrays) -> dict[str, Tensor]:
        info = self._rank_info
        return {
            name: torch.from_numpy(np.array(own_part(one, info.rank, info.size)))
            for name, one in arrays.items()
        }

    @torch.no_grad()
    def _restore_parts(self, weights: dict[str, Tensor], optimizer: dict[str, Tensor]) -> None:
        load_parameters({name: local(one.detach()) for name, one in self._saved.items()}, weights)
        self._optimizer.restore(optimizer)
