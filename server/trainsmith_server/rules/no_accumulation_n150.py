"""`no-accumulation-n150`: a small batch on one device."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_USUAL = 32
"""The effective batch of recipes for any board."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the effective batch of a recipe for one device."""
    batch, mesh = query.whole("training_config.batch_size"), query.mesh()
    if query.profile.name != "trainsmith" or not query.complete or batch is None:
        return
    if query.mentions("training_config.gradient_accumulation_steps"):
        return
    if (mesh and prod(mesh.value) > 1) or not 1 <= batch.value <= _USUAL // 2:
        return
    steps = _USUAL // batch.value
    line = f"gradient_accumulation_steps: {steps}"
    yield Violation(
        f"the effective batch is {batch.value}; "
        f"accumulating {steps} micro-batches makes it {batch.value * steps} with the same memory",
        batch.span,
        fixes=(query.editor.add_after(batch, line, title=f"Add `{line}`"),),
    )


RULE = Rule(
    code="no-accumulation-n150",
    severity="hint",
    title="A small effective batch on one device",
    docs="""\
One small device such as an N150 has memory for about 8 sequences at once, and gradients from so few
are noisy. Accumulation adds up the gradients of several micro-batches before the weights are
updated: it reaches the effective batch of 32 that larger machines use, with the same memory.

**When it is fine.** Small models often learn well from small batches. Write
`gradient_accumulation_steps: 1` to turn the rule off for this recipe. It does not apply to snippets
or to recipes for other trainers.

**How to fix it.** Use `gradient_accumulation_steps: 4` with `batch_size: 8`. A step then takes four
times as long and learns from four times as much data.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                device_config:
                  mesh_shape: [1, 1]
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  gradient_accumulation_steps: 4
                  max_steps: 500
                device_config:
                  mesh_shape: [1, 1]
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              gradient_accumulation_steps: 1
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
            device_config:
              mesh_shape: [1, 2]
            """),
        block("""
            training_config:
              batch_size: 8
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 32
              max_steps: 500
            """),
    ),
    check=check,
)
