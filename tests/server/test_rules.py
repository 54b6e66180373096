"""The rules' own examples, run; and the rules over the public corpus, with nothing to spare."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from support import CORPUS, corpus, read

from trainsmith_server.document.facts import Facts, Hit
from trainsmith_server.features.code_actions import apply
from trainsmith_server.lint.analyze import analyze
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
        for hit in rule.check(Facts(known, text, rule.options))
    ]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_bad_example_is_found_and_its_first_fix_mends_it(rule: Rule, example: Example):
    found = hits(rule, example.bad)
    assert found, "nothing is found"
    assert found[0].fixes, "no fix is offered"
    spans = sorted(edit.span for edit in found[0].fixes[0].edits)
    assert all(one[1] <= other[0] for one, other in pairwise(spans)), "LSP's edits do not overlap"
    assert apply(example.bad, found[0].fixes[0].edits) == example.good
    assert hits(rule, example.good) == []


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_that_is_on_speaks_in_the_editor(rule: Rule, example: Example):
    codes = [finding.code for finding in analyze(example.bad, options=rule.options).findings]
    assert (rule.code in codes) == rule.on


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_can_be_turned_on(rule: Rule, example: Example):
    turned_on = replace(rule.options, levels={rule.code: "information"})
    found = [f for f in analyze(example.bad, options=turned_on).findings if f.code == rule.code]
    assert {finding.severity for finding in found} == {"information"}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_survives_typing(rule: Rule, example: Example):
    for end in range(0, len(example.bad), 3):
        hits(rule, example.bad[:end])


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_fixes_leave_comments_where_they_are(rule: Rule, example: Example, ending: str):
    text = example.bad.rstrip("\n").replace("\n", f"  # why{ending}") + f"  # last{ending}"
    for hit in hits(rule, text):
        for fix in hit.fixes:
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
    [hit] = hits(rule, text)
    mended = apply(text, hit.fixes[0].edits)
    assert "[&a {seed: 1}]" in mended
    assert "optimizer: {type: SGD, lr: 0.5}" in mended


def test_one_mistake_is_one_finding():
    found = analyze("training_config:\n  seed: 1\n  temperature: 0.0\n").findings
    assert [finding.code for finding in found] == ["wrong-section"]


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


COUNTS = {
    "tt-train": {
        "clip-disabled": 1,
        "ignored-key": 13,
        "lr-overridden-by-scheduler": 4,
        "model-config-missing": 4,
        "number-is-a-string": 12,
        "save-every-step": 3,
        "save-never-fires": 3,
        "temperature-nonzero-in-eval": 1,
    },
    "blacksmith": {"number-is-a-string": 15},
    # The lesson's own recipes, which break some of its own rules.
    "toolkit": {
        "ddp-on-one-device": 1,
        "duplicate-knob": 4,
        "flat-optimizer-key": 1,
        "model-config-missing": 5,
        "no-accumulation-n150": 2,
        "number-is-a-string": 5,
        "seed-missing": 5,
        "too-many-checkpoints": 1,
        "unknown-key": 2,
        "wandb-incomplete": 4,
        "wrong-section": 1,
    },
    "other": {},
}
"""How often each code is found in the public files, at any level."""


@pytest.mark.parametrize("folder", COUNTS)
def test_the_public_files_have_as_many_findings_as_they_had(folder: str):
    found = Counter(
        finding.code for file in corpus(folder) for finding in analyze(read(file)).findings
    )
    assert found == COUNTS[folder]


def test_other_peoples_files_get_silence():
    for file in corpus("other"):
        assert analyze(read(file)).findings == (), file.relative_to(CORPUS)
