"""The names of the trainers. `profiles` describes them."""

from __future__ import annotations

from typing import Literal

Trainer = Literal["trainsmith", "tt-train", "tt-train-flat", "blacksmith"]

CONVERTIBLE_TO: tuple[Trainer, ...] = ("trainsmith", "tt-train", "tt-train-flat")
"""The trainers that recipes can be converted to, by `migration`."""
