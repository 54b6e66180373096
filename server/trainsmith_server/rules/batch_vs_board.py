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
"""The usual number of sequences per device on an N150; the lesson uses it too."""
LIMIT = 16
"""The largest number that is usual with a small model."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the batch size with what usually fits into an N150's memory."""
    board, batch = query.options.board, query.whole("training_config.batch_size")
    if board is None or board.name != "N150" or batch is None or batch.value <= LIMIT:
        return
    fixes = (_smaller(query, batch),) if batch.value % SAFE == 0 else ()
    yield Violation(
        f"`batch_size` {batch.value} may not fit into an N150's memory: {SAFE} is usual, or "
        f"{LIMIT} with a small model",
        batch.span,
        fixes=fixes,
    )


def _smaller(query: DocumentQuery, batch: Found[int]) -> Fix:
    """Lower the batch size and accumulate correspondingly more micro-batches."""
    accumulation = query.whole("training_config.gradient_accumulation_steps")
    steps = batch.value // SAFE * (accumulation.value if accumulation else 1)
    line = f"gradient_accumulation_steps: {steps}"
    second = (
        accumulation.set_to(str(steps))
        if accumulation
        else query.editor.add_after(batch, line, title="")
    )
    title = f"Set `batch_size` to {SAFE} and `{line}`, with the same effective batch"
    return Fix(title, (*batch.set_to(str(SAFE)).edits, *second.edits), preferred=True)


RULE = Rule(
    code="batch-vs-board",
    severity="hint",
    title="The batch may not fit into the board's memory",
    docs="""\
Each sequence of the batch keeps its activations in the device's memory until the backward pass. How
many fit depends on the model and on the sequence length. The rule compares `batch_size` with what
is usual on an N150: 8, or 16 with a small model. It applies only if the setting `trainsmith.board`,
or `board` in `.trainsmith.yaml`, is that board.

**When it is fine.** If the model is small enough.

**How to fix it.** Use a smaller `batch_size` and more `gradient_accumulation_steps`. Their product
is the effective batch; if it stays the same, so does what the model learns.
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
