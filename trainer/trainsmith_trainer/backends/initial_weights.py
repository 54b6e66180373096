"""The initial weights of a model, drawn on the host: equal for all backends."""

from __future__ import annotations

import math
import zlib

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.families.registry import parameter_shapes, require_layout
from trainsmith_schemas.sections.model import TransformerConfig

_DEVIATION = 0.02
"""Standard deviation of an initial weight, as in GPT-2."""
_RESIDUAL = (".attn.c_proj.weight", ".mlp.c_proj.weight", ".o_proj.weight", ".down_proj.weight")
"""Ends of the names of weights whose layers add to the residual stream."""

Floats = npt.NDArray[np.float32]


def drawn(name: str, shape: tuple[int, ...], num_blocks: int, seed: int) -> Floats:
    """The initial values of a weight of a linear layer or an embedding, from N(0, 0.02).

    Layers that add to the residual stream are scaled down by the square root of their number, so
    that the stream's variance does not grow with depth (Radford et al. 2019). The values depend on
    the parameter's name, so another order or other parameters do not change them.

    Args:
        name: of the parameter.
        shape: of the parameter.
        num_blocks: of the model.
        seed: of the run.
    """
    random = np.random.default_rng((seed, zlib.crc32(name.encode())))
    residual = name.endswith(_RESIDUAL)
    deviation = _DEVIATION / math.sqrt(2 * num_blocks) if residual else _DEVIATION
    values = random.standard_normal(shape, np.float32)
    values *= np.float32(deviation)
    return values


def initial_weights(config: TransformerConfig, seed: int) -> dict[str, Floats]:
    """All parameters of a model: matrices as `drawn`, biases 0, the gains of normalisations 1.

    Args:
        config: its shape; a family whose normalisations begin with 1.
        seed: of the run.
    """
    fixed = require_layout(config).untrained(config)
    weights: dict[str, Floats] = {}
    for name, shape in parameter_shapes(config).items():
        if name in fixed:
            weights[name] = sinusoidal_positions(*shape)
        elif len(shape) > 1:
            weights[name] = drawn(name, shape, config.num_blocks, seed)
        else:
            weights[name] = np.full(shape, name.endswith(".weight"), np.float32)
    return weights


def sinusoidal_positions(length: int, width: int) -> Floats:
    """Sines and cosines, (length, width); Vaswani et al. 2017, section 3.5."""
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    pairs = np.stack((np.sin(angles), np.cos(angles)), axis=2)
    return pairs.reshape(length, -1)[:, :width].astype(np.float32)
