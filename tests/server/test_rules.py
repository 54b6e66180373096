"""The rules' own examples, run; and the rules over the public corpus, with nothing to spare."""

from __future__ import annotations

import pytest
from support import CORPUS, corpus, read

from trainsmith_server.analysis.analyze import analyze
from trainsmith_server.analysis.facts import Facts, Hit
from trainsmith_server.features.code_actions import apply
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


def hits(rule: Rule, text: str) -> list[Hit]:
    """What a rule says of a text, whether it is on or off by default."""
    return [
        hit
        for known in analyze(text).documents
        if known.kind.name in rule.documents
        for hit in rule.check(Facts(known, text))
    ]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_bad_example_is_found_and_its_first_fix_mends_it(rule: Rule, example: Example):
    found = hits(rule, example.bad)
    assert found, "nothing is found"
    assert found[0].fixes, "no fix is offered"
    assert apply(example.bad, found[0].fixes[0].edits) == example.good
    assert hits(rule, example.good) == []


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_that_is_on_speaks_in_the_editor(rule: Rule, example: Example):
    codes = [finding.code for finding in analyze(example.bad).findings]
    assert (rule.code in codes) == rule.on


@pytest.mark.parametrize(("rule", "text"), FINE)
def test_what_is_fine_is_left_alone(rule: Rule, text: str):
    assert hits(rule, text) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_why_and_how(rule: Rule):
    assert rule.examples
    assert rule.fine
    assert "**When it is fine.**" in rule.docs
    assert "**How to mend it.**" in rule.docs


@pytest.mark.parametrize("rule", RULES)
def test_every_fix_keeps_the_document_readable(rule: Rule):
    for example in rule.examples:
        for hit in hits(rule, example.bad):
            for fix in hit.fixes:
                mended = analyze(apply(example.bad, fix.edits))
                assert mended.documents
                assert mended.tree.faults == []


_SCHEDULER = "lr-overridden-by-scheduler"
_SAVE = "save-every-step"
ALLOWED = {
    ("tt-train__configs__training_configs__training_gsm8k_tinyllama.yaml", _SCHEDULER),
    ("tt-train__configs__training_configs__training_gsm8k_tinyllama@5349db0.yaml", _SCHEDULER),
    ("tt-train__configs__training_gsm8k_tinyllama.yaml", _SCHEDULER),
    ("tt-train__configs__training_shakespeare_tinyllama.yaml", _SCHEDULER),
    ("tt-train__configs__training_configs__training_shakespeare_llama3_2_3B.yaml", _SAVE),
    ("tt-train__configs__training_configs__training_shakespeare_llama3_8B_tp.yaml", _SAVE),
    ("tt-train__configs__training_configs__training_shakespeare_tinyllama.yaml", _SAVE),
}
"""What the corpus's files of tt-train and tt-blacksmith really have wrong with them."""


def test_the_public_files_are_warned_about_only_where_they_are_wrong():
    found = {
        (file.name, finding.code)
        for folder in ("tt-train", "blacksmith")
        for file in corpus(folder)
        for finding in analyze(read(file)).findings
        if finding.severity in ("error", "warning")
    }
    assert found == ALLOWED


def test_other_peoples_files_get_silence():
    for file in corpus("other"):
        assert analyze(read(file)).findings == (), file.relative_to(CORPUS)
