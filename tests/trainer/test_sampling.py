"""Choosing the next token."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_trainer.generation.sampling import Sampling, choose

LOGITS = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))


def _chosen(sampling: Sampling, written: list[int] | None = None) -> set[int]:
    random = np.random.default_rng(0)
    return {choose(LOGITS, written or [], sampling, random) for _ in range(300)}


@pytest.mark.parametrize(
    ("sampling", "possible"),
    [
        (Sampling(), {1}),
        (Sampling(temperature=1.0), {0, 1, 2, 3}),
        (Sampling(temperature=1.0, top_k=2), {1, 3}),
        (Sampling(temperature=1.0, top_k=99), {0, 1, 2, 3}),
        (Sampling(temperature=1.0, top_p=0.39), {1}),
        (Sampling(temperature=1.0, top_p=0.41), {1, 3}),
        (Sampling(temperature=1.0, top_p=0.0), {1}),
        (Sampling(temperature=0.01), {1}),
    ],
)
def test_sampling_restricts_possible_tokens(sampling: Sampling, possible: set[int]) -> None:
    assert _chosen(sampling) == possible


def test_repetition_penalty_prefers_new_tokens() -> None:
    assert _chosen(Sampling(repetition_penalty=2.0), written=[1, 1]) == {3}
    assert _chosen(Sampling(repetition_penalty=1.0), written=[1, 1]) == {1}


def test_frequencies_match_probabilities() -> None:
    random = np.random.default_rng(1)
    drawn = [choose(LOGITS, [], Sampling(temperature=1.0), random) for _ in range(4000)]
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    assert shares == pytest.approx([0.1, 0.4, 0.2, 0.3], abs=0.03)


@given(
    logits=st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20),
    temperature=st.floats(0, 5),
    top_k=st.integers(-1, 30),
    top_p=st.floats(0, 1),
    penalty=st.floats(0.1, 5),
)
def test_some_token_is_always_chosen(
    logits: list[float], temperature: float, top_k: int, top_p: float, penalty: float
) -> None:
    sampling = Sampling(temperature, top_k, top_p, penalty)
    token = choose(np.array(logits, np.float32), [0], sampling, np.random.default_rng(0))
    assert 0 <= token < len(logits)
