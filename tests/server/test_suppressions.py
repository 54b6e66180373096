"""Comments that ignore diagnostics, and settings for a whole file."""

from __future__ import annotations

import pytest
from support import Case, cases, corpus, read

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.code_actions import fix_all, quick_fixes
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.codes import adjustable_codes
from trainsmith_server.yaml.values import construct

HIGH = "training_config:\n  learning_rate: 0.01\n"


@pytest.mark.parametrize("case", cases("suppressions"))
def test_suppressions(case: Case) -> None:
    """`- found` is a line, a severity, a code and the text that is marked; there are no others.

    A second block is the text after all safe fixes.
    """
    analysis = analyze(case.text)
    found = [
        f"{analysis.lines.line_of(one.span[0]) + 1} {one.severity} {one.code}"
        f" `{case.text[slice(*one.span)]}`"
        for one in analysis.diagnostics
    ]
    assert found == [rest for word, rest in case.expectations if word == "found"]
    profiles = [rest for word, rest in case.expectations if word == "profile"]
    assert [known.profile.name for known in analysis.documents][: len(profiles)] == profiles
    if len(case.blocks) > 1:
        assert _fixed(case.text) == case.blocks[1]


def _fixed(text: str) -> str:
    while edits := fix_all(analyze(text)):
        text = apply_edits(text, edits)
    return text


def _ignored(analysis: Analysis, code: str) -> str:
    """The text after the action that ignores the first diagnostic with a code."""
    actions = quick_fixes(analysis, (0, len(analysis.text)))
    title = f"Ignore `{code}` on this line"
    return apply_edits(
        analysis.text, next(one.fix for one in actions if one.fix.title == title).edits
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("learning_rate: 0.01", "learning_rate: 0.01  # trainsmith: ignore[lr-too-high]"),
        ("learning_rate: 0.01   ", "learning_rate: 0.01  # trainsmith: ignore[lr-too-high]"),
        (
            "learning_rate: 0.01 # why",
            "learning_rate: 0.01 # why  # trainsmith: ignore[lr-too-high]",
        ),
        (
            "learning_rate: 0.01  # trainsmith: ignore[unknown-key] why",
            "learning_rate: 0.01  # trainsmith: ignore[unknown-key, lr-too-high] why",
        ),
    ],
)
def test_the_ignore_action_keeps_the_line(line: str, expected: str) -> None:
    before, after = "training_config:\n  ", "\n  batch_size: 4\n"
    assert _ignored(analyze(before + line + after), "lr-too-high") == before + expected + after


def test_the_ignore_action_works_in_every_public_file() -> None:
    """It also changes no values."""
    ignored = 0
    for file in corpus():
        analysis = analyze(read(file))
        for diagnostic in analysis.diagnostics:
            if diagnostic.code not in adjustable_codes() or diagnostic.code == "unused-suppression":
                continue
            text = _ignored(analysis, diagnostic.code)
            after = analyze(text)
            assert len(after.diagnostics) < len(analysis.diagnostics), (file, diagnostic)
            assert _values(after) == _values(analysis), file
            ignored += 1
    assert ignored > 10


def _values(analysis: Analysis) -> list[str]:
    return [repr(construct(document.root).value) for document in analysis.tree.documents]


@pytest.mark.parametrize("style", ["first\n    second", "'first\n\n    second'", '"a\n    b"'])
def test_multiline_scalars_are_ignored_from_the_line_above(style: str) -> None:
    text = f"training_config:\n  seeed: {style}\n  batch_size: 4\n"
    ignored = _ignored(analyze(text), "unknown-key")
    line = "  # trainsmith: ignore[unknown-key]\n  seeed"
    assert ignored == text.replace("  seeed", line)
    assert not analyze(ignored).diagnostics


def test_levels() -> None:
    def severities(**levels: str) -> list[str]:
        chosen = {code.replace("_", "-"): level for code, level in levels.items()}
        options = LintOptions(levels=chosen)  # pyright: ignore[reportArgumentType]
        return [one.severity for one in analyze(HIGH, options=options).diagnostics]

    assert severities() == ["warning"]
    assert severities(lr_too_high="error") == ["error"]
    assert severities(lr_too_high="hint", save_every_step="error") == ["hint"]
    assert severities(lr_too_high="off") == []


def test_a_comment_for_a_code_that_is_off_is_not_unused() -> None:
    text = HIGH.replace("0.01", "0.01  # trainsmith: ignore[lr-too-high]")
    assert not analyze(text, options=LintOptions(levels={"lr-too-high": "off"})).diagnostics


def test_the_profile_in_the_text_overrides_the_options() -> None:
    options = LintOptions("tt-train-flat")
    assert analyze(HIGH, options=options).documents[0].profile.name == "tt-train-flat"
    text = f"# trainsmith: profile=tt-train\n{HIGH}"
    assert analyze(text, options=options).documents[0].profile.name == "tt-train"


def test_comments_in_other_files_are_not_checked() -> None:
    assert not analyze("# trainsmith: profile=unknown\njobs: {build: 1}\n").diagnostics
