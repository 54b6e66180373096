"""Runs and comparisons as lines of text."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from trainsmith_schemas.quantities import loss_text
from trainsmith_schemas.runs.reports import Advice, Comparison, RunList, RunRecord
from trainsmith_trainer.formatting import setting, table
from trainsmith_trainer.history.experiments import changes_text


def list_lines(answer: RunList) -> list[str]:
    """The runs of a folder as a table, with the changes under each, then what cannot be read."""
    lines = list(_run_lines(answer.runs)) if answer.runs else [f"{answer.folder} contains no runs"]
    if answer.unreadable and not answer.runs:
        lines[0] += " that can be read"
    return [*lines, *(f"{run.name} cannot be read: {run.reason}" for run in answer.unreadable)]


def _run_lines(runs: Sequence[RunRecord]) -> Iterator[str]:
    head = ("run", "state", "step", "loss", "validation", "best", "began")
    first, *rows = table([head, *map(_row, runs)])
    yield first
    for run, line in zip(runs, rows, strict=True):
        yield line
        if run.parent:
            yield f"    {changes_text(run)}"
        in_advice = any(one.evidence == run.reason for one in run.advice)
        if run.reason and run.state == "failed" and not in_advice:
            yield f"    {run.reason}"
        yield from (f"    {advice_text(one)}" for one in run.advice)


def comparison_lines(answer: Comparison) -> list[str]:
    """The settings that differ, and the results, with a column for each run."""
    names = [run.name for run in answer.runs]
    parts: list[str] = []
    matter = [(d.what, *d.values) for d in answer.differences if d.matters]
    others = [(d.what, *d.values) for d in answer.differences if not d.matters]
    if matter:
        parts += table([("changed", *names), *matter])
    else:
        parts.append("Nothing differs that can change what the model learns.")
    if others:
        parts += ["", *table([("without influence on the model", *names), *others])]
    results = [
        ("state", *(run.state for run in answer.runs)),
        ("steps", *(f"{run.step}/{run.total_steps}" for run in answer.runs)),
        ("final loss", *(_loss(run.loss) for run in answer.runs)),
        ("final validation loss", *(_loss(run.validation_loss) for run in answer.runs)),
        ("best validation loss", *(_best(run) for run in answer.runs)),
    ]
    parts += ["", *table([("result", *names), *results])]
    if answer.matter > 1:
        parts += ["", f"{answer.matter} things changed: no single one explains the result."]
    advice = [f"{run.name}: {advice_text(one)}" for run in answer.runs for one in run.advice]
    if advice:
        parts += ["", *advice]
    if answer.curves:
        parts += ["", f"The curves are in {answer.curves}"]
    return parts


def advice_text(advice: Advice) -> str:
    """A symptom, its evidence, and the change to try, on one line."""
    change = advice.change
    return f"{advice.symptom}: {advice.evidence}; try `{change.key}: {setting(change.value)}`"


def _row(run: RunRecord) -> tuple[str, ...]:
    return (
        run.name,
        f"{run.state}{' (smoke)' if run.smoke else ''}",
        f"{run.step}/{run.total_steps}",
        _loss(run.loss),
        _loss(run.validation_loss),
        _best(run),
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started)),
    )


def _loss(value: float | None) -> str:
    return "–" if value is None else loss_text(value)


def _best(run: RunRecord) -> str:
    if run.best_validation_loss is None:
        return "–"
    return f"{loss_text(run.best_validation_loss)} at {run.best_step}"
