"""LoRA's matrices and their base as one model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.meaning.lora import BIAS, LORA_A, LORA_B, scale
from trainsmith_system.writing import Content
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.hf.adapter import adapter_weights, read_adapter
from trainsmith_trainer.hf.adapter_base import find_base
from trainsmith_trainer.hf.export import model_files
from trainsmith_trainer.hf.load import TOKENIZER_FILE, read_tokenizer, read_weights
from trainsmith_trainer.hf.model_dir import Pretrained, companions_in, describe


@dataclass(frozen=True)
class Merged:
    """A whole model."""

    pretrained: Pretrained
    """The base, with the files of the tokenizer."""
    weights: Arrays
    tokenizer: Tokenizer
    tokenizer_folder: Path
    """The folder of the tokenizer: the adapter's if it has one, else the base's."""


def read_merged(folder: Path, base: Path | None = None) -> Merged:
    """Read an adapter and its base, and add them up.

    Args:
        folder: the adapter's.
        base: the base's; without it, the one that the adapter names.

    Raises:
        UnreadableModelError: a file is missing or damaged, or the base is another one.
    """
    adapter = read_adapter(folder)
    pretrained = describe(find_base(adapter, base))
    plain = read_weights(pretrained, pretrained.shape)
    weights = merged(plain, adapter_weights(adapter, pretrained.shape), scale(adapter.lora))
    if not (folder / TOKENIZER_FILE).is_file():  # PEFT's own folders have none.
        tokenizer = read_tokenizer(pretrained.folder)
        return Merged(pretrained, weights, tokenizer, pretrained.folder)
    own = _with_own_tokenizer(pretrained, folder)
    return Merged(own, weights, read_tokenizer(folder), folder)


def merged_files(folder: Path, base: Path | None = None) -> dict[str, Content]:
    """The files of the whole model, by name; arguments and errors are those of `read_merged`."""
    model = read_merged(folder, base)
    pretrained = model.pretrained
    return model_files(
        pretrained.shape,
        model.weights,
        model.tokenizer,
        pretrained.special_tokens,
        pretrained.companions,
        pretrained.dtype,
    )


def merged(weights: Arrays, trained: Arrays, factor: float) -> Arrays:
    """The weights of a model without LoRA that computes the same: W + factor · B · A.

    Args:
        weights: the base's, by name; linear weights are (out, in).
        trained: the matrices, and the biases that replace the base's.
        factor: the scale of the adaptation.

    Raises:
        UnreadableModelError: a weight is infinite, or no number.
    """
    result = dict(weights)
    for name, array in trained.items():
        if name.endswith(LORA_A):
            layer = name.removesuffix(LORA_A)
            with np.errstate(all="ignore"):
                added = np.float32(factor) * (trained[layer + LORA_B] @ array)
                whole = weights[f"{layer}.weight"] + added
            if not np.isfinite(whole).all():
                raise UnreadableModelError(f"the merged weights of {layer} are not finite numbers")
            result[f"{layer}.weight"] = whole
        elif name.endswith(BIAS):
            result[name] = array
    return result


def _with_own_tokenizer(pretrained: Pretrained, folder: Path) -> Pretrained:
    """The base's description, with the files and special tokens of the adapter's tokenizer."""
    try:
        companions = companions_in(folder)
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    theirs = pretrained.folder / TOKENIZER_FILE
    same = theirs.is_file() and (
        read_tokenizer(pretrained.folder).files()[TOKENIZER_FILE]
        == read_tokenizer(folder).files()[TOKENIZER_FILE]
    )
    special_tokens = pretrained.special_tokens if same else {}
    return replace(pretrained, companions=companions, special_tokens=special_tokens)
