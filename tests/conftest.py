"""Clean the environment before any test module is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from environment import clean_environment

clean_environment()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests, and the processes that they start, leave the user's cache as it is."""
    os.environ["TRAINSMITH_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache") / "tokens")


@pytest.fixture(autouse=True)
def _own_environment(_own_cache: None) -> Generator[None, None, None]:
    """Variables that a test sets, or code that it calls, are gone after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
