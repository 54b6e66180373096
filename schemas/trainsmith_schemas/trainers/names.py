"""The trainers that read such YAML, by name. `profiles` says what each of them reads."""

from __future__ import annotations

from typing import Literal

Trainer = Literal["trainsmith", "tt-train", "tt-train-flat", "blacksmith"]

CONVERTIBLE_TO: tuple[Trainer, ...] = ("trainsmith", "tt-train", "tt-train-flat")
"""Those that a recipe for another one can be written for. `migration` says how."""
