"""The keys of `transformer_config` that Qwen 3 adds to those of LLaMA."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train")


class Qwen3Fields(Section):
    """What a Qwen 3 has besides the keys of a LLaMA."""

    head_dim: Annotated[Integer | None, Field(ge=1), Examples(64, 128), _READERS] = None
    """The dimensions of each attention head (qwen3); all heads together may differ from the width.

    Without it, `embedding_dim / num_heads`. Published Qwen 3 models have 128.
    """

    attention_bias: Annotated[Flag, _READERS] = False
    """Give the linear layers of attention a bias (qwen3). Published Qwen 3 models have none."""
