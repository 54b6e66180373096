"""Prose and comments avoid words that make readers stop; `CONTRIBUTING.md` explains the style."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

INSTEAD = {
    r"mend(?:s|ed|ing)?": "fix",
    r"shall": "must, or will",
    r"nobody": "the user, people, or never",
    r"(?:is|are|was|were|be|been) told": "gets, or is passed",
    r"(?:stands|stood)(?! for\b| alone\b)": "is, is written, or appears",
    r"go(?:es|ing)? on|went on": "continue, or resume",
    r"without a word": "silently",
    r"one another": "each other",
}
"""What to write instead of each word."""

WORDS = re.compile("|".join(rf"\b({word})\b" for word in INSTEAD), re.IGNORECASE)

TYPES = {".md", ".mjs", ".mts", ".py", ".template", ".toml", ".ts", ".yaml", ".yml"}
GENERATED = ("docs/reference/", "extension/src/generated/")

ALLOWED = (
    ("CONTRIBUTING.md", "| mend |"),
    ("CONTRIBUTING.md", "| shall |"),
    ("CONTRIBUTING.md", "the code is told,"),
    ("CONTRIBUTING.md", "| stands in |"),
    ("CONTRIBUTING.md", "| nobody, somebody |"),
    ("CONTRIBUTING.md", "| go on;"),
)
"""Texts that name a word to avoid it."""


def _prose_files() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if listed.returncode:
        pytest.skip("git lists the files: run this in a clone of the repository")
    files = [ROOT / name for name in listed.stdout.split("\0") if not name.startswith(GENERATED)]
    return [file for file in files if file.suffix in TYPES and file.is_file()]


def _places(name: str, text: str) -> Iterator[str]:
    for file, allowed in ALLOWED:
        if file == name:
            text = text.replace(allowed, "")
    for number, line in enumerate(text.splitlines(), 1):
        for found in WORDS.finditer(line):
            instead = list(INSTEAD.values())[(found.lastindex or 0) - 1]
            yield f"{name}:{number}: `{found[0]}`: write {instead}"


def test_prose_avoids_unclear_words() -> None:
    places = [
        place
        for file in _prose_files()
        if file != Path(__file__)
        for place in _places(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
    ]
    assert not places, "\n".join(places)


@pytest.mark.parametrize(("file", "text"), ALLOWED)
def test_allowed_texts_exist(file: str, text: str) -> None:
    assert text in (ROOT / file).read_text(encoding="utf-8")
