"""The lessons have the headings that hovers name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.editor.lessons import CHAPTERS, Chapter, by_key
from trainsmith_schemas.sections.documents import DOCUMENTS

LESSONS = Path(__file__).parents[2] / "walkthroughs"


@pytest.mark.parametrize("key", CHAPTERS)
def test_named_heading_exists_and_names_the_key(key: str) -> None:
    chapter = CHAPTERS[key]
    text = (LESSONS / chapter.lesson / "lesson.md").read_text(encoding="utf-8")
    assert f"\n# {chapter.title}\n" in text
    _, _, after = text.partition(f"\n## {chapter.heading}\n")
    section = after.partition("\n## ")[0]
    assert section, f"there is no `## {chapter.heading}` in {chapter.lesson}"
    assert re.search(rf"\b{key}\b", section), f"`{key}` is not named under {chapter.heading}"


def test_keys_exist() -> None:
    known = set[str]()
    waiting = [document.model for document in DOCUMENTS]
    while waiting:
        for key, facts in fields_of(waiting.pop()).items():
            known.add(key)
            if facts.section:
                waiting.append(facts.section)
    assert set(CHAPTERS) <= known


def test_key_in_two_chapters_is_an_error() -> None:
    taught = [("seed", Chapter("01-a", "A", "First")), ("seed", Chapter("02-b", "B", "Second"))]
    with pytest.raises(ValueError, match="`seed` is in two chapters"):
        by_key(taught)
