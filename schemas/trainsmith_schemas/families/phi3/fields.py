"""The key of `transformer_config` that Phi-3 adds to those of LLaMA."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Number, ReadBy, Section


class Phi3Fields(Section):
    """The key that Phi-3 adds to those of LLaMA."""

    partial_rotary_factor: Annotated[
        Number, Field(gt=0, le=1), Examples(0.75), ReadBy("trainsmith")
    ] = 1.0
    """The share of each head's dimensions that rotary positions rotate. Phi-4-mini has 0.75."""
