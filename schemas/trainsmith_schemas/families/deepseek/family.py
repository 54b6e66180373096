"""DeepSeek V2 and V3: latent attention and a mixture of experts. Only tt-train trains it.

Its keys are known, but without a layout, its models cannot be counted, trained or converted.
"""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.families.deepseek.fields import DeepseekFields
from trainsmith_schemas.families.family import Family
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig


def _contradictions(_config: TransformerConfig, _path: Path) -> Iterator[Problem]:
    """None are known: the sizes of its heads do not depend on the width."""
    return iter(())


FAMILY = Family(
    name="deepseek",
    title="DeepSeek",
    about="multi-head latent attention and a mixture of experts; only tt-train trains it.",
    keys=("theta", *DeepseekFields.model_fields),
    trained_by=("tt-train",),
    contradictions=_contradictions,
    tensor_parallel=True,
)
