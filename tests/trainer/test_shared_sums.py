"""Sums through shared memory, with threads as ranks and a barrier between them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from patience import PATIENCE
from trainsmith_trainer.backends.torch import shared_sums
from trainsmith_trainer.backends.torch.shared_sums import SharedSums, open_shared_memory


@settings(max_examples=30, deadline=None)
@given(ranks=st.integers(1, 5), at_once=st.integers(1, 9), numbers=st.integers(0, 30))
def test_every_rank_gets_same_sums(ranks: int, at_once: int, numbers: int) -> None:
    memory = torch.full((ranks + 1, at_once), torch.nan)
    meeting = threading.Barrier(ranks, timeout=PATIENCE)
    owns = [torch.randn(numbers) for _ in range(ranks)]
    expected = torch.stack(owns).sum(0)
    threads = [
        threading.Thread(target=SharedSums(memory, rank, meeting.wait).add, args=(own,))
        for rank, own in enumerate(owns)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in owns:
        assert torch.equal(own, owns[0])
        assert torch.allclose(own, expected, atol=1e-5)


def _open(*, agrees: bool = True) -> torch.Tensor | None:
    return open_shared_memory(0, 2, 10, lambda said: said, lambda own: own and agrees)


def test_shared_memory_file_is_unlinked_after_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sums, "_FOLDER", tmp_path)
    memory = _open()
    assert memory is not None
    assert memory.shape == (3, 10)
    assert list(tmp_path.iterdir()) == []


def test_shared_memory_needs_every_rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_sums, "_FOLDER", tmp_path)
    assert _open(agrees=False) is None
    assert list(tmp_path.iterdir()) == []


def test_missing_shared_memory_is_tolerated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sums, "_FOLDER", tmp_path / "none")
    assert _open() is None
