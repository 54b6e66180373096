"""A model's folder as `transformers` saves it → the weights of our model.

Names and shapes of all tensors are checked before the first is read, so nothing is half loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError
from trainsmith_schemas.families.family import OUTPUT
from trainsmith_schemas.families.registry import (
    parameter_shapes,
    require_hugging_face,
    require_layout,
)
from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.tokenizer import Tokenizer, load_tokenizer
from trainsmith_trainer.hf.model_dir import Pretrained
from trainsmith_trainer.hf.safetensors_files import StoredTensor, read_tensors, stored_tensors
from trainsmith_trainer.hf.special_tokens import read_special_tokens

TOKENIZER_FILE = "tokenizer.json"
_MOST_SHOWN = 3


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read a folder's `tokenizer.json`, and what the files beside it say.

    Raises:
        UnreadableModelError: it is missing or damaged, or of another kind.
    """
    try:
        content = read_bytes(folder / TOKENIZER_FILE, limits.TOKENIZER)
        return load_tokenizer(content, read_special_tokens(folder))
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableModelError(f"{folder / TOKENIZER_FILE} cannot be read: {error}") from None


def read_weights(pretrained: Pretrained, config: TransformerConfig) -> Arrays:
    """The weights of a folder under our names, in float32, linear ones as (out, in).

    Args:
        pretrained: the folder.
        config: the model to load them into. It may have a shorter context, and may have no biases
            if those in the files are zero.

    Raises:
        UnreadableModelError: they are missing, or do not fit the model. The text names files and
            tensors.
    """
    places = check_weights(pretrained, config)
    transposed = require_hugging_face(config).transposed
    weights: dict[str, npt.NDArray[Any]] = {}
    for name, array in read_tensors(places):
        weights[name] = array.T if name.endswith(transposed) else array
    for name in set(weights) - parameter_shapes(config).keys():
        _refuse_unless_redundant(name, places[name], weights, config)
        del weights[name]
    for name in require_layout(config).per_position:
        weights[name] = weights[name][: config.max_sequence_length]
    return weights


def check_weights(pretrained: Pretrained, config: TransformerConfig) -> dict[str, StoredTensor]:
    """The stored tensors of a model, by our names; only file headers are read.

    The arguments and errors are those of `read_weights`.
    """
    stored = stored_tensors(pretrained.folder)
    if config.num_blocks > len(stored):  # The tables below have entries for every block.
        raise UnreadableModelError(
            f"{pretrained.folder} has {plural(len(stored), 'tensor')}, and its {CONFIG_FILE} "
            f"describes {plural(config.num_blocks, 'block')}"
        )
    length = {"max_sequence_length": pretrained.shape.max_sequence_length}
    whole = config.model_copy(update=length)
    wanted = parameter_shapes(whole)
    family = require_hugging_face(config)
    # The output layer and the zeros may be stored too, as long as they are redundant.
    untied = parameter_shapes(whole.model_copy(update={"weight_tying": "disabled"}))
    possible = {**untied, **family.zeros(whole)}
    places: dict[str, StoredTensor] = {}
    problems: list[str] = []
    for name, tensor in stored.items():
        if name.endswith(family.constants):
            continue
        ours = _our_name(name, require_layout(config).body)
        problems += _misfit(tensor, ours, possible, config)
        if ours in places:
            problems.append(f"{tensor.place} is stored twice, also as `{places[ours].name}`")
        places[ours] = tensor
    missing = sorted(wanted.keys() - places.keys())
    problems += [f"{pretrained.folder} lacks the tensor `{name}`" for name in missing]
    if problems:
        rest = len(problems) - _MOST_SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        raise UnreadableModelError("; ".join(problems[:_MOST_SHOWN]) + more)
    return places


def _our_name(name: str, body: str) -> str:
    """A full name; a file of the body alone omits the common prefix."""
    return name if name.startswith(body) or name == OUTPUT else body + name


def _misfit(
    tensor: StoredTensor,
    ours: str,
    shapes: Mapping[str, tuple[int, ...]],
    config: TransformerConfig,
) -> Iterator[str]:
    if ours not in shapes:
        yield f"{tensor.place} does not belong in a {config.model_type} of this shape"
        return
    transposed = ours.endswith(require_hugging_face(config).transposed)
    expected = shapes[ours][::-1] if transposed else shapes[ours]
    if tensor.shape != expected:
        yield f"{tensor.place} is {list(tensor.shape)}, expected {list(expected)}"


def _refuse_unless_redundant(
    name: str, stored: StoredTensor, weights: Arrays, config: TransformerConfig
) -> None:
    """Refuse to drop a tensor that is not a parameter of the model, unless it is redundant."""
    if name == OUTPUT:
        if not np.array_equal(weights[name], weights[require_layout(config).embedding]):
            raise UnreadableModelError(
                f"{stored.place} is not the embedding, though `tie_word_embeddings` is true"
            )
    elif weights[name].any():
        raise UnreadableModelError(
            f"{stored.place} is not zero, and the model file says `bias: false`"
        )
