"""`batch-vs-board`: a batch that may not fit into the board's memory."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.trainers.boards import BOARDS
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

SAFE = 8
"""Sequences at once on one device; the lesson's value for an N150."""
LIMIT = 16
"""What it allows for a small model."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the batch of one device with what an N150 takes."""
    board, batch = query.options.board, query.whole("training_config.batch_size")
    if board is None or board.name != "N150" or batch is None or batch.value <= LIMIT:
        return
    fixes = (_smaller(query, batch),) if batch.value % SAFE == 0 else ()
    yield Violation(
        f"`batch_size` {batch.value} may not fit into an N150: {SAFE} is usual there, and {LIMIT} "
        "with a small model",
        batch.span,
        fixes=fixes,
    )


def _smaller(query: DocumentQuery, batch: Found[int]) -> Fix:
    """The safe batch, with as many more micro-batches."""
    accumulation = query.whole("training_config.gradient_accumulation_steps")
    steps = batch.value // SAFE * (accumulation.value if accumulation else 1)
    line = f"gradient_accumulation_steps: {steps}"
    second = (
        accumulation.set_to(str(steps))
        if accumulation
        else query.editor.add_after(batch, line, title="")
    )
    title = f"Set `batch_size` to {SAFE} and `{line}`: the effective batch stays"
    return Fix(title, (*batch.set_to(str(SAFE)).edits, *second.edits), preferred=True)


RULE = Rule(
    code="batch-vs-board",
    severity="hint",
    title="The batch may not fit into the board's memory",
    docs="""\
Every sequence of the batch keeps its activations in the device's memory until the backward pass.
How many fit depends on the model and on the length of a sequence; the rule goes by what is usual on
an N150, which is 8, or 16 with a small model. The setting `trainsmith.board`, or `board` in
`.trainsmith.yaml`, says that the recipe is for one; without it the rule is silent.

**When it is fine.** With a model that is small enough.

**How to mend it.** Take a smaller `batch_size` and more `gradient_accumulation_steps`: the product
is the effective batch, and learning stays the same.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  batch_size: 32
                """),
            good=block("""
                training_config:
                  batch_size: 8
                  gradient_accumulation_steps: 4
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  batch_size: 32
                  gradient_accumulation_steps: 2
                """),
            good=block("""
                training_config:
                  batch_size: 8
                  gradient_accumulation_steps: 8
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              batch_size: 16
            """),
        block("""
            training_config:
              batch_size: many
            """),
    ),
    check=check,
    options=LintOptions(board=next(board for board in BOARDS if board.name == "N150")),
)
