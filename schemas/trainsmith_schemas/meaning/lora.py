"""What a `lora_config` means for a model: the adapted layers, their matrices and their number.

Names are those of Hugging Face's PEFT without the prefixes that it adds: `h.0.attn.c_attn` has
`h.0.attn.c_attn.lora_A.weight` (r, in) and `h.0.attn.c_attn.lora_B.weight` (out, r).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trainsmith_schemas.families.family import Layout, Shape
from trainsmith_schemas.families.registry import all_families, family_of, require_layout
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import MOST_BLOCKS, TransformerConfig
from trainsmith_schemas.wording import listed

LORA_A, LORA_B, BIAS = ".lora_A.weight", ".lora_B.weight", ".bias"
"""What follows a layer's name in the names of its trained parameters."""
NO_BASE = (
    "`lora_config` needs a pretrained model, and the model file has no `model_path`: "
    "name its folder there, or remove the section to train all weights"
)
"""What is said of LoRA on random weights, which stay random."""


@dataclass(frozen=True)
class Trained:
    """How many parameters LoRA trains."""

    adapters: int
    """The numbers in the matrices that LoRA adds."""
    biases: int
    """The numbers in the model's own biases that are trained."""

    @property
    def total(self) -> int:
        """All trained parameters."""
        return self.adapters + self.biases


def scale(lora: LoraConfig) -> float:
    """The factor of the adaptation's output."""
    return lora.lora_alpha / (math.sqrt(lora.r) if lora.use_rslora else lora.r)


def linear_layers(model: TransformerConfig) -> dict[str, Shape]:
    """The linear layers of a block, by their names inside it: (out, in).

    Raises:
        UnfinishedFamilyError: the family's layers are not known.
    """
    return _linear_layers(require_layout(model), model)


def layer_names(model: TransformerConfig | None) -> list[str]:
    """The last parts of the names of linear layers, each once; of every family without a model."""
    models = [model] if model else _a_model_of_each_family()
    names = (name.rpartition(".")[2] for one in models for name in linear_layers(one))
    return list(dict.fromkeys(names))


def unknown_targets(lora: LoraConfig, model: TransformerConfig | None) -> list[str]:
    """The entries of `target_modules` that name no linear layer in a model's blocks.

    Args:
        lora: the section.
        model: the model; `None` if it is not known, and every family's names are valid.
    """
    models = [model] if model else _a_model_of_each_family()
    targets = set(lora.target_modules or ())
    matching = {target for one in models for target in _matching(targets, one)}
    return [target for target in lora.target_modules or () if target not in matching]


def unknown_target_message(target: str, model: TransformerConfig | None, names: list[str]) -> str:
    """One sentence about an unknown target, with the names that exist: those of `layer_names`."""
    where = f"a {model.model_type}'s blocks" if model else "any model's blocks"
    known = listed(f"`{name}`" for name in names)
    return f"`target_modules` has `{target}`, which is no linear layer of {where}: they are {known}"


def adapted_layers(lora: LoraConfig, model: TransformerConfig) -> dict[str, Shape]:
    """The adapted layers of a whole model, by their full names: (out, in)."""
    layout = require_layout(model)
    layers = _linear_layers(layout, model)
    blocks = {name: _blocks(lora.target_modules, model, layout, name) for name in layers}
    return {
        f"{layout.blocks}.{index}.{name}": shape
        for index in range(model.num_blocks)
        for name, shape in layers.items()
        if index in blocks[name]
    }


def adapted_in_block(lora: LoraConfig, model: TransformerConfig) -> dict[str, Shape]:
    """The layers that are adapted in some block, by their names inside it: (out, in)."""
    layout = require_layout(model)
    layers = _linear_layers(layout, model)
    targets = lora.target_modules
    return {name: layers[name] for name in layers if _blocks(targets, model, layout, name)}


def trained_shapes(lora: LoraConfig, model: TransformerConfig) -> dict[str, Shape]:
    """The shape of every trained parameter, by its full name."""
    shapes: dict[str, Shape] = {}
    with_bias = _layers_with_bias(model) if lora.is_bias_trainable else ()
    for name, (wide_out, wide_in) in adapted_layers(lora, model).items():
        shapes[name + LORA_A] = (lora.r, wide_in)
        shapes[name + LORA_B] = (wide_out, lora.r)
        if name.endswith(tuple(f".{one}" for one in with_bias)):
            shapes[name + BIAS] = (wide_out,)
    return shapes


def trained_parameters(lora: LoraConfig, model: TransformerConfig) -> Trained | None:
    """How many parameters are trained; `None` if the family's layers are not known.

    It takes the same time for any number of blocks.
    """
    layout = family_of(model.model_type).layout
    if layout is None:
        return None
    adapters = biases = 0
    with_bias = _layers_with_bias(model) if lora.is_bias_trainable else ()
    for name, (wide_out, wide_in) in _linear_layers(layout, model).items():
        blocks = len(_blocks(lora.target_modules, model, layout, name))
        adapters += blocks * lora.r * (wide_out + wide_in)
        biases += blocks * wide_out if name in with_bias else 0
    return Trained(adapters, biases)


def _linear_layers(layout: Layout, model: TransformerConfig) -> dict[str, Shape]:
    return {
        name.removesuffix(".weight"): shape
        for name, shape in layout.block(model).items()
        if name.endswith(".weight") and len(shape) == 2
    }


def _layers_with_bias(model: TransformerConfig) -> tuple[str, ...]:
    names = require_layout(model).block(model)
    return tuple(name for name in linear_layers(model) if name + BIAS in names)


def _blocks(
    targets: list[str] | None, model: TransformerConfig, layout: Layout, layer: str
) -> range | frozenset[int]:
    """The blocks in which a layer is adapted: as PEFT does, by the ends of full names."""
    if targets is None or any(_ends(layer, target) for target in targets):
        return range(model.num_blocks)
    found = (_block_named(target, layer, layout.blocks) for target in targets)
    return frozenset(index for index in found if index is not None and index < model.num_blocks)


def _block_named(target: str, layer: str, blocks: str) -> int | None:
    """The block of a target such as `h.3.attn.c_attn`, which names one."""
    head = target.removesuffix(f".{layer}")
    before, _, number = head.rpartition(".")
    if head == target or not (number.isascii() and number.isdecimal()) or len(number) > _DIGITS:
        return None
    return int(number) if not before or _ends(blocks, before) else None


_DIGITS = 9


def _ends(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def _matching(targets: Iterable[str], model: TransformerConfig) -> Iterator[str]:
    """Those targets that name a layer of a model."""
    layout = require_layout(model)
    layers = list(_linear_layers(layout, model))
    for target in targets:
        if any(_blocks([target], model, layout, name) for name in layers):
            yield target


def _a_model_of_each_family() -> list[TransformerConfig]:
    """A model of each family that is trained, with as many blocks as one can have."""
    return [
        TransformerConfig(model_type=family.name, num_blocks=MOST_BLOCKS)
        for family in all_families()
        if family.layout
    ]
