"""What fully sharded data parallelism changes in the meaning of a recipe."""

from __future__ import annotations

import pytest

from trainsmith_schemas.meaning.derived import state_memory
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig


@pytest.mark.parametrize(("mode", "share"), [("enable_ddp", 1), ("enable_fsdp", 4)])
def test_each_device_has_its_share_of_the_state(mode: str, share: int) -> None:
    model = TransformerConfig(vocab_size=100)
    alone = state_memory(TrainingDocument(), model)
    devices = {"mesh_shape": [2, 2], mode: True}
    shared = state_memory(TrainingDocument.model_validate({"device_config": devices}), model)
    assert alone is not None
    assert shared == alone // share
