"""The rules' own examples, run; and the rules over the public corpus, with nothing to spare."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

import pytest
import yaml
from support import CASES, CORPUS, corpus, read

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.features.code_actions import apply
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.codes import adjustable_codes
from trainsmith_server.rules import Example, Rule, all_rules

RULES = [pytest.param(rule, id=rule.code) for rule in all_rules()]
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code} {number}")
    for rule in all_rules()
    for number, example in enumerate(rule.examples, 1)
]
FINE = [
    pytest.param(rule, text, id=f"{rule.code} {number}")
    for rule in all_rules()
    for number, text in enumerate(rule.fine, 1)
]


def violations(rule: Rule, text: str) -> list[Violation]:
    """What a rule says of a text, whether it is on or off by default."""
    return [
        violation
        for known in analyze(text).documents
        if known.kind.name in rule.documents
        for violation in rule.check(DocumentQuery(known, text, rule.options))
    ]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_bad_example_is_found_and_its_first_fix_mends_it(rule: Rule, example: Example):
    found = violations(rule, example.bad)
    assert found, "nothing is found"
    assert found[0].fixes, "no fix is offered"
    spans = sorted(edit.span for edit in found[0].fixes[0].edits)
    assert all(one[1] <= other[0] for one, other in pairwise(spans)), "LSP's edits do not overlap"
    assert apply(example.bad, found[0].fixes[0].edits) == example.good
    assert violations(rule, example.good) == []


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_that_is_on_speaks_in_the_editor(rule: Rule, example: Example):
    codes = [
        diagnostic.code for diagnostic in analyze(example.bad, options=rule.options).diagnostics
    ]
    assert (rule.code in codes) == rule.on


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_can_be_turned_on(rule: Rule, example: Example):
    turned_on = replace(rule.options, levels={rule.code: "information"})
    found = [f for f in analyze(example.bad, options=turned_on).diagnostics if f.code == rule.code]
    assert {diagnostic.severity for diagnostic in found} == {"information"}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_survives_typing(rule: Rule, example: Example):
    for end in range(0, len(example.bad), 3):
        violations(rule, example.bad[:end])


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_fixes_leave_comments_where_they_are(rule: Rule, example: Example, ending: str):
    text = example.bad.rstrip("\n").replace("\n", f"  # why{ending}") + f"  # last{ending}"
    for violation in violations(rule, text):
        for fix in violation.fixes:
            mended = apply(text, fix.edits)
            assert analyze(mended).tree.faults == []
            taken = any("#" in text[edit.span[0] : edit.span[1]] for edit in fix.edits)
            assert taken or mended.count("#") == text.count("#")


def test_values_that_come_through_anchors_are_mended_where_they_stand():
    text = (
        "training_config:\n  project_name: nano\n  model_source: a/b\n  <<: [*a]\n"
        "  optimizer: {type: SGD}\n"
    )
    text = "lists: [&a {learning_rate: 0.5, seed: 1}]\n" + text
    [rule] = [rule for rule in all_rules() if rule.code == "flat-optimizer-key"]
    [violation] = violations(rule, text)
    mended = apply(text, violation.fixes[0].edits)
    assert "[&a {seed: 1}]" in mended
    assert "optimizer: {type: SGD, lr: 0.5}" in mended


def test_one_mistake_is_one_diagnostic():
    found = analyze("training_config:\n  seed: 1\n  temperature: 0.0\n").diagnostics
    assert [diagnostic.code for diagnostic in found] == ["wrong-section"]


@pytest.mark.parametrize(("rule", "text"), FINE)
def test_what_is_fine_is_left_alone(rule: Rule, text: str):
    assert violations(rule, text) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_why_and_how(rule: Rule):
    assert rule.examples
    assert rule.fine
    assert "**When it is fine.**" in rule.docs
    assert "**How to mend it.**" in rule.docs


@pytest.mark.parametrize("rule", RULES)
def test_every_fix_keeps_the_document_readable(rule: Rule):
    for example in rule.examples:
        for violation in violations(rule, example.bad):
            for fix in violation.fixes:
                mended = analyze(apply(example.bad, fix.edits))
                assert mended.documents
                assert mended.tree.faults == []


def _expected_diagnostics() -> list[dict[str, Any]]:
    return yaml.safe_load((CASES / "expected_diagnostics.yaml").read_text(encoding="utf-8"))


def test_every_true_diagnostic_has_a_reason():
    for entry in _expected_diagnostics():
        assert set(entry) == {"code", "files", "why"}
        assert entry["code"] in adjustable_codes()
        assert entry["why"]


def test_no_public_file_is_found_fault_with_where_it_is_right():
    true = _expected_diagnostics()
    false_alarms = [
        f"{name}: {diagnostic.code}: {diagnostic.message}"
        for file in corpus()
        for name in [file.relative_to(CORPUS).as_posix()]
        for diagnostic in analyze(read(file)).diagnostics
        if not any(
            diagnostic.code == entry["code"] and any(fnmatch(name, one) for one in entry["files"])
            for entry in true
        )
    ]
    assert false_alarms == []


def test_other_peoples_files_get_silence():
    for file in corpus("other"):
        assert analyze(read(file)).diagnostics == (), file.relative_to(CORPUS)
