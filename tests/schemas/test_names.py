"""What other tools call our keys."""

from __future__ import annotations

import pytest

from trainsmith_schemas.base import homes_of
from trainsmith_schemas.sections.documents import MODEL, TRAINING
from trainsmith_schemas.trainers.foreign_keys import OUR_KEYS

OURS = {**homes_of(TRAINING.model), **homes_of(MODEL.model)}


@pytest.mark.parametrize("theirs", OUR_KEYS)
def test_our_key_of_the_same_meaning_exists(theirs: str) -> None:
    assert OUR_KEYS[theirs] in OURS
