"""Edits of whole documents: conversion between trainers, sorting, missing sections, versions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Case, cases, corpus, read

from trainsmith_schemas.trainers import migration
from trainsmith_schemas.trainers.migration import SYNONYMS
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.features.code_actions import quick_fixes
from trainsmith_server.features.edits.conversion import conversions, convert_document
from trainsmith_server.features.edits.layout import CannotMoveError, lay_out
from trainsmith_server.features.edits.order import sort_keys
from trainsmith_server.features.edits.sections import add_section, missing_sections
from trainsmith_server.features.edits.versions import next_version
from trainsmith_server.lint.analyze import analyze


def _edited(text: str, word: str, said: str) -> str:
    analysis = analyze(text)
    if word == "convert":
        trainer = next(one for one in get_args(Trainer) if one == said)
        assert trainer in conversions(analysis)
        return apply_edits(text, convert_document(analysis, trainer))
    if word == "add":
        at = len(text) if not analysis.documents else analysis.documents[0].document.start
        [missing] = [one for one in missing_sections(analysis, at) if one.field.key == said]
        return apply_edits(text, add_section(analysis, missing))
    return apply_edits(text, sort_keys(analysis))


@pytest.mark.parametrize("case", cases("edits"))
def test_edits(case: Case) -> None:
    [(word, said)] = case.expectations
    text = case.text.replace("␍", "\r")
    if word == "refused":
        with pytest.raises(CannotMoveError, match=re.escape(said)):
            sort_keys(analyze(text))
        return
    edited = _edited(text, word, said)
    assert edited == case.blocks[1].replace("␍", "\r")
    assert analyze(edited).tree.faults == []


def _values(text: str) -> list[dict[str, Any]]:
    """The settings of each recipe, each under the first of its names."""
    return [
        dict(_settings(known.data))
        for known in analyze(text).documents
        if known.kind.name in ("training", "blacksmith")
    ]


def _settings(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{path}{key}"
        if isinstance(value, dict):
            yield from _settings(value, f"{name}.")
        else:
            yield next((names[0] for names in SYNONYMS if name in names), name), value


def _comments(text: str) -> Counter[str]:
    """The text after every `#`; a key that became a comment may contain several."""
    return Counter(
        part.strip() for line in text.splitlines() for part in line.split("#")[1:] if part.strip()
    )


def _check_conversion(text: str, trainer: Trainer) -> str:
    before = analyze(text)
    converted = apply_edits(text, convert_document(before, trainer))
    after = analyze(converted)
    assert after.tree.faults == []
    assert {known.profile.name for known in after.documents} == {trainer}
    errors = Counter(one.code for one in after.diagnostics if one.severity == "error")
    errors -= Counter(one.code for one in before.diagnostics)
    # Our trainer rejects keys that another trainer's program may read.
    errors -= Counter(one.code for known in before.documents for one in known.problems)
    meshes = {"batch-not-divisible", "mesh-row-not-one", "mesh-parallel-modes"}
    idle = "multi-device-without-parallelism"
    assert not errors.keys() - meshes - {idle, "wrong-section"}
    said = {f"{one}:" for known in before.documents for one in _names(known.data)}
    lost = {
        key
        for key in said
        if key not in converted.replace(" :", ":") and not _is_said(key[:-1], converted)
    }
    assert not lost
    kept = _comments(converted)
    for comment, count in _comments(text).items():
        if not comment.startswith("trainsmith:"):
            assert kept[comment] >= count, comment
    return converted


def _names(data: Any) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, dict) else ():
        yield str(key)
        yield from _names(value)


_OPTIMIZER = ("type", "use_moreh_adamw", "use_no_op")


def _is_said(key: str, text: str) -> bool:
    """Whether a key is there under another name; `optimizer` itself may disappear."""
    rows = [[name.rpartition(".")[2] for name in row] for row in SYNONYMS]
    names = [name for row in rows if key in row for name in row]
    others = [*names, *(_OPTIMIZER if key in _OPTIMIZER else ())]
    return key == "optimizer" or any(f"{other}:" in text for other in others)


def test_public_recipes_are_converted_without_losing_anything() -> None:
    count = 0
    for folder in ("tt-train", "toolkit", "blacksmith"):
        for file in corpus(folder):
            text = read(file)
            for trainer in conversions(analyze(text)):
                _check_conversion(text, trainer)
                count += 1
    assert count > 150


@pytest.mark.parametrize(
    ("there", "back"), [("tt-train", "tt-train-flat"), ("tt-train-flat", "tt-train")]
)
def test_converting_there_and_back_keeps_the_settings(there: Trainer, back: Trainer) -> None:
    for file in corpus("tt-train"):
        text = read(file)
        profiles = {known.profile.name for known in analyze(text).documents}
        if profiles != {back} or there not in conversions(analyze(text)):
            continue
        converted = _check_conversion(text, there)
        again = apply_edits(converted, convert_document(analyze(converted), back))
        for first, last in zip(_values(text), _values(again), strict=True):
            both = {
                key: value
                for key, value in first.items()
                if migration.counterpart(key, there) and migration.counterpart(key, back)
            }
            assert {key: last.get(key) for key in both} == both, file.name


_LINES = st.lists(
    st.sampled_from(
        [
            "learning_rate: 0.1  # a",
            "weight_decay: 0",
            "eps: 1e-8",
            "beta1: 0.8",
            "use_moreh_adamw: true  # b",
            "use_kahan_summation: true",
            "use_no_op: false  # c",
            "optimizer: {lr: 0.2, type: SGD, nesterov: true}  # d",
            "optimizer:  # e\n    # f\n    type: Muon\n    lr: 0.5  # g\n    # h",
            "eval_every: 5  # i",
            "validation_frequency: 6",
            "model_save_interval: 7",
            "checkpoint_frequency: 8",
            "project_name: |  # j\n    a\n\n      b",
            "use_wandb: false",
            "# k",
            "",
            "model_type: gpt2  # l",
            "seed:   3",
            "nonsense: 1  # m",
        ]
    ),
    min_size=1,
)


@st.composite
def _recipe(draw: st.DrawFn) -> str:
    lines: dict[str, str] = {}
    for line in draw(_LINES):
        key = line.partition(":")[0]
        lines[key if ":" in line else f"{len(lines)}"] = line
    body = "".join(f"  {line}\n" if line else "\n" for line in lines.values())
    return (
        f"# top\ntraining_config:  # x\n  batch_size: 8\n{body}device_config:\n  enable_tp: false\n"
    )


@given(_recipe(), st.sampled_from(["trainsmith", "tt-train", "tt-train-flat"]))
@settings(deadline=None)
def test_no_key_and_no_comment_is_lost(text: str, trainer: Trainer) -> None:
    if trainer in conversions(analyze(text)):
        _check_conversion(text, trainer)


@given(_recipe())
@settings(deadline=None)
def test_sorting_changes_only_the_order(text: str) -> None:
    edited = apply_edits(text, sort_keys(analyze(text)))
    assert sorted(edited.splitlines()) == sorted(text.splitlines())
    before, after = analyze(text).documents, analyze(edited).documents
    assert [known.data for known in after] == [known.data for known in before]
    assert sort_keys(analyze(edited)) == ()


def test_layouts_render_the_original_lines() -> None:
    for file in corpus():
        analysis = analyze(read(file))
        for known in analysis.documents:
            layout = lay_out(known.document, analysis.lines)
            lines = [analysis.lines.line_text(line) for line in range(layout.first, layout.last)]
            assert [line.rstrip() for line in layout.render()] == [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("run.yaml", (), "run_v2.yaml"),
        ("run_v2.yaml", ("run.yaml", "run_v2.yaml"), "run_v3.yaml"),
        ("run.yaml", ("run_v2.yaml", "run_v3.yaml"), "run_v4.yaml"),
        ("run_v09.yaml", (), "run_v10.yaml"),
        ("run.old.yml", (), "run.old_v2.yml"),
        ("run_v2x.yaml", (), "run_v2x_v2.yaml"),
        ("recipe", (), "recipe_v2"),
    ],
)
def test_the_next_version(name: str, taken: tuple[str, ...], expected: str) -> None:
    assert next_version(name, taken) == expected


def test_all_diagnostics_of_a_rule_are_fixed_at_once() -> None:
    text = "training_config:\n  batchsize: 8\n  max_stepss: 5\n  seed: 1\n"
    analysis = analyze(text)
    fixes = [one.fix for one in quick_fixes(analysis, (20, 20))]
    [whole] = [fix for fix in fixes if fix.title.startswith("Fix all")]
    assert whole.title == "Fix all 2 of `unknown-key`"
    fixed = apply_edits(text, whole.edits)
    assert fixed == text.replace("batchsize", "batch_size").replace("stepss", "steps")
