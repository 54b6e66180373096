"""No feature fails on any text, half-typed or not.

By default a sample is tested; `TRAINSMITH_TRY_ALL=1` tests every prefix of every public file and
every file without each of its lines, which takes about ten minutes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from everything import ask_everything
from support import corpus, read

_T = TypeVar("_T")

ALL = os.environ.get("TRAINSMITH_TRY_ALL") == "1"
SAMPLE = 3
"""The number of texts of each file that are tested."""

RECIPE = """\
# A run
training_config:
  batch_size: &size 8
  gradient_accumulation_steps: "4"
  model_config: 'model.yaml'
  optimizer: {type: AdamW, lr: 3e-4}
  project_name: |
    # text
  <<: [*size, {max_steps: 5}]
  max_steps: 0x10
? [odd, key]
: 1
device_config:
  mesh_shape:
    - 1
    - 2
--- !tag
transformer_config:
  num_heads: .inf
  rope_scaling: *missing
...
"""


@pytest.mark.parametrize("skipped", range(4))
def test_while_a_recipe_is_typed(skipped: int) -> None:
    for length in range(skipped, len(RECIPE) + 1, 4):
        ask_everything(RECIPE[:length], [length // 2, length])


def test_with_a_line_removed() -> None:
    for text in _without_a_line(RECIPE):
        ask_everything(text, [len(text) // 2])


def test_public_files_while_they_are_typed() -> None:
    for file in corpus():
        text = read(file)
        for length in _tried(range(len(text) + 1), file):
            ask_everything(text[:length], [length // 2, length])


def test_public_files_with_a_line_removed() -> None:
    for file in corpus():
        for text in _tried(list(_without_a_line(read(file))), file):
            ask_everything(text, [len(text) // 2])


def test_public_files() -> None:
    for file in corpus():
        text = read(file)
        ask_everything(text, range(0, len(text), 97))


def _without_a_line(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    for index in range(len(lines)):
        yield "".join(lines[:index] + lines[index + 1 :])


def _tried(texts: Sequence[_T], file: Path) -> Sequence[_T]:
    """All texts, or a sample that is always the same."""
    return texts if ALL else random.Random(file.name).sample(texts, min(SAMPLE, len(texts)))
