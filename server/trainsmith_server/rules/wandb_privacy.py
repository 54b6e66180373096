"""`wandb-privacy`: metrics that would leave a machine that keeps everything to itself."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for Weights & Biases where nothing may leave the machine."""
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
Somebody has said that nothing may leave this machine: in the setting `trainsmith.privacy`, with
`privacy: local-only` in `.trainsmith.yaml`, or in the environment variable `TRAINSMITH_PRIVACY`.
Weights & Biases sends the settings and the metrics of every run to its service. A run would refuse
to start.

**When it is fine.** Never, as long as the machine is to keep everything to itself.

**How to mend it.** Leave `use_wandb` off: everything is in the run's own folder anyway.
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
