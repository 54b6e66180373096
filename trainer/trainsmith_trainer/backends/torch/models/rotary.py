"""Rotary positions, for all families that descend from LLaMA."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from trainsmith_schemas.families.llama.fields import RopeScaling
from trainsmith_schemas.families.llama.rope import yarn_attention_factor
from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.transformer import Positions


class RotaryEmbedding(nn.Module):
    """Rotary positions (Su et al. 2021): dimension i of a head rotates with dimension i + half."""

    def __init__(self, frequencies: Tensor, length: int, factor: float = 1.0) -> None:
        """Compute the tables.

        Args:
            frequencies: radians per position for each pair of dimensions. A head may have more
                dimensions, which are not rotated.
            length: how many positions there are.
            factor: scales what is rotated.
        """
        super().__init__()
        cosines, sines = _tables(torch.arange(length).float()[:, None], frequencies, factor)
        # One table for all blocks, moved with the model and never saved.
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)

    @staticmethod
    def of(config: TransformerConfig) -> RotaryEmbedding:
        """The positions of a model whose heads are rotated as a whole."""
        size = require_layout(config).head_size(config)
        scaling, length = config.rope_scaling, config.max_sequence_length
        frequencies = rotary_frequencies(size, config.theta)
        if scaling is None or not scaling.scaling_factor:
            return RotaryEmbedding(frequencies, length)
        if scaling.rope_type == "dynamic":
            return DynamicRotaryEmbedding(size, config.theta, scaling)
        if scaling.rope_type == "yarn":
            factor = scaling.attention_factor or yarn_attention_factor(scaling.scaling_factor)
            return RotaryEmbedding(yarn(size, config.theta, scaling), length, factor)
        return RotaryEmbedding(scale_rope(frequencies, scaling), length)

    def forward(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Rotate heads, (batch, heads, length, head size), by their positions."""
        rows = positions
        if isinstance(positions, int):
            rows = slice(positions, positions + heads.shape[2])
        return _rotate(heads, cast("Tensor", self.cosines)[rows], cast("Tensor", self.sines)[rows])


class DynamicRotaryEmbedding(RotaryEmbedding):
    """Positions whose frequencies depend on the length of the text.

    Texts up to the original length are rotated as usual. For longer ones, the base grows with the
    length, for all tokens, so that the longest wavelength becomes longer ("dynamic NTK").
    """

    def __init__(self, size: int, theta: float, scaling: RopeScaling) -> None:
        """Compute the table of the original context.

        Args:
            size: of a head.
            theta: the base of the frequencies.
            scaling: the factor and the original length.
        """
        super().__init__(rotary_frequencies(size, theta), scaling.original_context_length)
        self.original = scaling.original_context_length
        self._size, self._theta, self._factor = size, theta, scaling.scaling_factor

    def forward(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Rotate heads, (batch, heads, length, head size), of whole texts."""
        if isinstance(positions, int):
            lengths = [positions + heads.shape[2]]
            positions = torch.arange(positions, lengths[0], device=heads.device)
        else:
            starts = [*torch.nonzero(positions == 0).flatten().tolist(), len(positions)]
            lengths = [end - start for start, end in pairwise(starts)]
        if max(lengths) <= self.original:
            return super().forward(heads, positions)
        parts = positions.split(lengths) if len(lengths) > 1 else (positions,)
        tables = (self._of_length(*pair) for pair in zip(parts, lengths, strict=True))
        cosines, sines = (torch.cat(table) for table in zip(*tables, strict=True))
        return _rotate(heads, cosines, sines)

    def _of_length(self, positions: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines in a text of some length."""
        stretched = self._factor * max(length, self.original) / self.original - self._factor + 1
        exponent = self._size / max(self._size - 2, 1)
        frequencies = rotary_frequencies(self._size, self._theta * stretched**exponent)
        return _tables(positions.float()[:, None], frequencies.to(positions.device), 1.0)


def rotary_frequencies(size: int, theta: float) -> Tensor:
    """Radians per position for each pair of `size` dimensions, of shape (size / 2,)."""
    return 1.0 / theta ** (torch.arange(0, size, 2).float() / size)


def scale_rope(frequencies: Tensor, scaling: RopeScaling) -> Tensor:
    """Lower the frequencies by one factor, or as in LLaMA 3.1, which keeps short wavelengths.

    The first is from Chen et al. 2023, "Extending Context Window of Large Language Models via
    Positional Interpolation". The second blends between short and long wavelengths.
    """
    if scaling.rope_type == "linear":
        return frequencies / scaling.scaling_factor
    wavelengths = 2 * math.pi / frequencies
    original = scaling.original_context_length
    low, high = scaling.low_freq_factor, scaling.high_freq_factor
    blend = ((original / wavelengths - low) / (high - low)).clamp(0, 1)
    return blend * frequencies + (1 - blend) * frequencies / scaling.scaling_factor


def yarn(size: int, theta: float, scaling: RopeScaling) -> Tensor:
    """Lower the frequencies of dimensions that turn rarely in the original context.

    Peng et al. 2023, "YaRN: Efficient Context Window Extension of Large Language Models", section
    3.2, with the rounding of `transformers`.
    """

    def dimension(turns: float) -> float:
        """The pair of dimensions that turns so often in the original context."""
        wavelength = scaling.original_context_length / (turns * 2 * math.pi)
        return size * math.log(wavelength) / (2 * math.log(theta))

    first = max(math.floor(dimension(scaling.beta_fast)), 0)
    last = min(math.ceil(dimension(scaling.beta_slow)), size - 1)
    ramp = (torch.arange(size // 2).float() - first) / (last - first or 0.001)
    scaled = ramp.clamp(0, 1)
    frequencies = rotary_frequencies(size, theta)
    return frequencies * (1 - scaled) + frequencies / scaling.scaling_factor * scaled


def _tables(positions: Tensor, frequencies: Tensor, factor: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, (length, 2 × frequencies), of positions, (length, 1)."""
    angles = positions * frequencies
    angles = torch.cat((angles, angles), dim=1)
    return angles.cos() * factor, angles.sin() * factor


def _rotate(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotate the first dimensions of heads, (batch, heads, length, head size)."""
    size = cosines.shape[1]
    turned, rest = heads[..., :size], heads[..., size:]
    first, second = turned.chunk(2, dim=3)
    rotated = (turned * cosines + torch.cat((-second, first), dim=3) * sines).to(heads.dtype)
    return torch.cat((rotated, rest), dim=3) if rest.shape[3] else rotated
