"""DeepSeek V2 and V3: latent attention and a mixture of experts. tt-train has it, we have not.

Without a layout nothing is counted, trained, exported or imported; its keys are known.
"""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.families.deepseek.fields import DeepseekFields
from trainsmith_schemas.families.family import Family
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig


def _contradictions(_config: TransformerConfig, _path: Path) -> Iterator[Problem]:
    """None that are known: its heads have sizes of their own."""
    return iter(())


FAMILY = Family(
    name="deepseek",
    title="DeepSeek",
    keys=("theta", *DeepseekFields.model_fields),
    trained_by=("tt-train",),
    contradictions=_contradictions,
    tensor_parallel=True,
)
