"""`eval-config-ignored`: a section that tt-train's Python trainers replace by flags."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Say once for a file that the section is not asked."""
    section = query.key("eval_config")
    if section and query.profile.name == "tt-train":
        yield Violation(
            "tt-train's Python trainers do not read `eval_config`: pass `--temperature` and "
            "`--top_k` instead",
            section.span,
            fixes=(query.remove(section),),
            tags=("unnecessary",),
        )


RULE = Rule(
    code="eval-config-ignored",
    severity="information",
    title="Sampling is set by flags",
    docs="""\
tt-train's `train.py` and `train_nanogpt.py` take how they sample from the command line. The section
`eval_config` is read by its C++ trainer only.

**When it is fine.** For the C++ trainer. tt-train's own recipes mostly carry the section, so this
rule is off until you turn it on.

**How to mend it.** Take the section away, and pass the flags.
""",
    examples=(
        Example(
            bad=(
                "training_config:\n  project_name: nano\n  optimizer: {lr: 0.0003}\n"
                "eval_config:\n  temperature: 0.7\n"
            ),
            good="training_config:\n  project_name: nano\n  optimizer: {lr: 0.0003}\n",
        ),
    ),
    fine=(
        "training_config:\n  seed: 1\neval_config:\n  temperature: 0.0\n",
        "training_config:\n  project_name: nano\n  optimizer: {lr: 0.0003}\n",
    ),
    check=check,
    on=False,
)
