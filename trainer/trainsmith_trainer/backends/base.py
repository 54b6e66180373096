"""What the loop asks of a tensor library. Everything that crosses is a NumPy array or a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.distributed.rank import ALONE, RankInfo

Arrays = Mapping[str, npt.NDArray[Any]]
Logits = npt.NDArray[np.float32]
Purpose = Literal["train", "generate"]


@dataclass(frozen=True)
class Gradient:
    """What is known of a gradient before the weights move."""

    loss: float
    """Mean cross entropy over the tokens of the effective batch, in nats."""
    norm: float
    """The gradient's length over all parameters, before clipping."""


class Decoder(Protocol):
    """A model that writes, one token after another, and remembers what it has read."""

    def read(self, tokens: Sequence[int]) -> Logits:
        """Take in more tokens and give the next one's logits, of shape (vocabulary,)."""
        ...


class Backend(Protocol):
    """A model, its optimizer and its device.

    With more than one rank, each has a backend; they are given the same batches and compute their
    rows of them. All ranks then call `gradient`, `loss`, `random_state`, `should_stop` and
    `broadcast_state` in the same order; these raise `LostRankError` where a rank is gone.
    """

    @property
    def device(self) -> str:
        """The device in words: `CPU, 2 threads`."""
        ...

    @property
    def parameters(self) -> int:
        """Trainable numbers in the model."""
        ...

    @property
    def warnings(self) -> Sequence[tuple[str, str]]:
        """What a user should know of the device, each with the key of the recipe concerned."""
        ...

    @property
    def versions(self) -> Mapping[str, Any]:
        """What else decides the bits of a result: the library's version, the kernels chosen."""
        ...

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward over an effective batch; the weights stay.

        Raises:
            RunError: the device has too little memory.
        """
        ...

    def update(self, learning_rate: float) -> None:
        """Move the weights along the last gradient, and forget it."""
        ...

    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches, without dropout."""
        ...

    def should_stop(self, stop: bool) -> bool:
        """Whether to stop; the same on all ranks, where it may take a step until all know."""
        ...

    def broadcast_state(self, numbers: Sequence[int]) -> list[int]:
        """Copy the state of rank 0 to every rank: weights, optimizer, random states.

        Returns:
            The numbers of rank 0.
        """
        ...

    def decoder(self) -> Decoder:
        """Start writing from nothing, without dropout."""
        ...

    def weights(self) -> Arrays:
        """The model's parameters by name; valid until the next update."""
        ...

    def optimizer_state(self) -> Arrays:
        """What the optimizer remembers, by name; valid until the next update."""
        ...

    def random_state(self) -> Arrays:
        """The state of every random generator that training draws from."""
        ...

    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Take on the state that another backend of the same model had when it gave these three.

        A random state of a device that is absent is ignored.

        Raises:
            ValueError: they are those of another model or optimizer. The text says what differs.
        """
        ...


class BackendModule(Protocol):
    """What the package of a backend offers, as functions. `registry.py` finds it by its name."""

    def unavailable(self, _purpose: Purpose, /) -> str:
        """Why the backend cannot be used for this here; empty if it can. Imports no library."""
        ...

    def load_library(self) -> None:
        """Import the tensor library; what is opened afterwards is ready sooner."""
        ...

    def may_copy_process(self) -> bool:
        """Whether a forked copy of this process, which has loaded the library, can compute."""
        ...

    def open_backend(
        self,
        model: TransformerConfig,
        training: TrainingConfig,
        rank_info: RankInfo = ALONE,
        weights: Arrays | None = None,
    ) -> Backend:
        """Open a model with its optimizer on the best device there is.

        With more than one rank it returns when all of them have joined.

        Args:
            model: its shape.
            training: how it is trained.
            rank_info: this process among those of the run.
            weights: the initial weights, instead of random ones.

        Raises:
            RunError: the device has too little memory, or another rank is gone.
        """
        ...

    def open_decoder(self, model: TransformerConfig, weights: Arrays) -> Decoder:
        """Open a trained model for writing.

        Raises:
            ValueError: the weights do not fit the model.
        """
        ...
