"""`wandb-privacy`: metrics that would leave the machine although nothing may."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find Weights & Biases in a recipe when nothing may leave the machine."""
    if not query.options.local_only:
        return
    wandb = query.flag("training_config.use_wandb") or query.flag("use_wandb")
    if wandb is not None and wandb.value:
        yield Violation(
            "`use_wandb` sends metrics to a service, and `privacy` is `local-only` here",
            wandb.span,
            fixes=(wandb.set_to("false", preferred=True),),
        )


RULE = Rule(
    code="wandb-privacy",
    severity="error",
    title="Metrics would leave the machine",
    docs="""\
Nothing may leave this machine: the setting `trainsmith.privacy`, `privacy` in `.trainsmith.yaml`,
or the environment variable `TRAINSMITH_PRIVACY` is `local-only`. Weights & Biases sends the
settings and the metrics of every run to its service, so a run would refuse to start.

**When it is fine.** Never, as long as nothing may leave the machine.

**How to fix it.** Leave `use_wandb` off: everything is in the run's own folder anyway.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  use_wandb: true
                  wandb_project: patients
                """),
            good=block("""
                training_config:
                  use_wandb: false
                  wandb_project: patients
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
          batch_size: 8
        """),
    ),
    check=check,
    documents=("training", "blacksmith"),
    options=LintOptions(local_only=True),
)
