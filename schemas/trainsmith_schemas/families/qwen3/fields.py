"""The keys of `transformer_config` that Qwen 3 adds to those of LLaMA."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train")


class Qwen3Fields(Section):
    """The keys that Qwen 3 adds to those of LLaMA."""

    head_dim: Annotated[Integer | None, Field(ge=1), Examples(64, 128), _READERS] = None
    """The number of dimensions per attention head.

    Defaults to `embedding_dim / num_heads`, but `num_heads` × `head_dim` may differ from
    `embedding_dim`. Published Qwen 3 models have 128.
    """

    attention_bias: Annotated[Flag, _READERS] = False
    """Whether the linear layers of attention have a bias. Published models have none."""
