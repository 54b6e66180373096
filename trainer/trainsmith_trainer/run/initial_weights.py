"""The weights that a run begins with, where a `model_path` gives them; errors are the recipe's."""

from __future__ import annotations

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.hf.load import check_weights, read_weights
from trainsmith_trainer.hf.model_dir import FOLDER_KEY, Pretrained


def refuse_other_weights(pretrained: Pretrained, model: TransformerConfig) -> None:
    """See that the weights of a folder are those of a model; only the heads of files are read.

    Raises:
        RunError: they are not. The text names files and tensors.
    """
    try:
        check_weights(pretrained, model)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None


def load_pretrained_weights(pretrained: Pretrained, model: TransformerConfig) -> Arrays:
    """The weights of a folder, for a model of this shape.

    Raises:
        RunError: they are not the model's. The text names files and tensors.
    """
    try:
        return read_weights(pretrained, model)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None
