"""Training on a tape, with any implementation of `Ops`."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from trainsmith_schemas.families.registry import parameter_shapes, require_layout
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Gradient
from trainsmith_trainer.backends.initial_weights import initial_weights
from trainsmith_trainer.backends.one_rank import OneRank
from trainsmith_trainer.backends.tape.decoder import TapeDecoder
from trainsmith_trainer.backends.tape.functions import cross_entropy
from trainsmith_trainer.backends.tape.models import build_model
from trainsmith_trainer.backends.tape.models.model import Pass
from trainsmith_trainer.backends.tape.moreh import MorehAdamW
from trainsmith_trainer.backends.tape.ops import Array, Ops, Shape
from trainsmith_trainer.backends.tape.optimizers import Optimizer, optimizer_for
from trainsmith_trainer.backends.tape.passage import Passage
from trainsmith_trainer.backends.tape.products import MatMul
from trainsmith_trainer.backends.tape.randomness import Draws
from trainsmith_trainer.backends.tape.rounding import RoundedWeights, Way, way_of
from trainsmith_trainer.backends.tape.tape import Tape, Value
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch
from trainsmith_trainer.errors import RunError


class TapeBackend(OneRank):
    """A model, its optimizer and its device; see `base.Backend`."""

    warnings: Sequence[tuple[str, str]] = ()

    def __init__(
        self,
        ops: Ops,
        device: str,
        versions: Mapping[str, str],
        model: TransformerConfig,
        training: TrainingConfig,
        weights: Arrays | None = None,
        matmul: MatMul | None = None,
        *,
        moreh: bool = False,
    ) -> None:
        """Open a model.

        Args:
            ops: the tensor library.
            device: in words.
            versions: of what affects a result bit by bit.
            model: its shape.
            training: how it is trained.
            weights: the initial weights, instead of random ones.
            matmul: the product of matrices in training, if not that of the library; samples and
                everything else have the library's own precision.
            moreh: update the weights as ttnn's kernel `moreh_adamw` does.
        """
        self._matmul = matmul
        self.device, self.versions = device, versions
        self._ops, self._config = ops, model
        with _enough_memory("the model", "transformer_config.embedding_dim"):
            self._weights = load_weights(
                model, weights or initial_weights(model, training.seed), ops
            )
            self._trained = {
                name: value for name, value in self._weights.items() if value.needs_gradient
            }
            shapes = {name: tuple(value.array.shape) for name, value in self._trained.items()}
            self._draws = Draws(training.seed)
            self._way: Way | None = "nearest" if moreh else way_of(training)
            self._optimizer = self._optimizer_for(training, shapes, moreh=moreh)
            self._round_weights()
        self._model = build_model(model)
        self._decay = derived.weight_decay(training)
        clips = training.use_clip_grad_norm
        self._max_norm = training.clip_grad_norm_max_norm if clips else math.inf
        self.parameters = sum(map(math.prod, shapes.values()))
        self.trained_parameters = self.parameters

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward pass over an effective batch; then the gradient is clipped."""
        draws = self._draws.state()
        try:
            with _quietly(), _enough_memory("a step", "training_config.batch_size"):
                return self._gradient(micro_batches)
        except BaseException:
            # The step did not happen: what is saved now is the state before it.
            self._draws.restore(draws)
            self._clear_gradients()
            raise

    def update(self, learning_rate: float) -> None:
        """Update the weights with the last gradient, and clear it."""
        weights = {name: value.array for name, value in self._trained.items()}
        self._optimizer.step(weights, self._gradients(), learning_rate, self._decay)
        self._clear_gradients()

    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches, without dropout."""
        total, tokens = 0.0, 0
        with _quietly(), _enough_memory("validation", "training_config.validation_batch_size"):
            for batch in batches:
                tape = Tape(self._ops, recording=False, matmul=self._matmul)
                total += self._number(self._summed_loss(tape, batch, trains=False))
                tokens += batch.tokens
        return total / tokens

    def decoder(self) -> TapeDecoder:
        """A decoder with an empty cache, without dropout."""
        return TapeDecoder(self._config, self._model, self._weights, self._ops)

    def weights(self) -> Arrays:
        """All parameters, by name."""
        return {name: self._ops.to_numpy(value.array) for name, value in self._weights.items()}

    def optimizer_state(self) -> Arrays:
        """The optimizer state, by name."""
        return {name: self._ops.to_numpy(one) for name, one in self._optimizer.state().items()}

    def random_state(self) -> Arrays:
        """How many random draws there were."""
        return self._draws.state()

    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Restore the state of another backend of the same model."""
        refuse_other_weights(self._config, weights)
        for name, value in self._weights.items():
            self._ops.copy_(value.array, self._ops.from_numpy(weights[name]))
        self._round_weights()
        self._optimizer.restore(optimizer)
        self._draws.restore(random)

    def _gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        tokens, total = sum(batch.tokens for batch in micro_batches), 0.0
        start = self._ops.from_numpy(np.full((1, 1), 1 / tokens))
        for batch in micro_batches:
            tape = Tape(self._ops, matmul=self._matmul)
            loss = self._summed_loss(tape, batch, trains=True)
            total += self._number(loss)
            tape.backward(loss, start)
        return Gradient(total / tokens, self._clip())

    def _optimizer_for(
        self, training: TrainingConfig, shapes: dict[str, Shape], *, moreh: bool
    ) -> Optimizer:
        config = training.optimizer or OptimizerConfig()
        kind = MorehAdamW if moreh else optimizer_for
        optimizer = kind(config, shapes, self._ops)
        if self._way is None:
            return optimizer
        return RoundedWeights(optimizer, shapes, self._ops, self._way, self._draws)

    def _round_weights(self) -> None:
        """Begin with bfloat16 numbers, if the weights are such."""
        for value in self._trained.values() if self._way else ():
            self._ops.copy_(value.array, self._ops.rounded(value.array))

    def _clear_gradients(self) -> None:
        for value in self._trained.values():
            value.gradient = None

    def _summed_loss(self, tape: Tape, batch: Batch, *, trains: bool) -> Value:
        """The sum of the cross entropies of a batch, (1, 1)."""
        ops, targets = self._ops, batch.targets.reshape(-1)
        at = Pass(
            tape,
            self._weights,
            Passage.of(batch),
            self._draws if trains else None,
            self._config.dropout_prob,
            recomputes=trains and self._config.runner_type == "memory_efficient",
        )
        logits = self._model.logits(at, self._model.hidden(at))
        counted = targets != IGNORE_INDEX
        wanted = ops.integers(np.where(counted, targets, 0))
        return cross_entropy(tape, logits, wanted, ops.from_numpy(counted[:, None]))

    def _clip(self) -> float:
        """Scale the gradients down to the largest norm, and return their norm before."""
        ops, total = self._ops, self._ops.from_numpy(np.zeros((1, 1)))
        for gradient in self._gradients().values():
            # Not as one row: in tiles of 32 rows, it would take 32 times the memory.
            is_matrix = len(gradient.shape) == 2
            matrix = gradient if is_matrix else ops.reshape(gradient, (1, *gradient.shape))
            squares = ops.sum(ops.mul(matrix, matrix), 1)
            total = ops.add(total, ops.sum(squares, 0))
        # One transfer, because every transfer waits for the device.
        norm = math.sqrt(ops.to_numpy(total)[0, 0])
        if norm > self._max_norm:
            for value in self._trained.values():
                value.gradient = ops.mul(value.gradient, self._max_norm / (norm + 1e-6))
        return norm

    def _gradients(self) -> dict[str, Array]:
        return {name: value.gradient for name, value in self._trained.items()}

    def _number(self, value: Value) -> float:
        return float(self._ops.to_numpy(value.array)[0, 0])


def open_tape_decoder(ops: Ops, config: TransformerConfig, weights: Arrays) -> TapeDecoder:
    """A decoder for saved weights.

    Raises:
        ValueError: the weights do not fit the model.
    """
    return TapeDecoder(config, build_model(config), load_weights(config, weights, ops), ops)


def load_weights(config: TransformerConfig, weights: Arrays, ops: Ops) -> dict[str, Value]:
    """All parameters of a model on the device.

    Raises:
        ValueError: a name or a shape is not the model's. The text says what differs.
    """
    refuse_other_weights(config, weights)
    fixed = require_layout(config).untrained(config)
    return {
        name: Value(ops.from_numpy(weights[name]), needs_gradient=name not in fixed)
        for name in parameter_shapes(config)
    }


def refuse_other_weights(config: TransformerConfig, weights: Arrays) -> None:
    """Check the names and shapes of weights.

    Raises:
        ValueError: they are not the model's. The text says what differs.
    """
    shapes = parameter_shapes(config)
    if different := sorted(shapes.keys() ^ weights.keys()):
        raise ValueError(f"the weights are of another model: {', '.join(different[:5])} differ")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            found = f"{list(weights[name].shape)}, not {list(shape)}"
            raise ValueError(f"the weights are of another model: {name} is {found}")


@contextmanager
def _enough_memory(what: str, config_path: str) -> Generator[None, None, None]:
    """Turn a lack of memory into a message with the key to change."""
    try:
        yield
    except MemoryError as error:
        key = config_path.rpartition(".")[2]
        raise RunError(
            f"the device's memory is too small for {what}",
            advice=f"lower `{key}`, or use a smaller model",
            config_path=config_path,
        ) from error


def _quietly() -> np.errstate:
    """Without NumPy's warnings: the loop reports a loss that is not a number."""
    return np.errstate(all="ignore")
