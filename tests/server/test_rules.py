"""The rules' examples, and the rules' diagnostics for the public corpus."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

import pytest
import yaml
from support import CASES, CORPUS, corpus, read

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.document.query import DocumentQuery, Violation
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
    """A rule's violations in a text, whether it is on or off by default."""
    return [
        violation
        for known in analyze(text).documents
        if known.kind.name in rule.documents
        for violation in rule.check(DocumentQuery(known, text, rule.options))
    ]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_bad_example_is_reported_and_first_fix_makes_it_good(rule: Rule, example: Example):
    found = violations(rule, example.bad)
    assert found, "the rule does not report the example"
    assert found[0].fixes, "the rule offers no fix"
    spans = sorted(edit.span for edit in found[0].fixes[0].edits)
    assert all(first[1] <= second[0] for first, second in pairwise(spans)), (
        "edits must not overlap in LSP"
    )
    assert apply_edits(example.bad, found[0].fixes[0].edits) == example.good
    assert violations(rule, example.good) == []


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_rule_that_is_on_reports_its_examples_in_the_editor(rule: Rule, example: Example):
    codes = [
        diagnostic.code for diagnostic in analyze(example.bad, options=rule.options).diagnostics
    ]
    assert (rule.code in codes) == rule.on


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_rule_can_be_turned_on(rule: Rule, example: Example):
    turned_on = replace(rule.options, levels={rule.code: "information"})
    found = [f for f in analyze(example.bad, options=turned_on).diagnostics if f.code == rule.code]
    assert {diagnostic.severity for diagnostic in found} == {"information"}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_rule_accepts_half_typed_examples(rule: Rule, example: Example):
    for end in range(0, len(example.bad), 3):
        violations(rule, example.bad[:end])


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_fixes_keep_comments(rule: Rule, example: Example, ending: str):
    text = example.bad.rstrip("\n").replace("\n", f"  # why{ending}") + f"  # last{ending}"
    for violation in violations(rule, text):
        for fix in violation.fixes:
            fixed = apply_edits(text, fix.edits)
            assert analyze(fixed).tree.faults == []
            taken = any("#" in text[edit.span[0] : edit.span[1]] for edit in fix.edits)
            assert taken or fixed.count("#") == text.count("#")


def test_value_behind_an_anchor_is_fixed_at_the_anchor():
    text = (
        "training_config:\n  project_name: nano\n  model_source: a/b\n  <<: [*a]\n"
        "  optimizer: {type: SGD}\n"
    )
    text = "lists: [&a {learning_rate: 0.5, seed: 1}]\n" + text
    [rule] = [rule for rule in all_rules() if rule.code == "flat-optimizer-key"]
    [violation] = violations(rule, text)
    fixed = apply_edits(text, violation.fixes[0].edits)
    assert "[&a {seed: 1}]" in fixed
    assert "optimizer: {type: SGD, lr: 0.5}" in fixed


def test_one_mistake_gives_one_diagnostic():
    found = analyze("training_config:\n  seed: 1\n  temperature: 0.0\n").diagnostics
    assert [diagnostic.code for diagnostic in found] == ["wrong-section"]


@pytest.mark.parametrize(("rule", "text"), FINE)
def test_fine_documents_are_not_reported(rule: Rule, text: str):
    assert violations(rule, text) == []


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_examples_and_docs(rule: Rule):
    assert rule.examples
    assert rule.fine
    assert "**When it is fine.**" in rule.docs
    assert "**How to fix it.**" in rule.docs


@pytest.mark.parametrize("rule", RULES)
def test_fixes_keep_the_document_valid_yaml(rule: Rule):
    for example in rule.examples:
        for violation in violations(rule, example.bad):
            for fix in violation.fixes:
                fixed = analyze(apply_edits(example.bad, fix.edits))
                assert fixed.documents
                assert fixed.tree.faults == []


def _expected_diagnostics() -> list[dict[str, Any]]:
    return yaml.safe_load((CASES / "expected_diagnostics.yaml").read_text(encoding="utf-8"))


def test_every_expected_diagnostic_has_a_reason():
    for entry in _expected_diagnostics():
        assert set(entry) == {"code", "files", "why"}
        assert entry["code"] in adjustable_codes()
        assert entry["why"]


def test_public_corpus_has_no_false_diagnostics():
    expected = _expected_diagnostics()
    false_alarms = [
        f"{name}: {diagnostic.code}: {diagnostic.message}"
        for file in corpus()
        for name in [file.relative_to(CORPUS).as_posix()]
        for diagnostic in analyze(read(file)).diagnostics
        if not any(
            diagnostic.code == entry["code"] and any(fnmatch(name, glob) for glob in entry["files"])
            for entry in expected
        )
    ]
    assert false_alarms == []


def test_files_of_other_tools_get_no_diagnostics():
    for file in corpus("other"):
        assert analyze(read(file)).diagnostics == (), file.relative_to(CORPUS)
