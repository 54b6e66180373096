"""Which keys are slips of a name, and which are different words."""

from __future__ import annotations

import pytest

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.sections.documents import DOCUMENTS
from trainsmith_schemas.validation.slips import distance, is_slip, nearest, slips


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("batchsize", "batch_size"),
        ("batch-size", "batch_size"),
        ("batchSize", "batch_size"),
        ("batch_siez", "batch_size"),
        ("bacth_size", "batch_size"),
        ("batch_sizes", "batch_size"),
        ("weigth_decay", "weight_decay"),
        ("gradiant_acumulation_steps", "gradient_accumulation_steps"),
        ("grad_accum_steps", "gradient_accumulation_steps"),
        ("optimiser", "optimizer"),
        ("sed", "seed"),
        ("maxstep", "max_steps"),
    ],
)
def test_different_letters_are_a_slip(written: str, name: str) -> None:
    assert is_slip(written, name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("weight_bridge", "weight_decay"),
        ("model_id", "model_config"),
        ("rollout_mode", "rollout_source"),
        ("clip_grad_norm", "max_grad_norm"),
        ("val_batch_size", "batch_size"),
        ("q_lora_rank", "lora_rank"),
        ("dropout", "lora_dropout"),
        ("net_config", "eval_config"),
        ("val_steps", "eval_steps"),
        ("min_steps", "max_steps"),
        ("speed", "seed"),
        ("top_k", "top_p"),
        ("beta3", "beta2"),
        ("dtype", "type"),
        ("checkpointer", "checkpoint"),
    ],
)
def test_different_words_are_another_name(written: str, name: str) -> None:
    assert not is_slip(written, name)


def test_another_form_of_a_word_may_count_as_another_word() -> None:
    assert is_slip("train_config", "training_config")
    assert not is_slip("train_config", "training_config", whole=True)
    assert is_slip("trainig_config", "training_config", whole=True)


def test_the_beginning_of_a_name_is_enough_if_it_is_not_a_slip() -> None:
    names = ["weight_decay", "warmup_steps", "seed"]
    assert nearest("weight", names) == ("weight_decay",)
    assert nearest("wei", names) == ()
    assert nearest("sede", names) == ("seed",)


def test_keys_of_a_section_are_not_slips_of_each_other() -> None:
    for document in DOCUMENTS:
        names = list(fields_of(document.model))
        for name in names:
            others = [other for other in names if other != name]
            assert slips(name, others) == (), name


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbcd", 2)],
)
def test_distance(first: str, second: str, expected: int) -> None:
    assert distance(first, second, 3) == expected
    assert distance(second, first, 3) == expected


def test_distance_stops_beyond_its_limit() -> None:
    assert distance("a", "abcdef", 1) == 2
