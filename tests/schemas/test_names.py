"""Other tools' names for our keys."""

from __future__ import annotations

import pytest

from trainsmith_schemas.base import homes_of
from trainsmith_schemas.sections.documents import MODEL, TRAINING
from trainsmith_schemas.trainers.foreign_keys import OUR_KEYS

OURS = {**homes_of(TRAINING.model), **homes_of(MODEL.model)}


@pytest.mark.parametrize("theirs", OUR_KEYS)
def test_foreign_key_maps_to_an_existing_key(theirs: str) -> None:
    assert OUR_KEYS[theirs] in OURS
