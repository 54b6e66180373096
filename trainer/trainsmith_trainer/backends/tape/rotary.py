"""The angles of rotary positions, computed on the host."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.families.llama.fields import RopeScaling
from trainsmith_schemas.families.llama.rope import yarn_attention_factor
from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.backends.tape.passage import Integers, Passage

Floats = npt.NDArray[np.float64]


def tables(config: TransformerConfig, passage: Passage, ops: Ops) -> tuple[Array, Array]:
    """Cosines and sines for `attention.rotate`, each (rows or 1, 1, length, head size)."""
    frequencies, factor = _frequencies(config, passage.lengths)
    angles = passage.positions[:, None, :, None] * frequencies
    angles = np.concatenate((angles, angles), axis=3)
    return ops.from_numpy(np.cos(angles) * factor), ops.from_numpy(np.sin(angles) * factor)


def reads_token_by_token(config: TransformerConfig) -> int:
    """The longest text to which a token can be added: positions of others change with it."""
    scaling = _scaling(config)
    if scaling and scaling.rope_type == "dynamic":
        return min(scaling.original_context_length, config.max_sequence_length)
    return config.max_sequence_length


def _scaling(config: TransformerConfig) -> RopeScaling | None:
    scaling = config.rope_scaling
    return scaling if scaling and scaling.scaling_factor else None


def _frequencies(config: TransformerConfig, lengths: Integers) -> tuple[Floats, float]:
    """Radians per position, and the factor of cosines and sines.

    Args:
        config: the model's shape.
        lengths: how many tokens the document of each token has, (rows or 1, length).

    Returns:
        The radians, (1, 1, 1, head size / 2) or (rows or 1, 1, length, head size / 2).
    """
    size, scaling = require_layout(config).head_size(config), _scaling(config)
    plain, factor = _plain(size, config.theta), 1.0
    if scaling is None:
        frequencies = plain
    elif scaling.rope_type == "linear":
        # Chen et al. 2023, "Extending Context Window of Large Language Models".
        frequencies = plain / scaling.scaling_factor
    elif scaling.rope_type == "dynamic":
        return _dynamic(size, config.theta, scaling, lengths), 1.0
    elif scaling.rope_type == "yarn":
        factor = scaling.attention_factor or yarn_attention_factor(scaling.scaling_factor)
        frequencies = _yarn(plain, config.theta, scaling)
    else:
        frequencies = _llama3(plain, scaling)
    return frequencies[None, None, None], factor


def _plain(size: int, theta: float) -> Floats:
    return 1.0 / theta ** (np.arange(0, size, 2) / size)


def _llama3(plain: Floats, scaling: RopeScaling) -> Floats:
    """Keep short wavelengths, lower long ones, blend between them: Grattafiori et al. 2024."""
    wavelengths = 2 * math.pi / plain
    low, high = scaling.low_freq_factor, scaling.high_freq_factor
    turns = scaling.original_context_length / wavelengths
    blend = np.clip((turns - low) / (high - low), 0, 1)
    return blend * plain + (1 - blend) * plain / scaling.scaling_factor


def _yarn(plain: Floats, theta: float, scaling: RopeScaling) -> Floats:
    """Lower the frequencies of dimensions that turn rarely in the original context.

    Peng et al. 2023, "YaRN", section 3.2, with the rounding of `transformers`.
    """
    size = 2 * len(plain)

    def dimension(turns: float) -> float:
        """The pair of dimensions that turns so often in the original context."""
        wavelength = scaling.original_context_length / (turns * 2 * math.pi)
        return size * math.log(wavelength) / (2 * math.log(theta))

    first = max(math.floor(dimension(scaling.beta_fast)), 0)
    last = min(math.ceil(dimension(scaling.beta_slow)), size - 1)
    scaled = np.clip((np.arange(size // 2) - first) / (last - first or 0.001), 0, 1)
    return plain * (1 - scaled) + plain / scaling.scaling_factor * scaled


def _dynamic(size: int, theta: float, scaling: RopeScaling, lengths: Integers) -> Floats:
    """A larger base for documents that are longer than the original context ("dynamic NTK")."""
    original, factor = scaling.original_context_length, scaling.scaling_factor
    stretched = factor * np.maximum(lengths, original) / original - factor + 1
    bases = theta * stretched ** (size / max(size - 2, 1))
    return 1.0 / bases[:, None, :, None] ** (np.arange(0, size, 2) / size)
