"""The trainers that read such YAML, by name. `profiles` says what each of them reads."""

from __future__ import annotations

from typing import Literal

Trainer = Literal["trainsmith", "tt-train", "tt-train-flat", "blacksmith"]
