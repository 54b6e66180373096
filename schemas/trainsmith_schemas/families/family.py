"""What there is to know about a family of models, apart from its mathematics.

A family that Trainsmith does not train leaves out what it cannot say: `layout`, `hugging_face` and
`template` are `None` then, and type checking makes every use decide what happens without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.names import Trainer

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
NO_SHAPES: Shapes = MappingProxyType({})
OUTPUT = "lm_head.weight"
"""The output layer's weight, in every family."""


class UnfinishedFamilyError(Exception):
    """A model of a family that is known by its keys only."""


@dataclass(frozen=True)
class Layout:
    """The parameters of a model, by the names of Hugging Face; linear weights are (out, in).

    Shapes are given for one block, so that a count takes no longer for a million blocks.
    """

    body: str
    """What the names of all parameters begin with, except the output layer's: `model.`."""
    embedding: str
    """The parameter with one vector for each token."""
    blocks: str
    """What comes before the number of a block: `model.layers`."""
    outer: Callable[[TransformerConfig], Shapes]
    """Parameters outside the blocks, without the output layer."""
    block: Callable[[TransformerConfig], Shapes]
    """Parameters of one block, by their names inside it."""
    head_size: Callable[[TransformerConfig], int]
    key_value_heads: Callable[[TransformerConfig], int]
    kept_by_block: Callable[[TransformerConfig], int]
    """Numbers for each token that a block keeps for its backward pass, estimated."""
    per_position: tuple[str, ...] = ()
    """Parameters with one row for each position, of which a shorter model takes the first."""
    untrained: Callable[[TransformerConfig], tuple[str, ...]] = lambda _: ()
    """Parameters that training leaves as they are."""


@dataclass(frozen=True)
class HuggingFace:
    """How `transformers` describes and stores a model of the family."""

    plain: Mapping[str, str]
    """Our keys, and those of `config.json` with the same values."""
    others: Mapping[str, str]
    """Our keys, and those of `config.json` with the same meaning that `read` takes care of."""
    absent: Mapping[str, Any]
    """What `transformers` takes where a key of `plain` is absent, by our names."""
    tied_if_absent: bool
    """What `transformers` takes where `tie_word_embeddings` is absent."""
    write: Callable[[TransformerConfig], dict[str, Any]]
    """The family's part of `config.json`."""
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    """What `plain` leaves out, by our names.

    Raises `UnreadableModelError` for a kind of layer that ours lack.
    """
    transposed: tuple[str, ...] = ()
    """Ends of the names of weights that are stored as (in, out)."""
    zeros: Callable[[TransformerConfig], Shapes] = lambda _: NO_SHAPES
    """Tensors that are stored as zeros, because the model has no such parameters."""
    constants: tuple[str, ...] = ()
    """Ends of the names of tensors that older versions stored and that say nothing."""
    settled_by_weights: tuple[str, ...] = ()
    """Our keys of which `config.json` says nothing; whether they are right, the weights show."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Our keys and those of `config.json`."""
        return {**self.plain, **self.others}


@dataclass(frozen=True)
class Distinction:
    """A setting by which two models of a family may differ, where its meaning is not its value."""

    what: str
    key: str
    read: Callable[[TransformerConfig], Any]


@dataclass(frozen=True)
class Family:
    """One family of models."""

    name: ModelType
    title: str
    keys: tuple[str, ...]
    """The keys of `transformer_config` that it reads, besides the common ones."""
    trained_by: tuple[Trainer, ...]
    """The trainers that have its layers."""
    contradictions: Callable[[TransformerConfig, Path], Iterator[Problem]]
    """Values that no trainer of the family could take together; the path is the section's."""
    tensor_parallel: bool
    """Whether tt-train can divide its layers over devices."""
    distinctions: tuple[Distinction, ...] = ()
    layout: Layout | None = None
    hugging_face: HuggingFace | None = None
    template: str | None = None
    """A small model file to begin with."""


def parameter_shapes(layout: Layout, config: TransformerConfig) -> dict[str, Shape]:
    """The shape of each parameter by its name; linear ones are (out, in).

    Args:
        layout: the family's.
        config: the model's shape, with its vocabulary's size.
    """
    shapes = dict(layout.outer(config))
    block = layout.block(config)
    for index in range(config.num_blocks):
        shapes |= {f"{layout.blocks}.{index}.{name}": shape for name, shape in block.items()}
    if config.weight_tying == "disabled":
        shapes[OUTPUT] = (config.vocab_size, config.embedding_dim)
    return shapes


def with_biases(weights: Shapes, has_bias: bool) -> dict[str, Shape]:
    """The parameters of layers, by their names: `weight`, and `bias` where there is one."""
    shapes: dict[str, Shape] = {}
    for layer, weight in weights.items():
        shapes[f"{layer}.weight"] = weight
        if has_bias:
            shapes[f"{layer}.bias"] = weight[:1]
    return shapes
