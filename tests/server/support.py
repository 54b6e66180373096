"""Shared by the tests of the server: cases in Markdown, the cursor, the public corpus.

A case is a `## title`, a fenced `yaml` block and its expectations. `▮` in the block is the cursor.
To add a case, add such a section to a file under `cases/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from skips import NO_CORPUS

CURSOR = "▮"
CASES = Path(__file__).parent / "cases"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@dataclass(frozen=True)
class Case:
    """One section of a case file."""

    title: str
    blocks: tuple[str, ...]
    """The fenced blocks, unchanged."""
    expectations: tuple[tuple[str, str], ...]
    """The lines `- word: rest` outside the blocks."""

    @property
    def text(self) -> str:
        """The first block without its cursor."""
        return self.blocks[0].replace(CURSOR, "")

    @property
    def offset(self) -> int:
        """The offset of the cursor."""
        return self.blocks[0].index(CURSOR)


def cases(folder: str) -> Sequence[object]:
    """All cases of a folder, ready for `pytest.mark.parametrize`."""
    found = [
        pytest.param(case, id=f"{file.stem}: {case.title}")
        for file in sorted((CASES / folder).glob("*.md"))
        for case in _read(file.read_text(encoding="utf-8"))
    ]
    assert found, f"there are no cases in {folder}"
    return found


def _read(markdown: str) -> Iterator[Case]:
    for section in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        blocks = re.findall(r"^```\w*\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
        prose = re.sub(r"^```.*?^```$", "", body, flags=re.MULTILINE | re.DOTALL)
        lines = re.findall(r"^- ([\w ]+)(?:: (.*))?$", prose, re.MULTILINE)
        yield Case(title.strip(), tuple(_unescape(block) for block in blocks), tuple(lines))


def _unescape(block: str) -> str:
    """`⇥` is a tab, `·` at the end of a line is a space, `⏎` removes the last line break."""
    return re.sub(r"·$", " ", block.replace("⇥", "\t").replace("⏎\n", ""), flags=re.MULTILINE)


def corpus(folder: str = "*") -> list[Path]:
    """The YAML files of the public corpus; the test is skipped if it is absent."""
    files = sorted(file for file in CORPUS.glob(f"{folder}/*") if file.suffix in (".yaml", ".yml"))
    if not files:
        pytest.skip(NO_CORPUS)
    return files


def read(file: Path) -> str:
    """A file with its own line breaks."""
    return file.read_bytes().decode("utf-8")
