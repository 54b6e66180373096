"""Every key is documented, and its suggested values are valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.sections.documents import DOCUMENTS


def _all_fields(section: type[Section]) -> Iterator[tuple[type[Section], FieldInfo]]:
    for facts in fields_of(section).values():
        yield section, facts
        if facts.section:
            yield from _all_fields(facts.section)


FIELDS = [
    pytest.param(section, facts, id=f"{section.__name__}.{facts.key}")
    for document in DOCUMENTS
    for section, facts in _all_fields(document.model)
]


@pytest.mark.parametrize(("section", "facts"), FIELDS)
def test_documented(section: type[Section], facts: FieldInfo) -> None:
    assert facts.doc, f"{section.__name__}.{facts.key} has no docstring"
    assert len(facts.summary) <= 160, "completion shows the first paragraph alone"
    assert facts.doc.rstrip().endswith(".")


@pytest.mark.parametrize(("section", "facts"), FIELDS)
def test_suggested_values_are_valid(section: type[Section], facts: FieldInfo) -> None:
    offered: list[Any] = [example.value for example in facts.examples]
    offered += list(facts.typical or ())
    whole = "whole number" in facts.type_text
    for value in offered:
        wanted = int(value) if whole and isinstance(value, float) else value
        _validate(section, facts.key, wanted)


def _validate(section: type[Section], key: str, value: Any) -> None:
    info = section.model_fields[_attribute(section, key)]
    TypeAdapter[Any](info.rebuild_annotation()).validate_python(value, strict=True)


def _attribute(section: type[Section], key: str) -> str:
    return next(name for name, info in section.model_fields.items() if (info.alias or name) == key)
