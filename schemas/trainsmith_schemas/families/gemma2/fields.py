"""The keys of `transformer_config` that Gemma 2 and 3 add to those of LLaMA."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section

_OURS = ReadBy("trainsmith")


class GemmaFields(Section):
    """The keys that Gemma 2 and 3 add to those of LLaMA."""

    query_pre_attn_scalar: Annotated[
        Integer | None, Field(ge=1), Examples((256, "Gemma 2 9B, Gemma 3 1B")), _OURS
    ] = None
    """The scores of attention are divided by the square root of this number.

    By default, it is the number of dimensions per attention head.
    """

    attn_logit_softcapping: Annotated[Number | None, Field(gt=0), Examples(50.0), _OURS] = None
    """A soft bound on the scores of attention. By default, they have no bound.

    Attention with a bound stores its weights for the backward pass, so it needs more memory.
    """

    final_logit_softcapping: Annotated[Number | None, Field(gt=0), Examples(30.0), _OURS] = None
    """A soft bound on the logits. By default, they have no bound."""

    rope_local_base_freq: Annotated[Number, Field(gt=0), _OURS] = 10000.0
    """The base of the rotary frequencies in blocks with a sliding window.

    `theta` is that of the other blocks.
    """
