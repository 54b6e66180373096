"""A model's folder as `transformers` saves it → the shape and the weights of ours.

Nothing is loaded by halves: every tensor has its place and its shape before the first is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.families.hugging_face import UnreadableModelError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.tokenizer import Tokenizer, load_tokenizer
from trainsmith_trainer.hf.model_dir import Pretrained
from trainsmith_trainer.hf.parameter_shapes import parameter_shapes
from trainsmith_trainer.hf.safetensors_files import StoredTensor, read_tensors, stored_tensors

TOKENIZER_FILE = "tokenizer.json"
_BODY = {"gpt2": "transformer.", "llama": "model."}
"""What stands before the names of a model's body; a file of the body alone leaves it out."""
_BUFFERS = re.compile(r"(^|\.)(attn\.(masked_)?bias|rotary_emb\.inv_freq)$")
"""Constants that older versions of `transformers` saved."""
_TURNED = (".c_attn.weight", ".c_proj.weight", ".c_fc.weight")
"""Hugging Face's GPT-2 stores these the other way round: (in, out)."""
_EMBEDDING = {"gpt2": "transformer.wte.weight", "llama": "model.embed_tokens.weight"}
_OUTPUT = "lm_head.weight"
_MOST_SHOWN = 3


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read a folder's `tokenizer.json`.

    Raises:
        UnreadableModelError: it is missing or damaged, or of another kind.
    """
    try:
        return load_tokenizer((folder / TOKENIZER_FILE).read_bytes())
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableModelError(f"{folder / TOKENIZER_FILE} is not read: {error}") from None


def read_weights(pretrained: Pretrained, config: TransformerConfig) -> Arrays:
    """The weights of a folder under our names, in float32, linear ones as (out, in).

    Args:
        pretrained: the folder.
        config: the model that is to have them. It may see fewer tokens at once, and may do without
            biases if those in the files are zero.

    Raises:
        UnreadableModelError: they are not there, or not those of the model. The text names files
            and tensors.
    """
    places = check_weights(pretrained, config)
    weights: dict[str, npt.NDArray[Any]] = {}
    for name, array in read_tensors(places):
        turned = config.model_type == "gpt2" and is_turned(name)
        weights[name] = array.T if turned else array
    for name in set(weights) - parameter_shapes(config).keys():
        _refuse_what_counts(name, places[name], weights, config)
        del weights[name]
    positions = weights.get("transformer.wpe.weight")
    if positions is not None:
        weights["transformer.wpe.weight"] = positions[: config.max_sequence_length]
    return weights


def check_weights(pretrained: Pretrained, config: TransformerConfig) -> dict[str, StoredTensor]:
    """Where the weights of a model lie, by our names; only the heads of files are read.

    The arguments and errors are those of `read_weights`.
    """
    length = {"max_sequence_length": pretrained.shape.max_sequence_length}
    whole = config.model_copy(update=length)
    wanted = parameter_shapes(whole)
    # These may be there too, as long as they say nothing new.
    spare = parameter_shapes(whole.model_copy(update={"weight_tying": "disabled", "bias": True}))
    places: dict[str, StoredTensor] = {}
    problems: list[str] = []
    for name, tensor in stored_tensors(pretrained.folder).items():
        if _BUFFERS.search(name):
            continue
        ours = _our_name(name, config.model_type)
        problems += _misfit(tensor, ours, spare, config)
        if ours in places:
            problems.append(f"{tensor.place} is there twice, also as `{places[ours].name}`")
        places[ours] = tensor
    missing = sorted(wanted.keys() - places.keys())
    problems += [f"{pretrained.folder} lacks the tensor `{name}`" for name in missing]
    if problems:
        rest = len(problems) - _MOST_SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        raise UnreadableModelError("; ".join(problems[:_MOST_SHOWN]) + more)
    return places


def is_turned(name: str) -> bool:
    """Whether Hugging Face's GPT-2 has a weight as (in, out)."""
    return name.endswith(_TURNED)


def _our_name(name: str, family: str) -> str:
    known = name.startswith((_BODY[family], "lm_head."))
    return name if known else _BODY[family] + name


def _misfit(
    tensor: StoredTensor,
    ours: str,
    shapes: Mapping[str, tuple[int, ...]],
    config: TransformerConfig,
) -> Iterator[str]:
    if ours not in shapes:
        yield f"{tensor.place} has no place in a {config.model_type} of this shape"
        return
    turned = config.model_type == "gpt2" and is_turned(ours)
    expected = shapes[ours][::-1] if turned else shapes[ours]
    if tensor.shape != expected:
        yield f"{tensor.place} is {list(tensor.shape)}, expected {list(expected)}"


def _refuse_what_counts(
    name: str, stored: StoredTensor, weights: Arrays, config: TransformerConfig
) -> None:
    """Refuse to leave out a tensor that the model has no parameter for, unless it says nothing."""
    if name == _OUTPUT:
        if not np.array_equal(weights[name], weights[_EMBEDDING[config.model_type]]):
            raise UnreadableModelError(
                f"{stored.place} is not the embedding, though `tie_word_embeddings` is true"
            )
    elif weights[name].any():
        raise UnreadableModelError(
            f"{stored.place} is not zero, and the model file says `bias: false`"
        )
