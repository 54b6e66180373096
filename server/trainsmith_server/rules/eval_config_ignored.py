"""`eval-config-ignored`: a section that tt-train's Python trainers do not read."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Report the section once per file."""
    section = query.key("eval_config")
    if section and query.profile.name == "tt-train":
        yield Violation(
            "tt-train's Python trainers do not read `eval_config`: pass `--temperature` and "
            "`--top_k` instead",
            section.span,
            fixes=(query.editor.remove(section),),
            tags=("unnecessary",),
        )


RULE = Rule(
    code="eval-config-ignored",
    severity="information",
    title="Sampling is set by flags",
    docs="""\
tt-train's `train.py` and `train_nanogpt.py` take their sampling settings from the command line.
Only its C++ trainer reads the section `eval_config`.

**When it is fine.** For the C++ trainer. Most of tt-train's own recipes have the section, so this
rule is off by default.

**How to fix it.** Remove the section, and pass the flags.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  project_name: nano
                  optimizer: {lr: 0.0003}
                eval_config:
                  temperature: 0.7
                """),
            good=block("""
                training_config:
                  project_name: nano
                  optimizer: {lr: 0.0003}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              seed: 1
            eval_config:
              temperature: 0.0
            """),
        block("""
            training_config:
              project_name: nano
              optimizer: {lr: 0.0003}
            """),
    ),
    check=check,
    on=False,
)
