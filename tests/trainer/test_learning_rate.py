"""The learning rate at chosen steps."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import transformers

from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_trainer.run.learning_rate import schedule_of

RATE = {"training_config": {"learning_rate": 0.5}}


@pytest.mark.parametrize(
    ("document", "rates"),
    [
        (RATE, {1: 0.5, 50: 0.5, 100: 0.5}),
        (
            {"training_config": {"learning_rate": 0.5, "scheduler_type": "warmup_linear"}},
            {1: 0.05, 5: 0.25, 10: 0.5, 55: 0.2525, 100: 0.005},
        ),
        (
            {
                "scheduler_config": {
                    "max_lr": 1.0,
                    "min_lr": 0.1,
                    "warmup_steps": 10,
                    "hold_steps": 20,
                }
            },
            {1: 0.1, 10: 1.0, 30: 1.0, 65: 0.55, 100: 0.1},
        ),
        ({**RATE, "scheduler_config": {"warmup_steps": 4}}, {1: 0.125, 4: 0.5, 52: 0.25, 100: 0.0}),
        ({**RATE, "scheduler_config": {"warmup_steps": 200}}, {1: 0.0025, 100: 0.25}),
        ({**RATE, "scheduler_config": {"hold_steps": 200}}, {1: 0.5, 100: 0.5}),
        (
            {**RATE, "scheduler_config": {"decay": "cosine", "min_lr": 0.1}},
            {25: 0.1 + 0.4 * (1 + math.sqrt(0.5)) / 2, 50: 0.3, 100: 0.1},
        ),
        (
            {**RATE, "scheduler_config": {"decay": "1-sqrt", "hold_steps": 84}},
            {84: 0.5, 88: 0.25, 100: 0.0},
        ),
        (
            {**RATE, "scheduler_config": {"decay": "none", "warmup_steps": 10}},
            {5: 0.25, 10: 0.5, 55: 0.5, 100: 0.5},
        ),
        (
            {"training_config": {"learning_rate": 0.5, "optimizer": {"lr": 0.25}}},
            {1: 0.25, 100: 0.25},
        ),
    ],
)
def test_learning_rate_at_chosen_steps(document: dict[str, Any], rates: dict[int, float]) -> None:
    schedule = schedule_of(TrainingDocument.model_validate(document), total=100)
    assert {step: schedule.rate(step) for step in rates} == pytest.approx(rates)


def test_cosine_is_that_of_transformers() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    theirs = transformers.get_cosine_schedule_with_warmup(optimizer, 10, 100)
    document = {**RATE, "scheduler_config": {"decay": "cosine", "warmup_steps": 10}}
    ours = schedule_of(TrainingDocument.model_validate(document), total=100)
    for step in range(1, 101):
        optimizer.step()
        theirs.step()
        assert ours.rate(step) == pytest.approx(theirs.get_last_lr()[0])


def test_schedule_names_key_of_learning_rate() -> None:
    def key(document: dict[str, Any]) -> str:
        return schedule_of(TrainingDocument.model_validate(document), total=1).key

    assert key({}) == "training_config.learning_rate"
    assert key({"training_config": {"optimizer": {"lr": 0.1}}}) == "training_config.optimizer.lr"
    assert key({"scheduler_config": {"max_lr": 0.1}}) == "scheduler_config.max_lr"
