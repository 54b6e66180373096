"""Our documents are recognised by their keys, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from skips import NO_CORPUS
from trainsmith_schemas.sections.documents import recognise

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("training_config: {batch_size: 8}", "training"),
        ("training_config:", "training"),
        ("training_config: {batchsize: 8}", "training"),
        ("device_config: {mesh_shape: [1, 1]}", "training"),
        ("transformer_config: {num_heads: 4}", "model"),
        ("training_config: fast", None),
        ("training_config: {seed: 1, temperature: 1, enable_ddp: no, top_k: 3}", "training"),
        ("training_config: {lr: 1, epochs: 2, loss: mse, device: cpu}", None),
        ("services: {web: {image: nginx}}", None),
        ("[training_config]", None),
        ("just text", None),
        ("", None),
    ],
)
def test_recognise(text: str, name: str | None) -> None:
    document = recognise(yaml.safe_load(text))
    assert (document.name if document else None) == name


@pytest.mark.skipif(not CORPUS.exists(), reason=NO_CORPUS)
@pytest.mark.parametrize("folder", ["other", "tt-train"])
def test_public_files(folder: str) -> None:
    recognised = {path.name: _recognise(path) for path in (CORPUS / folder).glob("*.y*ml")}
    if folder == "other":
        assert not any(recognised.values())
    else:
        recipes = {name: kind for name, kind in recognised.items() if "training_" in name}
        unknown = [name for name, kind in recipes.items() if kind is None]
        # Fragments that override other files, and recipes for image models.
        assert len(unknown) <= 3, unknown


def _recognise(path: Path) -> Any:
    return recognise(yaml.safe_load(path.read_text(encoding="utf-8")))
