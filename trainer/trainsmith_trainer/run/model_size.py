"""Whether a model can fit into this machine's memory, checked before any of it is built."""

from __future__ import annotations

import os

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.quantities import count, size
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.errors import RunError

_WEIGHT_BYTES = 4
"""Weights are drawn and loaded in float32, whatever the precision of the run."""


def refuse_oversized_model(model: TransformerConfig) -> None:
    """Refuse a model whose weights alone exceed the machine's memory.

    Such a model would otherwise be built block by block until the system kills the process.

    Raises:
        RunError: with the size of the model and that of the memory.
    """
    parameters, memory = derived.parameter_count(model), _machine_memory()
    if parameters is None or memory is None or parameters * _WEIGHT_BYTES <= memory:
        return
    raise RunError(
        f"the model has {count(parameters)} parameters: its weights alone take "
        f"{size(parameters * _WEIGHT_BYTES)}, and this machine has {size(memory)} of memory",
        advice="lower `num_blocks` or `embedding_dim`",
        config_path="transformer_config.num_blocks",
    )


def _machine_memory() -> int | None:
    """Bytes of physical memory; `None` on Windows, where Python has no function for it."""
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
