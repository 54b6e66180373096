"""A summary of a model file, for the recipe that names it."""

from __future__ import annotations

from trainsmith_schemas.families.registry import reads
from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.readable import model_of


def model_summary(analysis: Analysis) -> str:
    """The shape of the model in a file, as Markdown; empty if there is none."""
    model = model_of(analysis)
    return model_text(model) if model else ""


def model_text(model: TransformerConfig) -> str:
    """The shape of a model, as Markdown."""
    return f"**Model** · {_shape(model)}"


def _shape(model: TransformerConfig) -> str:
    heads = plural(model.num_heads, "head")
    if model.num_groups and reads(model.model_type, "num_groups"):
        heads += f" in {plural(model.num_groups, 'group')}"
    parts = (
        f"`{model.model_type}`",
        plural(model.num_blocks, "layer"),
        f"width {model.embedding_dim:,}",
        heads,
        f"context {model.max_sequence_length:,} tokens",
        f"vocabulary {model.vocab_size:,}" if model.vocab_size else "the tokenizer's vocabulary",
    )
    return ", ".join(parts)
