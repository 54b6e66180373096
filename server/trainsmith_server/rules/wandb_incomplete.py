"""`wandb-incomplete`: Weights & Biases without a project."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a recipe that sends metrics but names no project."""
    wandb = query.flag("training_config.use_wandb")
    if query.profile.name != "trainsmith" or wandb is None or not wandb.value:
        return
    if query.mentions("training_config.wandb_project"):
        return
    yield Violation(
        "`use_wandb` is on without `wandb_project`: the run goes to the project `uncategorized`",
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
Weights & Biases groups runs into projects. Without a project, this run is hard to find among all
the others, and hard to compare with related ones.

**When it is fine.** If the environment variable `WANDB_PROJECT` names the project.

**How to fix it.** Add `wandb_project`, and `wandb_run_name` if the run has a particular purpose.
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
