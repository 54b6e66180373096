"""Models in PyTorch. Parameters are named as in Hugging Face's `transformers`."""

from __future__ import annotations

from trainsmith_schemas.model import TransformerConfig
from trainsmith_trainer.models.gpt2 import Gpt2
from trainsmith_trainer.models.llama import Llama
from trainsmith_trainer.models.transformer import Transformer


def build_model(config: TransformerConfig) -> Transformer:
    """A model with random weights, from PyTorch's global random state.

    Args:
        config: its shape; `vocab_size` is known by now, so above 0.
    """
    return Llama(config) if config.model_type == "llama" else Gpt2(config)
