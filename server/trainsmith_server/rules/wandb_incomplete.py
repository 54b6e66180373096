"""`wandb-incomplete`: Weights & Biases without a project."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for a project where the metrics are to be sent."""
    wandb = query.flag("training_config.use_wandb")
    if query.profile.name != "trainsmith" or wandb is None or not wandb.value:
        return
    if query.mentions("training_config.wandb_project"):
        return
    yield Violation(
        "`use_wandb` without `wandb_project`: the run lands among the uncategorized ones",
        wandb.span,
        fixes=(
            query.editor.add_after(
                wandb,
                'wandb_project: "my-training"',
                title='Add `wandb_project: "my-training"`',
                preferred=True,
            ),
            wandb.set_to("false"),
        ),
    )


RULE = Rule(
    code="wandb-incomplete",
    severity="warning",
    title="Weights & Biases without a project",
    docs="""\
Weights & Biases gathers runs in projects. Without a name, this run is hard to find among all the
others, and hard to compare with the ones that belong to it.

**When it is fine.** Where the environment names the project, in `WANDB_PROJECT`.

**How to mend it.** Add `wandb_project`, and `wandb_run_name` if the run has a purpose of its own.
For private data leave `use_wandb` off: everything is in the run's own folder anyway.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  use_wandb: true
                """),
            good=block("""
                training_config:
                  use_wandb: true
                  wandb_project: "my-training"
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              use_wandb: false
            """),
        block("""
            training_config:
              use_wandb: true
              wandb_project: shakespeare
            """),
    ),
    check=check,
)
