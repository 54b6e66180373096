"""Whatever a file contains, its reader returns or raises its own error.

The same contents are tried each time. `TRAINSMITH_FUZZ=5000` tries that many new ones for each
reader, and `with_atheris.py` searches for more. A content that breaks a reader becomes a file in
`findings/`, named `READER=what-it-is`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import contents
from readers import READERS, try_reader

FINDINGS = sorted((Path(__file__).parent / "findings").glob("*"))
MORE = int(os.environ.get("TRAINSMITH_FUZZ", "0"))


@pytest.mark.parametrize("name", READERS)
def test_reader_accepts_its_seeds(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    if name.startswith(("checkpoint", "cache", "tokenizer", "weights")):
        try_reader(reader, reader.seeds[0], tmp_path)
    else:
        reader.read(reader.seeds[0], tmp_path)


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=MORE or 40,
    derandomize=not MORE,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink] if MORE else [Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_any_content_is_read_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader = READERS[name]
    folder = tmp_path_factory.getbasetemp() / f"fuzz-{name}"
    folder.mkdir(exist_ok=True)
    try_reader(reader, data.draw(contents(reader.seeds)), folder)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.name)
def test_findings_are_read_or_refused(finding: Path, tmp_path: Path) -> None:
    try_reader(READERS[finding.name.partition("=")[0]], finding.read_bytes(), tmp_path)
