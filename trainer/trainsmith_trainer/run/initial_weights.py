"""The initial weights from a `model_path` and an `adapter_path`, and their errors by key."""

from __future__ import annotations

import json

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.meaning.lora import trained_shapes
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.config.lora import ADAPTER_KEY
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.hf.adapter import adapter_weights, read_adapter
from trainsmith_trainer.hf.adapter_base import (
    Digests,
    digests_of,
    refuse_another_base,
)
from trainsmith_trainer.hf.load import check_weights, read_weights
from trainsmith_trainer.hf.model_dir import FOLDER_KEY, Pretrained


def refuse_other_weights(pretrained: Pretrained, model: TransformerConfig) -> None:
    """Check that the weights in a folder fit a model; only file headers are read.

    Raises:
        RunError: they do not fit. The text names files and tensors.
    """
    try:
        check_weights(pretrained, model)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None


def refuse_other_adapter(config: ResolvedConfig, model: TransformerConfig) -> None:
    """Check that the adapter that a recipe continues from fits its `lora_config` and the model.

    Raises:
        RunError: it does not. The text names the key or the tensor, and both values.
    """
    load_adapter_weights(config, model)


def load_adapter_weights(config: ResolvedConfig, model: TransformerConfig) -> Arrays:
    """The trained parameters of the adapter that a recipe continues from; empty without one.

    The errors are those of `refuse_other_adapter`.
    """
    lora = config.document.lora_config
    if lora is None or config.adapter is None:
        return {}
    try:
        found = read_adapter(config.adapter)
        weights = adapter_weights(found, model)
        if config.pretrained:
            refuse_another_base(found, config.pretrained.folder)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=dotted(ADAPTER_KEY)) from None
    for key in ("r", "use_rslora", "lora_alpha", "is_bias_trainable"):
        theirs, ours = getattr(found.lora, key), getattr(lora, key)
        if theirs != ours:
            raise RunError(
                f"`{key}` is {ours}, and {theirs} in the adapter in {found.folder}",
                advice=f"write `{key}: {json.dumps(theirs)}`, or train a new adapter",
                config_path=f"lora_config.{key}",
            )
    different = sorted(trained_shapes(lora, model).keys() ^ weights.keys())
    if different:
        raise RunError(
            f"`target_modules` does not name the layers of the adapter in {found.folder}: "
            f"{different[0]} is in one of them only",
            advice="name the same layers, or train a new adapter",
            config_path="lora_config.target_modules",
        )
    return weights


def base_digests(pretrained: Pretrained) -> Digests:
    """The digests of the weights in a folder.

    Raises:
        RunError: a file is missing.
    """
    try:
        return digests_of(pretrained.folder)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None


def load_pretrained_weights(pretrained: Pretrained, model: TransformerConfig) -> Arrays:
    """The weights in a folder, for a model of this shape.

    Raises:
        RunError: they do not fit the model. The text names files and tensors.
    """
    try:
        return read_weights(pretrained, model)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None
