"""The keys of `transformer_config` about sliding windows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, ReadBy, Section

_OURS = ReadBy("trainsmith")


class WindowFields(Section):
    """The keys of families whose blocks may see only the last tokens."""

    sliding_window: Annotated[Integer | None, Field(ge=1), Examples(1024, 4096), _OURS] = None
    """How many tokens attention sees: the token itself and those just before it.

    By default, all tokens before it. Generating text needs less memory with a window, because keys
    and values of older tokens are dropped.
    """

    layer_types: Annotated[
        list[Literal["sliding_attention", "full_attention"]] | None,
        Field(min_length=1),
        Examples((["sliding_attention", "full_attention"], "every second block has the window")),
        _OURS,
    ] = None
    """Which blocks have the window, from the first block on. A shorter list repeats.

    By default, all blocks in `qwen2` and `qwen3`, every second one in `gemma2`, all but every sixth
    in `gemma3_text`, and those without positions in `smollm3`.
    """
