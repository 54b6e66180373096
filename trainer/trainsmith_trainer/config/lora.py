"""Problems of a recipe's `lora_config` together with its model file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trainsmith_schemas.meaning.lora import (
    NO_BASE,
    layer_names,
    trained_parameters,
    unknown_target_message,
    unknown_targets,
)
from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.config.named_files import named_folder
from trainsmith_trainer.config.source import Source
from trainsmith_trainer.errors import ConfigProblem
from trainsmith_trainer.hf.model_dir import ADAPTER_FILE, is_adapter

_SECTION: KeyPath = ("lora_config",)
_TARGETS: KeyPath = ("lora_config", "target_modules")
_BIAS: KeyPath = ("lora_config", "is_bias_trainable")
ADAPTER_KEY: KeyPath = ("lora_config", "adapter_path")


def lora_problems(
    lora: LoraConfig, model: TransformerConfig, source: Source
) -> Iterator[ConfigProblem]:
    """Problems of the section.

    Args:
        lora: the recipe's section.
        model: the model, with the shape that the folder of its `model_path` describes.
        source: the recipe.
    """
    if not model.model_path:
        origin = source.origin_of(_SECTION, on_key=True)
        yield ConfigProblem(origin, "error", "lora-without-base", NO_BASE, dotted(_SECTION))
    names = layer_names(model)
    for target in unknown_targets(lora, model):
        message = unknown_target_message(target, model, names)
        origin = source.origin_of(_TARGETS)
        yield ConfigProblem(origin, "error", "lora-target-unknown", message, dotted(_TARGETS))
    trained = trained_parameters(lora, model)
    if lora.is_bias_trainable and trained and not trained.biases:
        message = "`is_bias_trainable` has no effect: no adapted layer has a bias; remove it"
        origin = source.origin_of(_BIAS, on_key=True)
        yield ConfigProblem(origin, "warning", "not-acted-on", message, dotted(_BIAS))


def named_adapter(
    lora: LoraConfig, source: Source, *, resumes: bool, problems: list[ConfigProblem]
) -> Path | None:
    """The folder of the adapter that a recipe continues from, if it names one.

    A run that resumes does not need it: a checkpoint has its matrices, trained further.
    """
    if not lora.adapter_path or resumes:
        return None
    folder = named_folder(source, ADAPTER_KEY, lora.adapter_path, problems)
    if folder and not is_adapter(folder):
        message = f"`adapter_path` names no adapter: {folder} has no {ADAPTER_FILE}"
        origin = source.origin_of(ADAPTER_KEY)
        problems.append(
            ConfigProblem(origin, "error", "unreadable-adapter", message, dotted(ADAPTER_KEY))
        )
    return folder
