"""Rotary positions, for all families that descend from LLaMA."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from trainsmith_schemas.families.llama.fields import RopeScaling
from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.transformer import Positions


class RotaryEmbedding(nn.Module):
    """Rotary positions (Su et al. 2021): dimension i of a head rotates with dimension i + half."""

    def __init__(self, frequencies: Tensor, length: int) -> None:
        """Compute the tables.

        Args:
            frequencies: radians per position for each pair of dimensions.
            length: how many positions there are.
        """
        super().__init__()
        angles = torch.outer(torch.arange(length).float(), frequencies)
        angles = torch.cat((angles, angles), dim=1)
        # One table for all blocks, moved with the model and never saved.
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)

    @staticmethod
    def of(config: TransformerConfig) -> RotaryEmbedding:
        """The positions of a model."""
        return RotaryEmbedding(_frequencies(config), config.max_sequence_length)

    def forward(self, heads: Tensor, positions: Positions = 0) -> Tensor:
        """Rotate heads, (batch, heads, length, head size), by their positions."""
        rows = positions
        if isinstance(positions, int):
            rows = slice(positions, positions + heads.shape[2])
        cosines, sines = cast("Tensor", self.cosines)[rows], cast("Tensor", self.sines)[rows]
        first, second = heads.chunk(2, dim=3)
        rotated = heads * cosines + torch.cat((-second, first), dim=3) * sines
        return rotated.to(heads.dtype)


def _frequencies(config: TransformerConfig) -> Tensor:
    """Radians per position for each pair of dimensions, of shape (head size / 2,)."""
    size = require_layout(config).head_size(config)
    frequencies = 1.0 / config.theta ** (torch.arange(0, size, 2).float() / size)
    scaling = config.rope_scaling
    return scale_rope(frequencies, scaling) if scaling and scaling.scaling_factor else frequencies


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
