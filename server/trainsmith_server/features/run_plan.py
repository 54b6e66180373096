"""What Run Training would do with a document."""

from __future__ import annotations

from trainsmith_schemas.protocol import RunPlan
from trainsmith_schemas.training import TrainingConfig
from trainsmith_server.analysis.facts import Facts
from trainsmith_server.analysis.result import Analysis


def run_plan(analysis: Analysis) -> RunPlan:
    """Say what kind of document it is, where its runs go, and whether the trainer would take it."""
    folder = None
    for known in analysis.documents[:1]:
        folder = Facts(known, analysis.text).text("training_config.checkpoint_dir")
    severities = [finding.severity for finding in analysis.findings]
    return RunPlan(
        document=analysis.kind.name if analysis.kind else None,
        checkpointDir=folder.value if folder else TrainingConfig().checkpoint_dir,
        errors=severities.count("error"),
        warnings=severities.count("warning"),
    )
