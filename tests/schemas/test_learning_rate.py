"""Usual learning rates, by what is trained and how."""

from __future__ import annotations

import pytest

from trainsmith_schemas.meaning.learning_rate import Start, usual_rate


@pytest.mark.parametrize(
    ("optimizer", "start", "parameters", "rate"),
    [
        ("AdamW", "pretrained", 10**9, 1e-4),
        ("MorehAdamW", "lora", None, 2e-4),
        ("AdamW", None, None, 1e-3),
        ("AdamW", "random", 10_000_000, 1e-3),
        ("AdamW", "random", 124_000_000, 6e-4),
        ("AdamW", "random", 1_300_000_000, 2e-4),
        ("AdamW", "random", 175_000_000_000, 6e-5),
        ("AdamW", "random", 10**12, 6e-5),
        ("Muon", "random", None, 0.02),
        ("SGD", None, None, 0.1),
    ],
)
def test_usual(optimizer: str, start: Start | None, parameters: int | None, rate: float) -> None:
    usual = usual_rate(optimizer, start, parameters)
    assert usual
    assert usual.rate == rate
    assert usual.limit >= 10 * rate


@pytest.mark.parametrize(
    ("optimizer", "start"), [("NoOp", None), ("Lion", "random"), ("SGD", "pretrained")]
)
def test_no_usual_rate_for_unknown_combinations(optimizer: str, start: Start | None) -> None:
    assert usual_rate(optimizer, start) is None
