"""The initial weights from a `model_path`; errors are reported under that key."""

from __future__ import annotations

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.errors import RunError
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


def load_pretrained_weights(pretrained: Pretrained, model: TransformerConfig) -> Arrays:
    """The weights in a folder, for a model of this shape.

    Raises:
        RunError: they do not fit the model. The text names files and tensors.
    """
    try:
        return read_weights(pretrained, model)
    except UnreadableModelError as error:
        raise RunError(str(error), config_path=FOLDER_KEY) from None
