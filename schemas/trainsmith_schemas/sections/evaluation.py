"""`eval_config`: how text is sampled at each validation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section, Typical

# tt-train's C++ trainer reads this section; its Python trainers have command-line options instead.
_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_IMAGES = ReadBy("tt-train")


class EvalConfig(Section):
    """How the text samples at each validation are generated.

    Greedy decoding (`temperature: 0.0`) suits validation: if two samples differ, the model has
    changed. tt-train's Python trainers do not read this section; use their `--temperature` and
    `--top_k` options.
    """

    repetition_penalty: Annotated[
        Number,
        _READERS,
        Field(gt=0),
        Typical(1.0, 1.3),
        Examples((1.0, "off, for validation"), (1.1, "for generating text")),
    ] = 1.0
    """Makes tokens that already occur in the text less likely. `1.0` turns it off."""

    temperature: Annotated[
        Number,
        _READERS,
        Field(ge=0),
        Typical(0.0, 1.0),
        Examples((0.0, "greedy, for validation"), (0.8, "for generating text")),
    ] = 0.0
    """The randomness of sampling.

    `0.0` always chooses the most likely token, so that samples are comparable. `0.7` to `1.0` gives
    livelier text.
    """

    top_k: Annotated[Integer, _READERS, Typical(40, 80), Examples(50)] = 50
    """Sample only from this many of the most likely tokens. `0` or less turns it off.

    Greedy decoding (`temperature: 0.0`) does not use it.
    """

    top_p: Annotated[
        Number,
        _READERS,
        Field(ge=0, le=1),
        Typical(0.9, 1.0),
        Examples((1.0, "off, for validation"), (0.95, "for generating text")),
    ] = 1.0
    """Sample only from the most likely tokens that together have this probability. `1.0`: off.

    Greedy decoding (`temperature: 0.0`) does not use it.
    """

    sample_interval: Annotated[Integer | None, Field(ge=0), _IMAGES] = None
    """The number of steps between samples, for tt-train's image models. `0`: no samples."""

    sample_steps: Annotated[Integer | None, Field(ge=1), _IMAGES] = None
    """The number of denoising steps per image, for tt-train's image models."""

    cfg_scale: Annotated[Number | None, Field(ge=0), _IMAGES] = None
    """The scale of classifier-free guidance, for tt-train's image models."""
