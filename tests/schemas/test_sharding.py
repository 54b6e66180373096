"""What fully sharded data parallelism changes in the meaning of a recipe."""

from __future__ import annotations

import pytest

from trainsmith_schemas.meaning.memory import Pass, peak_memory
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig


@pytest.mark.parametrize(("mode", "share"), [("enable_ddp", 1), ("enable_fsdp", 4)])
def test_each_device_has_its_share_of_the_state(mode: str, share: int) -> None:
    model = TransformerConfig(vocab_size=100)
    one = Pass.full(1, 1)
    alone = peak_memory(TrainingDocument(), model, one)
    devices = {"mesh_shape": [2, 2], mode: True}
    document = TrainingDocument.model_validate({"device_config": devices})
    shared = peak_memory(document, model, one)
    assert alone is not None
    assert shared is not None
    if share == 1:  # Rank 0 packs its state for the others.
        assert shared.total > alone.total
    else:
        assert shared.total < alone.total
