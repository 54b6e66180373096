"""The interface between the loop and a tensor library: NumPy arrays and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.distributed.rank import ALONE, RankInfo

if TYPE_CHECKING:
    # A backend is refused before anything is known to be installed.
    import numpy as np
    import numpy.typing as npt

    from trainsmith_trainer.data.batches import Batch

Arrays: TypeAlias = "Mapping[str, npt.NDArray[Any]]"
Logits: TypeAlias = "npt.NDArray[np.float32]"
Purpose = Literal["train", "generate"]


@dataclass(frozen=True)
class Gradient:
    """What the loop reads of a gradient before the update."""

    loss: float
    """Mean cross entropy over the tokens of the effective batch, in nats."""
    norm: float
    """The gradient norm over all parameters, before clipping."""


@dataclass(frozen=True)
class Unsupported:
    """A value in a recipe that a backend refuses, or that has no effect with it."""

    key: str
    """The full key: `training_config.precision`."""
    severity: Literal["error", "warning"]
    message: str
    """One sentence: what was found, what the backend has, what to write."""


@dataclass(frozen=True)
class StepMemory:
    """What a training step takes of a device's memory, as far as it is known in advance; bytes."""

    state: int
    """The weights, their gradients and the optimizer's state."""
    activations: int
    """The most that is held besides."""
    device: str
    """The device in words: `a device of an N300`."""
    available: int | None
    """The memory of the device; `None` if it is not known."""

    @property
    def total(self) -> int:
        """Both."""
        return self.state + self.activations


class AbandonedStepError(Exception):
    """A stop was requested, and the backend gave up what it computed.

    The weights are those of the last complete step, except during the first update of a process.
    """


class DamagedStateError(ValueError):
    """A saved state cannot be the state of any backend."""


class Decoder(Protocol):
    """A model that generates token by token, with a cache of what it has read."""

    def read(self, tokens: Sequence[int]) -> Logits:
        """Read more tokens, and return the logits of the next one, of shape (vocabulary,)."""
        ...


class Backend(Protocol):
    """A model, its optimizer and its device.

    With more than one rank, each has its own backend, which gets the same batches and computes its
    rows of them. All ranks then call `gradient`, `loss`, `random_state`, `should_stop` and
    `broadcast_state` in the same order; these raise `LostRankError` if another rank has exited.
    """

    @property
    def device(self) -> str:
        """The device in words: `CPU, 2 threads`."""
        ...

    @property
    def parameters(self) -> int:
        """How many parameters the model has, without fixed position vectors."""
        ...

    @property
    def trained_parameters(self) -> int:
        """How many of them are trained: all, or with LoRA, those that it adds and some biases."""
        ...

    @property
    def warnings(self) -> Sequence[tuple[str, str]]:
        """Warnings about the device, each with the key of the recipe that it concerns."""
        ...

    @property
    def versions(self) -> Mapping[str, Any]:
        """What else affects a result bit by bit: the library's version, the chosen kernels."""
        ...

    @property
    def sharded(self) -> bool:
        """Whether each rank has only a part of every parameter.

        Then all ranks call `weights`, `optimizer_state` and `decoder` together, too. Each gets the
        parameters that it writes into a checkpoint.
        """
        ...

    def exchange(self, text: str) -> list[str]:
        """The texts of all ranks, which all call this."""
        ...

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward pass over an effective batch; the weights do not change.

        Raises:
            RunError: the device has too little memory.
        """
        ...

    def update(self, learning_rate: float) -> None:
        """Update the weights with the last gradient, and clear it."""
        ...

    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches, without dropout."""
        ...

    def should_stop(self, stop: bool) -> bool:
        """Whether to stop, the same on all ranks; with several, a step later than requested."""
        ...

    def broadcast_state(self, numbers: Sequence[int]) -> list[int]:
        """Copy the state of rank 0 to every rank: all weights, optimizer, random states.

        Returns:
            The numbers of rank 0.
        """
        ...

    def decoder(self) -> Decoder:
        """A decoder with an empty cache, without dropout; if sharded, it reads on rank 0 only."""
        ...

    def weights(self) -> Arrays:
        """The parameters that a checkpoint contains, by name; valid until the next update.

        These are all parameters, or with LoRA, the trained ones.
        """
        ...

    def optimizer_state(self) -> Arrays:
        """The optimizer state, by name; valid until the next update."""
        ...

    def random_state(self) -> Arrays:
        """The state of every random generator that training draws from."""
        ...

    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Restore the state of another backend of the same model.

        The random state of an absent device is ignored.

        Raises:
            DamagedStateError: a random state is not valid. The text names it.
            ValueError: it belongs to another model or optimizer. The text says what differs.
        """
        ...


@runtime_checkable
class CompilingBackend(Protocol):
    """A backend whose first steps compile kernels, which takes minutes."""

    def when_compiled(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with the number of kernels so far, whenever there are more."""
        ...


class BackendModule(Protocol):
    """The functions of a backend's package, which `registry.py` finds by its name."""

    def unavailable(self, _purpose: Purpose, /) -> str:
        """Why the backend cannot be used here for a purpose; empty if it can. Imports nothing."""
        ...

    def unsupported(
        self, _document: TrainingDocument, _model: TransformerConfig, /
    ) -> Iterable[Unsupported]:
        """What of a valid recipe the backend cannot do. Does not import the tensor library."""
        ...

    def load_library(self) -> None:
        """Import the tensor library, so that opening a backend afterwards is quicker."""
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
        lora: LoraConfig | None = None,
        *,
        shard: bool = False,
    ) -> Backend:
        """Open a model with its optimizer on the best available device.

        With more than one rank, it returns when all of them have joined.

        Args:
            model: its shape.
            training: how it is trained.
            rank_info: the rank of this process.
            weights: the initial weights, instead of random ones. The backend may train in their
                memory.
            lora: train only the matrices that it adds, and the biases that it names.
            shard: divide parameters, gradients and optimizer state over the ranks.

        Raises:
            RunError: the device has too little memory, or another rank has exited.
        """
        ...

    def open_decoder(self, model: TransformerConfig, weights: Arrays) -> Decoder:
        """Open a trained model for generation.

        Raises:
            ValueError: the weights do not fit the model.
        """
        ...
