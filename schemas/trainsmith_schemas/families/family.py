"""Everything about a family of models except its computation.

For a family that Trainsmith does not train, `layout`, `hugging_face` and `template` are `None`, and
the type checker makes every use handle that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.names import Trainer

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Kind = Literal["sliding_attention", "full_attention"]
"""Whether a block's attention has the sliding window, or sees all tokens before it."""
NO_SHAPES: Shapes = MappingProxyType({})
OUTPUT = "lm_head.weight"
"""The output layer's weight, in every family."""


class UnfinishedFamilyError(Exception):
    """Only the keys of the model's family are known."""


@dataclass(frozen=True)
class Layout:
    """The parameters of a model, by their names in Hugging Face; linear weights are (out, in).

    Shapes are those of one block, so that counting takes the same time for any number of blocks.
    """

    body: str
    """The prefix of all parameter names except the output layer's: `model.`."""
    embedding: str
    """The parameter with one vector per token."""
    blocks: str
    """The prefix of a block's number: `model.layers`."""
    outer: Callable[[TransformerConfig], Shapes]
    """The parameters outside the blocks, without the output layer."""
    block: Callable[[TransformerConfig], Shapes]
    """The parameters of one block, by their names inside the block."""
    head_size: Callable[[TransformerConfig], int]
    key_value_heads: Callable[[TransformerConfig], int]
    kept_by_block: Callable[[TransformerConfig], Kept]
    """What a block stores for its backward pass."""
    layer_types: Callable[[TransformerConfig], tuple[Kind, ...]] = lambda _: ("full_attention",)
    """The default of the key `layer_types`, which `windows.py` explains."""
    per_position: tuple[str, ...] = ()
    """Parameters with one row per position. A model with a shorter context uses the first rows."""
    untrained: Callable[[TransformerConfig], tuple[str, ...]] = lambda _: ()
    """Parameters that are not trained."""
    own_logits: bool = False
    """Whether logits are more than a product of a matrix."""


@dataclass(frozen=True)
class HuggingFace:
    """How `transformers` describes and stores models of the family."""

    plain: Mapping[str, str]
    """Our keys, and the keys in `config.json` with the same values."""
    others: Mapping[str, str]
    """Our keys, and the keys in `config.json` that `read` converts."""
    absent: Mapping[str, Any]
    """The defaults in `transformers` for absent keys of `plain`, by our names."""
    tied_if_absent: bool
    """The default of `tie_word_embeddings` in `transformers`."""
    write: Callable[[TransformerConfig], dict[str, Any]]
    """The family's part of `config.json`."""
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    """The values that `plain` does not cover, by our names.

    Raises `UnreadableModelError` for a kind of layer that we do not have.
    """
    supported: str = ""
    """Which models of the family can be loaded, for the reference page; ends with a full stop."""
    transposed: tuple[str, ...] = ()
    """Suffixes of the names of weights that are stored as (in, out)."""
    zeros: Callable[[TransformerConfig], Shapes] = lambda _: NO_SHAPES
    """Tensors that are stored as zeros because the model does not have these parameters."""
    constants: tuple[str, ...] = ()
    """Suffixes of the names of constant tensors that older versions stored."""
    settled_by_weights: tuple[str, ...] = ()
    """Our keys that are not in `config.json`. The weights show whether they are right."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Our keys and the corresponding keys in `config.json`."""
        return {**self.plain, **self.others}


@dataclass(frozen=True)
class Distinction:
    """A setting that may differ between models and is compared by its effect, not its value."""

    what: str
    key: str
    read: Callable[[TransformerConfig], Any]


@dataclass(frozen=True)
class Family:
    """One family of models."""

    name: ModelType
    title: str
    about: str
    """What is special about it, for the hover of `model_type`; ends with a full stop."""
    keys: tuple[str, ...]
    """The keys of `transformer_config` that it reads in addition to the common ones."""
    trained_by: tuple[Trainer, ...]
    """The trainers that support it."""
    contradictions: Callable[[TransformerConfig, Path], Iterator[Problem]]
    """Combinations of values that no trainer accepts; the path is the section's."""
    tensor_parallel: bool = False
    """Whether tt-train can split its layers across devices."""
    only_ours: tuple[str, ...] = ()
    """Those of `keys` that other trainers read in other families, but not in this one."""
    distinctions: tuple[Distinction, ...] = ()
    layout: Layout | None = None
    hugging_face: HuggingFace | None = None
    template: str | None = None
    """A small model file to start with."""


def parameter_shapes(layout: Layout, config: TransformerConfig) -> dict[str, Shape]:
    """The shape of each parameter, by name; linear weights are (out, in).

    Args:
        layout: the family's layout.
        config: the model's shape, including the size of the vocabulary.
    """
    shapes = dict(layout.outer(config))
    block = layout.block(config)
    for index in range(config.num_blocks):
        shapes |= {f"{layout.blocks}.{index}.{name}": shape for name, shape in block.items()}
    if config.weight_tying == "disabled":
        shapes[OUTPUT] = (config.vocab_size, config.embedding_dim)
    return shapes


def with_biases(weights: Shapes, has_bias: bool) -> dict[str, Shape]:
    """The shapes of layers' parameters, by name: `weight`, and if the layers have one, `bias`."""
    shapes: dict[str, Shape] = {}
    for layer, weight in weights.items():
        shapes[f"{layer}.weight"] = weight
        if has_bias:
            shapes[f"{layer}.bias"] = weight[:1]
    return shapes
