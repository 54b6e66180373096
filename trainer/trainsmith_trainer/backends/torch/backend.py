"""Training with PyTorch, on one CPU or GPU."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, DamagedStateError, Decoder, Gradient
from trainsmith_trainer.backends.torch.arrays import as_array, shared_tensors, tensor, tensors
from trainsmith_trainer.backends.torch.compiling import compile_blocks, naming_compiler
from trainsmith_trainer.backends.torch.cross_entropy import SummedLoss
from trainsmith_trainer.backends.torch.decoder import TorchDecoder
from trainsmith_trainer.backends.torch.devices import choose_device, device_warnings
from trainsmith_trainer.backends.torch.gradient_sums import GradientSums
from trainsmith_trainer.backends.torch.group import Group
from trainsmith_trainer.backends.torch.lora import add_adapters, without_matrices
from trainsmith_trainer.backends.torch.models import (
    build_empty,
    build_model,
    load_parameters,
    load_weights,
)
from trainsmith_trainer.backends.torch.models.transformer import Transformer, drops
from trainsmith_trainer.backends.torch.optimizers import Optimizer
from trainsmith_trainer.backends.torch.packed_rows import packed_row
from trainsmith_trainer.backends.torch.precision import Precision, choose_precision, in_precision
from trainsmith_trainer.backends.torch.update_rules import fused_adamw
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch
from trainsmith_trainer.distributed.rank import ALONE, RankInfo
from trainsmith_trainer.errors import RunError


class TorchBackend:
    """A model, its optimizer and its device; see `base.Backend`."""

    def __init__(
        self,
        model: TransformerConfig,
        training: TrainingConfig,
        rank_info: RankInfo = ALONE,
        weights: Arrays | None = None,
        lora: LoraConfig | None = None,
    ) -> None:
        self._rank_info, self._lora = rank_info, lora
        self._device, self.device = choose_device(rank_info)
        self._group = Group(rank_info, self._device) if rank_info.size > 1 else None
        self._stop_requested = self._should_stop = False
        self._random_of_ranks: Arrays = {}
        precision, of_precision = choose_precision(training, self._device, lora)
        self.warnings = (*of_precision, *device_warnings(training, self._device, rank_info))
        torch.set_float32_matmul_precision("high" if training.tf32 else "highest")
        torch.manual_seed(training.seed)
        with _enough_memory("the model", "transformer_config.embedding_dim"):
            built = build_model(model, training.seed) if weights is None else build_empty(model)
            given = shared_tensors(weights or {})
            if weights is not None:
                load_weights(built, without_matrices(given) if lora else given)
            self._autocasts = precision == "bf16" and lora is None and derived.autocasts(training)
            of_weights: Precision = "fp32" if self._autocasts else precision
            self._model = in_precision(self._placed(built), of_weights)
            own = [name for name, one in self._model.named_parameters() if one.requires_grad]
            with _enough_memory("LoRA's matrices", "lora_config.r"):
                trained = list(add_adapters(self._model, lora, given)) if lora else own
            self._loss_module = SummedLoss(self._model)
            self._share_model()
            named = dict(self._model.named_parameters())
            self._trainable = {name: named[name] for name in trained}
            if training.compile:
                lengths_vary = derived.has_examples(training) or training.packing
                compile_blocks(self._model, self._device, lengths_vary=lengths_vary)
            self._saved = self._trainable if lora else named
            inside = {id(each) for block in self._model.blocks() for each in block.parameters()}
            self._optimizer = Optimizer(
                self._trainable,
                training.optimizer or OptimizerConfig(),
                weight_decay=derived.weight_decay(training),
                kahan=derived.carries_rounding(training),
                inner={name for name, each in self._trainable.items() if id(each) in inside},
            )
        clips = training.use_clip_grad_norm
        self._max_norm = training.clip_grad_norm_max_norm if clips else float("inf")
        self.parameters = sum(named[name].numel() for name in {*own, *trained})
        self.trained_parameters = sum(each.numel() for each in self._trainable.values())
        self.versions: dict[str, str | bool] = {
            "torch": torch.__version__,
            "fused_adamw": fused_adamw(self._device),
            "precision": f"{precision}, autocast" if self._autocasts else precision,
        }
        self._sums: GradientSums | None = None
        if self._group:
            self._prepare_sums(self._group)

    def _placed(self, model: Transformer) -> Transformer:
        """A model with its parameters where they are trained."""
        return model.to(self._device)

    def _share_model(self) -> None:
        """Divide the model over the ranks; here, each has all of it."""

    def _prepare_sums(self, group: Group) -> None:
        # The loss and the stop request are reduced together with the gradient.
        shares = group.share_memory(self.trained_parameters + 2)
        self.versions["shared_memory"] = shares
        if not shares:
            self._sums = GradientSums(self._trainable.values(), group.start_all_reduce)

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward pass over an effective batch; then the gradient is clipped."""
        tokens = sum(batch.tokens for batch in micro_batches)
        total = torch.zeros((), device=self._device)
        if not self._model.training:
            self._model.train()
        with self._leaving_the_group(), _enough_memory("a step", "training_config.batch_size"):
            for index, batch in enumerate(micro_batches):
                if self._sums and index == len(micro_batches) - 1:
                    self._sums.expect()
                loss = self._loss_of_own_rows(batch)
                if loss is not None:
                    loss = loss / tokens
                    loss.backward()
                    total += loss.detach()
        if self._group:
            total = self._sum_over_ranks(self._group, total)
        norm = self._norm()
        # One transfer for both numbers, because every transfer waits for the device.
        loss_value, norm_value = torch.stack((total, norm)).tolist()
        if norm_value > self._max_norm:
            self._clip(norm)
        return Gradient(loss_value, norm_value)

    def _norm(self) -> Tensor:
        """The norm of the gradient over all parameters."""
        return _total_norm(self._gradients())

    def _clip(self, norm: Tensor) -> None:
        parameters = self._trainable.values()
        torch.nn.utils.clip_grads_with_norm_(parameters, self._max_norm, norm)

    def _sum_over_ranks(self, group: Group, loss: Tensor) -> Tensor:
        """Sum the gradients, the requests to stop and the loss, which is returned."""
        stop = torch.tensor(float(self._stop_requested), device=self._device)
        if self._sums:
            self._sums.finish()
            loss, stop = group.all_reduce([loss, stop])
        else:
            for parameter in self._trainable.values():
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            loss, stop, *sums = group.all_reduce([loss, stop, *self._gradients()])
            for parameter, gradient in zip(self._trainable.values(), sums, strict=True):
                parameter.grad = gradient
        self._should_stop = bool(stop)
        return loss

    @contextmanager
    def _leaving_the_group(self) -> Generator[None, None, None]:
        """After an error on this rank, the others wait for it: they cannot answer any more."""
        try:
            yield
        except RunError:
            if self._group:
                self._group.broken = True
            raise

    def update(self, learning_rate: float) -> None:
        """Update the weights with the last gradient, and clear it."""
        self._optimizer.step(learning_rate)
        for parameter in self._trainable.values():
            parameter.grad = None

    @torch.no_grad()
    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches, without dropout."""
        self._model.eval()
        total, tokens = torch.zeros((), device=self._device), 0
        with _enough_memory("validation", "training_config.validation_batch_size"):
            for batch in batches:
                loss = self._loss_of_own_rows(batch)
                if loss is not None:
                    total += loss
                tokens += batch.tokens
        if self._group:
            (total,) = self._group.all_reduce([total])
        return float(total) / tokens

    def decoder(self) -> Decoder:
        """A decoder with an empty cache, without dropout."""
        return TorchDecoder(self._model)

    def weights(self) -> Arrays:
        """The parameters that a checkpoint contains, by name."""
        return {name: as_array(parameter) for name, parameter in self._saved.items()}

    def optimizer_state(self) -> Arrays:
        """The optimizer state, by name."""
        return {name: as_array(tensor) for name, tensor in self._optimizer.state().items()}

    def random_state(self) -> Arrays:
        """The states of PyTorch's generators on all ranks; the names say the rank if it is not 0.

        After another rank has exited, only the states of this rank are returned.
        """
        own = self._own_random_state()
        if self._group is None or self._group.broken:
            return own
        everyone = [self._group.broadcast(own, rank) for rank in range(self._group.size)]
        return {
            _name_on_rank(name, rank): state
            for rank, states in enumerate(everyone)
            for name, state in states.items()
        }

    def _own_random_state(self) -> Arrays:
        states = {"cpu": torch.get_rng_state()}
        if self._device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state()
        if self._device.type == "mps":
            states["mps"] = torch.mps.get_rng_state()
        return {name: as_array(state) for name, state in states.items()}

    @torch.no_grad()
    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Restore the state of another backend of the same model."""
        load_parameters(self._saved, tensors(weights))
        self._optimizer.restore(tensors(optimizer))
        self._restore_random(random)
        self._random_of_ranks = random

    sharded = False

    def exchange(self, text: str) -> list[str]:
        """The texts of all ranks."""
        return self._group.exchange(text) if self._group else [text]

    def should_stop(self, stop: bool) -> bool:
        """Whether to stop, the same on all ranks: a request is sent with the next gradient."""
        if self._group is None:
            return stop
        self._stop_requested = stop
        return self._should_stop

    def broadcast_state(self, numbers: Sequence[int]) -> list[int]:
        """Copy the state of rank 0 to every rank."""
        if self._group is None:
            return list(numbers)
        own = {
            "numbers": {"": np.array(numbers, np.int64)},
            "frozen": {name: as_array(one) for name, one in self._frozen().items()},
            "weights": self.weights(),
            "optimizer": self.optimizer_state(),
            "random": self._random_of_ranks,
        }
        parts = [self._group.broadcast(arrays) for arrays in own.values()]
        received = dict(zip(own, parts, strict=True))
        if self._rank_info.rank:
            # A rank without a state in the checkpoint draws other numbers than rank 0.
            torch.manual_seed(torch.initial_seed() + self._rank_info.rank)
            load_parameters(self._frozen(), tensors(received["frozen"]))
            self.restore(received["weights"], received["optimizer"], received["random"])
        return received["numbers"][""].tolist()

    def _frozen(self) -> dict[str, nn.Parameter]:
        """The parameters that no checkpoint contains."""
        named = self._model.named_parameters()
        return {name: one for name, one in named if name not in self._saved}

    def _restore_random(self, random: Arrays) -> None:
        setters: dict[str, Callable[[Tensor], None]] = {"cpu": torch.set_rng_state}
        if self._device.type == "cuda":
            setters["cuda"] = torch.cuda.set_rng_state
        if self._device.type == "mps":
            setters["mps"] = torch.mps.set_rng_state
        for name, restore in setters.items():
            saved = random.get(_name_on_rank(name, self._rank_info.rank))
            if saved is None:
                continue
            try:
                restore(tensor(saved))
            except (RuntimeError, TypeError) as error:
                message = f"its random state `{name}` is not valid: {error}"
                raise DamagedStateError(message) from None

    def _loss_of_own_rows(self, batch: Batch) -> Tensor | None:
        """The summed loss; `None` if this rank has no row, as in the last batch of an epoch."""
        part = self._own_rows(batch)
        return self._summed_loss(part) if len(part.inputs) else None

    def _own_rows(self, batch: Batch) -> Batch:
        """The rows of a batch that this rank computes."""
        if self._group is None:
            return batch
        return batch.rows(slice(self._group.rank, None, self._group.size))

    def _gradients(self) -> list[Tensor]:
        gradients = (parameter.grad for parameter in self._trainable.values())
        return [gradient for gradient in gradients if gradient is not None]

    def _summed_loss(self, batch: Batch) -> Tensor:
        if batch.lengths is None:
            inputs, targets, packed = batch.inputs, batch.targets, None
        else:
            shares = not drops(self._model)  # Dropout differs in each document.
            inputs, targets, packed = packed_row(batch, self._device, shares=shares)
        tokens = torch.from_numpy(inputs).to(self._device)
        targets = torch.from_numpy(targets.reshape(-1)).to(self._device)
        if packed:
            targets = packed.shorten(targets[None])[0]
        # Logits are large, and prompts need none.
        counted = targets != IGNORE_INDEX if batch.tokens < len(targets) else None
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._autocasts):
            return self._loss_module(tokens, targets, counted, packed)


def _total_norm(gradients: Sequence[Tensor]) -> Tensor:
    """The norm of all gradients together, in float32, without copies of them."""
    if all(gradient.dtype == torch.float32 for gradient in gradients):
        return torch.nn.utils.get_total_norm(gradients)
    norms = [torch.linalg.vector_norm(each, dtype=torch.float32) for each in gradients]
    return torch.linalg.vector_norm(torch.stack(norms))


def _name_on_rank(name: str, rank: int) -> str:
    """The name of a rank's random state in a checkpoint."""
    return f"rank{rank}.{name}" if rank else name


@contextmanager
def _enough_memory(what: str, config_path: str) -> Generator[None, None, None]:
    """Turn the many ways in which PyTorch runs out of memory into one message."""
    try:
        with naming_compiler():
            yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        text = str(error)
        known = (
            "out of memory" in text or "not enough memory" in text or "t allocate memory" in text
        )
        if not known and not isinstance(error, torch.OutOfMemoryError | MemoryError):
            raise
        key = config_path.rpartition(".")[2]
        raise RunError(
            f"the device's memory is too small for {what}",
            advice=f"lower `{key}`, or use a smaller model",
            config_path=config_path,
        ) from error
