"""The parser compared with PyYAML: values of valid YAML, faults of invalid YAML."""

from __future__ import annotations

import datetime
import math
import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CASES, corpus, read

from trainsmith_server.yaml.parse import parse
from trainsmith_server.yaml.values import construct


def values(text: str) -> list[Any]:
    """All documents of a text that must have no faults."""
    tree = parse(text)
    built = [construct(document.root) for document in tree.documents]
    faults = [*tree.faults, *(fault for one in built for fault in one.faults)]
    assert not faults, (text, faults)
    return [one.value for one in built]


def same(ours: Any, theirs: Any) -> bool:
    """Whether values are equal, including all types; NaN equals itself."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        return list(map(repr, sorted(ours, key=repr))) == list(
            map(repr, sorted(theirs, key=repr))
        ) and all(same(ours[key], theirs[key]) for key in ours if key == key)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return ours == theirs


SCALARS = (CASES / "scalars.txt").read_text(encoding="utf-8").split()
"""Plain scalars that are edge cases between the types of YAML 1.1."""


@pytest.mark.parametrize("text", SCALARS)
def test_plain_scalars_have_pyyamls_values(text: str) -> None:
    for document in (text, f"k: {text}\n", f"- {text}  # comment\n", f"[{text}]", f"{text}: v"):
        try:
            theirs = list(yaml.safe_load_all(document))
        except yaml.YAMLError:
            continue
        except ValueError:
            tree = parse(document)
            assert any(construct(one.root).faults for one in tree.documents)
            continue
        ours = values(document)
        assert same(ours, theirs), (document, ours, theirs)


def test_the_traps_of_yaml_1_1() -> None:
    text = "a: yes\nb: 3e-4\nc: 0o7\nd: 010\ne: 1:30\nf: .5\ng: 1_000\nh: 2024-02-03\ni: ~\n"
    assert values(text) == [
        {
            "a": True,
            "b": "3e-4",
            "c": "0o7",
            "d": 8,
            "e": 90,
            "f": 0.5,
            "g": 1000,
            "h": datetime.date(2024, 2, 3),
            "i": None,
        }
    ]


_TEXTS = st.one_of(
    st.sampled_from(SCALARS),
    st.text(max_size=12),
    st.text("ab:#-?[]{},&*!|>'\"%@` \n\t\r\\\u2028\x85=<.", max_size=10),
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    _TEXTS,
)
_DOCUMENTS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.one_of(_TEXTS, st.integers(), st.booleans()), inner, max_size=4)
    ),
    max_leaves=12,
)
_STYLES = st.fixed_dictionaries(
    {},
    optional={
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from(["'", '"', "|", ">", None]),
        "indent": st.integers(2, 6),
        "width": st.integers(10, 120),
        "allow_unicode": st.booleans(),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "explicit_start": st.booleans(),
        "explicit_end": st.booleans(),
        "canonical": st.booleans(),
    },
)


@given(_DOCUMENTS, _STYLES)
@settings(max_examples=400, deadline=None)
def test_values_that_pyyaml_writes_are_read_back(data: Any, style: dict[str, Any]) -> None:
    try:
        text = yaml.safe_dump(data, **style)
        theirs = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError):  # PyYAML can't read everything that it writes.
        return
    ours = values(text)
    assert len(ours) == len(theirs)
    assert all(map(same, ours, theirs)), (text, ours, theirs)


def test_every_valid_public_file_has_pyyamls_values() -> None:
    for file in corpus():
        text = read(file)
        try:
            theirs = list(yaml.safe_load_all(text))
        except yaml.YAMLError:
            continue
        ours = values(text)
        assert len(ours) == len(theirs), file
        assert all(map(same, ours, theirs)), file


SEEDS = (CASES / "seeds.yaml").read_text(encoding="utf-8").split("@@@\n")
"""Small documents that together use all features of YAML."""

PIECES = [
    *":-?#\"'[]{},&*!|>%@` \t\n\r~=.01aZ_\u2028\x85é\\",
    *["\n  ", ": ", "- ", "\n- ", "---\n", "...\n", " #", "? ", "\n\n", '"x"', "[1, 2]", "{a: 1}"],
    *["|\n", ">-\n  ", "&a ", "*a", "!!str ", "<<: ", "\ufeff", "\0"],
]


def mutated(text: str, chance: random.Random) -> str:
    """A text with a few random insertions and deletions, or cut off."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        at = chance.randrange(len(text) + 1)
        what = chance.random()
        if what < 0.2:
            text = text[:at]
        elif what < 0.5:
            text = text[:at] + text[at + chance.randrange(1, 6) :]
        else:
            text = text[:at] + chance.choice(PIECES) + text[at:]
    return text


@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
@settings(max_examples=1500, deadline=None)
def test_faults_agree_with_pyyaml(seed: str, chance: random.Random) -> None:
    """Texts that PyYAML accepts have no faults and the same value; others have a fault."""
    text = mutated(seed, chance)
    tree = parse(text)
    built = [construct(document.root) for document in tree.documents]
    faults = [*tree.faults, *(fault for one in built for fault in one.faults)]
    try:
        theirs = list(yaml.safe_load_all(text))
    except Exception:  # A crash of PyYAML counts as rejection.
        assert faults, text
        return
    if any("is inside the value" in fault.message for fault in faults):
        return  # PyYAML supports values that contain themselves, which no recipe needs.
    assert not faults, (text, faults)
    assert all(map(same, [one.value for one in built], theirs)), (text, theirs)
