"""The size of a model's vocabulary, which may depend on the data."""

from __future__ import annotations

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.errors import RunError


def with_vocabulary(model: TransformerConfig, needed: int) -> TransformerConfig:
    """A model's shape with its vocabulary size filled in.

    Args:
        model: its shape.
        needed: how many tokens the tokenizer has.

    Raises:
        RunError: the shape's own `vocab_size` is too small.
    """
    if model.vocab_size == 0:
        return model.model_copy(update={"vocab_size": needed})
    if model.vocab_size < needed:
        raise RunError(
            f"`vocab_size` is {model.vocab_size}, and there are {needed} tokens",
            advice="write 0, which means as many as there are",
            config_path="transformer_config.vocab_size",
        )
    return model
