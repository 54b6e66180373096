"""The memory that training with PyTorch needs: an estimate of its peak, on one device.

A run holds its weights and the optimizer's state all the time. Activations and gradients come and
go: the forward pass stores activations, and the backward pass replaces them by gradients, from the
last block to the first. Both change evenly from block to block, so the peak is at one of the few
moments that `_moments` lists. What a block stores, its family says (`families.kept.Kept`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.families.family import Layout
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.lora import adapted_in_block
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig

_FLOAT, _BFLOAT = 4, 2
_STATE_PER_PARAMETER = 16
"""For AdamW in float32: the weight, its gradient and two moments, four bytes each."""
_LOGITS_AT_ONCE = 1 << 24


@dataclass(frozen=True)
class Pass:
    """The tokens that one device computes at once: those of a micro-batch."""

    tokens: int
    counted: int
    """Those whose logits are computed: prompts need none."""
    attended: int
    """The tokens in attention: more than `tokens` if documents begin with the same tokens, which
    are computed once."""
    longest: int
    """The tokens of the longest document."""
    packed: bool = False
    """Whether the rows have documents."""

    @staticmethod
    def full(rows: int, length: int, *, packed: bool = False) -> Pass:
        """Rows without padding, all of whose tokens count."""
        return Pass(rows * length, rows * length, rows * length, length, packed)


@dataclass(frozen=True)
class Memory:
    """The memory at the moment of the peak, in bytes, without the program and its libraries."""

    parameters: int
    """Weights, optimizer state, and the gradients that exist at that moment."""
    activations: int
    """Everything else: activations, logits, and what an update needs for a moment."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.parameters + self.activations


def state_memory(parameters: int) -> int:
    """Bytes of the weights, gradients and AdamW's state, without activations."""
    return parameters * _STATE_PER_PARAMETER


def tokens_of_logits(vocab_size: int, precision: Literal["fp32", "bf16"]) -> int:
    """For how many tokens logits are in memory at once; 0 means all."""
    return max(1, _LOGITS_AT_ONCE // max(1, vocab_size)) if precision == "fp32" else 0


def largest_pass(document: TrainingDocument, model: TransformerConfig) -> Pass:
    """A micro-batch on one device, whose sequences are as long as they may be."""
    training = document.training_config
    rows = math.ceil(training.batch_size / derived.device_count(document))
    length = derived.sequence_length(training, model)
    return Pass.full(rows, length, packed=training.packing or derived.has_examples(training))


def peak_memory(
    document: TrainingDocument,
    model: TransformerConfig,
    trained: Pass,
    validated: Pass | None = None,
    *,
    gpu: bool = False,
) -> Memory | None:
    """The memory that one device needs; `None` if the family's layers are not known.

    Args:
        document: the recipe.
        model: the model's shape, with the size of its vocabulary.
        trained: what is computed at once in training.
        validated: what is computed at once in validation.
        gpu: whether the device is a GPU, on which groups of heads do not share keys.
    """
    layout, counted = (
        family_of(model.model_type).layout,
        derived.counted_parameters(document, model),
    )
    if layout is None or counted is None:
        return None
    needs = _Needs(document, model, layout, counted, gpu)
    return max(_moments(needs, trained, validated), key=lambda moment: moment.total)


def stored_activations(
    document: TrainingDocument, model: TransformerConfig, trained: Pass
) -> int | None:
    """Bytes that the forward pass stores, without logits; `None` if the layers are not known."""
    layout, counted = (
        family_of(model.model_type).layout,
        derived.counted_parameters(document, model),
    )
    if layout is None or counted is None:
        return None
    needs = _Needs(document, model, layout, counted, gpu=False)
    blocks = model.num_blocks * trained.tokens * _block_bytes(needs, trained)
    return _copied_weights(needs) + blocks + trained.counted * _head_bytes(needs)


@dataclass(frozen=True)
class _Needs:
    """A recipe, and the sizes that follow from it."""

    document: TrainingDocument
    model: TransformerConfig
    layout: Layout
    counted: derived.Parameters
    gpu: bool

    @property
    def kept(self) -> Kept:
        return self.layout.kept_by_block(self.model)

    @property
    def lora(self) -> bool:
        return self.document.lora_config is not None

    @property
    def bf16(self) -> bool:
        return self.document.training_config.precision == "bf16"

    @property
    def autocasts(self) -> bool:
        return not self.lora and derived.autocasts(self.document.training_config)

    @property
    def number(self) -> int:
        """Bytes of a weight of the model and of a number in the residual stream."""
        return _BFLOAT if self.bf16 and not self.autocasts else _FLOAT

    @property
    def factor(self) -> int:
        """Bytes of a factor of a product of matrices."""
        return _BFLOAT if self.bf16 else _FLOAT

    @property
    def trained_number(self) -> int:
        """Bytes of a trained weight, and of its gradient."""
        return _FLOAT if self.lora else self.number

    @property
    def ranks(self) -> int:
        """How many devices have a part of the weights each."""
        devices = self.document.device_config
        return derived.device_count(self.document) if devices.enable_fsdp else 1

    @property
    def frozen(self) -> int:
        return self.counted.total - self.counted.trained

    @property
    def weights(self) -> int:
        return self.frozen * self.number + self.counted.trained * self.trained_number

    @property
    def gradients(self) -> int:
        return self.counted.trained * self.trained_number

    @property
    def optimizer(self) -> int:
        carried = self.counted.trained * _BFLOAT if derived.carries_errors(self.document) else 0
        return carried + _FLOAT * derived.optimizer_numbers(self.document, self.counted)

    @property
    def head_gradient(self) -> int:
        """Bytes of the gradient of the output layer's weight."""
        trains = self.trained_number if not self.lora else 0
        return self.model.vocab_size * self.model.embedding_dim * trains

    @property
    def largest_matrix(self) -> tuple[int, int]:
        """The shape of the largest trained matrix in a block."""
        shapes = (shape for shape in self.layout.block(self.model).values() if len(shape) == 2)
        lora = self.document.lora_config
        found = max(((min(shape), max(shape)) for shape in shapes), key=math.prod)
        return (lora.r, found[1]) if lora else found


def _moments(needs: _Needs, trained: Pass, validated: Pass | None) -> Iterator[Memory]:
    """The moments at which the memory may be at its peak."""
    model, training = needs.model, needs.document.training_config
    ranks, blocks = needs.ranks, model.num_blocks
    held = (needs.weights + needs.optimizer) // ranks
    gradients = needs.gradients // ranks
    gathered = _gathered(needs) if ranks > 1 else 0
    yield _loading(needs)

    # Gradients of earlier micro-batches stay while the next ones are computed.
    earlier = gradients if training.gradient_accumulation_steps > 1 else 0
    copies = _copied_weights(needs)
    block = trained.tokens * _block_bytes(needs, trained)
    vectors = trained.tokens * model.embedding_dim * needs.number
    recomputes = model.runner_type == "memory_efficient"
    stored = blocks * vectors if recomputes else blocks * block
    passing = trained.tokens * needs.kept.passing * (3 * _FLOAT if _widens(needs) else needs.factor)
    inside = passing + (block if recomputes else 0)
    head, chunked = _head_passing(needs, trained.counted)
    at_head = trained.counted * _head_bytes(needs)
    logits_gradient = trained.counted * model.vocab_size * needs.factor
    head_gradient = needs.head_gradient
    state = held + copies + gathered

    if needs.ranks == 1 and derived.device_count(needs.document) > 1:
        # Before the first step, rank 0 packs its state for the others, which makes four copies.
        frozen, weights = needs.frozen * _FLOAT, needs.counted.trained * _FLOAT
        packed = max(4 * frozen, frozen + 4 * weights, frozen + weights + 4 * needs.optimizer)
        yield Memory(held, packed)
        yield Memory(held + gradients, needs.counted.trained * _FLOAT)  # Their sums.

    # The loss. In parts, it computes the gradient of the output layer at once.
    begun = earlier + (head_gradient if chunked else 0)
    yield Memory(state + begun, stored + at_head + head)
    begun = earlier + head_gradient
    again = head_gradient if chunked else logits_gradient
    yield Memory(state + begun, stored + at_head + again)
    # The last block's backward pass, the first block's, and that of the embedding.
    yield Memory(state + begun, stored + inside)
    most = max(earlier, gradients)
    yield Memory(state + most, block + passing)
    shared = head_gradient if model.weight_tying == "enabled" else 0
    yield Memory(state + most, vectors + shared)
    yield Memory(held + gradients, _update_passing(needs))
    if validated:
        yield Memory(state, _validation(needs, validated))
    if not needs.gpu and needs.number == _BFLOAT and not needs.lora:
        # Checkpoints have float32 copies of bfloat16 numbers.
        numbers = needs.counted.trained * (2 if derived.carries_errors(needs.document) else 1)
        yield Memory(held, _FLOAT * numbers // ranks)


def _loading(needs: _Needs) -> Memory:
    """Weights are loaded in float32. Those of a pretrained model stay until all are converted."""
    numbers = needs.counted.total
    stays = needs.number == _BFLOAT and bool(needs.model.model_path) and not needs.gpu
    converted = needs.weights + needs.optimizer if stays else 0
    return Memory(numbers * _FLOAT + converted, 0)


def _gathered(needs: _Needs) -> int:
    """Bytes of the weights that FSDP gathers: those of a block and those outside the blocks."""
    block = sum(map(math.prod, needs.layout.block(needs.model).values()))
    outside = needs.counted.total - needs.model.num_blocks * block
    return (block + outside) * needs.number


def _copied_weights(needs: _Needs) -> int:
    """Bytes of the bfloat16 copies of matrices that autocast keeps until the backward pass."""
    if not needs.autocasts:
        return 0
    matrices = needs.counted.matrices + needs.model.vocab_size * needs.model.embedding_dim
    return _BFLOAT * matrices


def _widens(needs: _Needs) -> bool:
    """Whether LoRA's float32 products are added to bfloat16 numbers."""
    return needs.lora and needs.number == _BFLOAT


def _block_bytes(needs: _Needs, trained: Pass) -> int:
    """Bytes per token that one block stores for its backward pass."""
    kept, model, factor = needs.kept, needs.model, needs.factor
    norm = _FLOAT if kept.float32_norms else needs.number
    norms = kept.norms + (0 if needs.lora else kept.gains)
    attended = kept.attention + (kept.copied if needs.gpu else 0)
    attended += kept.result if trained.packed else 0
    numbers = attended * factor + model.num_heads * _FLOAT
    # In bfloat16, weights of attention are stored in float32 too, and so have as many bytes.
    numbers += kept.scores * trained.longest * _FLOAT
    if trained.packed:
        numbers += 4 * kept.turned * _FLOAT
    masks = 2 * model.embedding_dim if model.dropout_prob else 0
    return (
        _read_bytes(needs)
        + kept.between * factor
        + norms * norm
        + masks
        + numbers * trained.attended // max(1, trained.tokens)
    )


def _read_bytes(needs: _Needs) -> int:
    """Bytes per token of the inputs of linear layers whose weights are trained."""
    lora, factor = needs.document.lora_config, needs.factor
    if lora is None:
        # Autocast rounds a float32 input for each layer that reads it.
        return sum(
            size * factor * (len(layers) if needs.autocasts else 1)
            for size, layers in needs.kept.reads
        )
    adapted = adapted_in_block(lora, needs.model)
    total = len(adapted) * lora.r * _FLOAT
    for size, layers in needs.kept.reads:
        total += size * factor if adapted.keys() & set(layers) else 0
    if lora.lora_dropout:  # What is left of each input, and which numbers of it.
        total += sum(wide_in * (factor + 1) for _, wide_in in adapted.values())
    return total


def _head_bytes(needs: _Needs) -> int:
    """Bytes per token that the last normalisation and the output layer store."""
    norm = _FLOAT if needs.kept.float32_norms else needs.number
    gains = 1 if needs.kept.gains and not needs.lora else 0
    read = 0 if needs.lora else needs.factor
    return needs.model.embedding_dim * (norm * (1 + gains) + read)


def _head_passing(needs: _Needs, counted: int) -> tuple[int, bool]:
    """Bytes of logits and what belongs to them, and whether they are computed in parts.

    Cross entropy has the logits, their logarithms and the gradient in float32.
    """
    vocabulary = needs.model.vocab_size
    of_logits = (5 if needs.layout.own_logits else 3) * _FLOAT
    at_once = tokens_of_logits(vocabulary, "bf16" if needs.bf16 else "fp32") or counted
    if counted <= at_once:
        return counted * vocabulary * of_logits, False
    if needs.layout.own_logits:
        return at_once * vocabulary * of_logits, False
    return at_once * vocabulary * _FLOAT, True


def _update_passing(needs: _Needs) -> int:
    """Bytes that the optimizer needs for a moment, for the largest matrix."""
    optimizer = needs.document.training_config.optimizer
    kind = optimizer.type if optimizer else "AdamW"
    low, high = needs.largest_matrix
    rounds = 3 * low * high if needs.trained_number == _BFLOAT else 0
    if kind == "Muon":  # The direction, three versions of it, and two of its square.
        return _FLOAT * (4 * low * high + 2 * low * low + rounds)
    return _FLOAT * ((2 * low * high if kind in ("SGD", "SGDComposite") else 0) + rounds)


def _validation(needs: _Needs, validated: Pass) -> int:
    """Bytes of one block's activations and of logits, without gradients."""
    block = validated.tokens * (needs.kept.passing + 2 * needs.model.embedding_dim) * needs.factor
    logits, _ = _head_passing(needs, validated.counted)
    return max(block, logits) + validated.tokens * needs.model.embedding_dim * needs.number
