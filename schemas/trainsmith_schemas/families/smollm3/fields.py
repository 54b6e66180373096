"""The key of `transformer_config` that SmolLM 3 adds to those of LLaMA."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, ReadBy, Section


class SmolLm3Fields(Section):
    """The key that SmolLM 3 adds to those of LLaMA."""

    no_rope_layers: Annotated[
        list[Literal[0, 1]] | None,
        Field(min_length=1),
        Examples(([1, 1, 1, 0], "the default"), ([1, 0], "every second block has no positions")),
        ReadBy("trainsmith"),
    ] = None
    """Which blocks have rotary positions, from the first on: `1` has them, `0` has none.

    A shorter list repeats. By default, every fourth block has none.
    """
