"""`eval_config`: how text is sampled while a run is validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section, Typical

# tt-train's C++ trainer reads this section; its Python one takes flags instead.
_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_IMAGES = ReadBy("tt-train")


class EvalConfig(Section):
    """How the samples that accompany each validation are drawn.

    For validation be greedy (`temperature: 0.0`): then samples differ because the model differs.
    tt-train's Python trainers do not read it; they take `--temperature` and `--top_k`.
    """

    repetition_penalty: Annotated[
        Number,
        _READERS,
        Field(gt=0),
        Typical(1.0, 1.3),
        Examples((1.0, "off, for validation"), (1.1, "for generating text")),
    ] = 1.0
    """Makes tokens that already stand in the text less likely. `1.0` is off."""

    temperature: Annotated[
        Number,
        _READERS,
        Field(ge=0),
        Typical(0.0, 1.0),
        Examples((0.0, "greedy, for validation"), (0.8, "for generating text")),
    ] = 0.0
    """How adventurous the choice of the next token is.

    `0.0` always takes the likeliest token, so two samples can be compared. `0.7` to `1.0` reads
    more lively.
    """

    top_k: Annotated[Integer, _READERS, Typical(40, 80), Examples(50)] = 50
    """Choose among this many of the likeliest tokens only. `0` or less is off.

    Greedy decoding (`temperature: 0.0`) does not use it.
    """

    top_p: Annotated[
        Number,
        _READERS,
        Field(ge=0, le=1),
        Typical(0.9, 1.0),
        Examples((1.0, "off, for validation"), (0.95, "for generating text")),
    ] = 1.0
    """Choose among the likeliest tokens that together have this probability. `1.0` is off.

    Greedy decoding (`temperature: 0.0`) does not use it.
    """

    sample_interval: Annotated[Integer | None, Field(ge=0), _IMAGES] = None
    """Steps between samples, for tt-train's image models. `0`: no samples while training."""

    sample_steps: Annotated[Integer | None, Field(ge=1), _IMAGES] = None
    """Steps in which noise becomes an image, for tt-train's image models."""

    cfg_scale: Annotated[Number | None, Field(ge=0), _IMAGES] = None
    """How strongly an image follows its label, for tt-train's image models."""
