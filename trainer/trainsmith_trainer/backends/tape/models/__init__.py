"""Models on a tape. Parameters are named as in Hugging Face's `transformers`.

Each family has a module with its name here, and in it a `MODEL`: a class of models that is made
from a `TransformerConfig`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import cast

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.tape.models.model import Model

FAMILIES = tuple(module.name for module in pkgutil.iter_modules(__path__) if module.name != "model")
"""The families whose layers there are."""


def build_model(config: TransformerConfig) -> Model:
    """A model of one of `FAMILIES`; its weights are passed to it at each call."""
    module = import_module(f"{__name__}.{config.model_type}")
    return cast("Model", module.MODEL(config))
