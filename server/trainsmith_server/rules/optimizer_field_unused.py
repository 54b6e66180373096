"""`optimizer-field-unused`: a field that this optimizer does not use."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import OPTIMIZER
from trainsmith_schemas.sections.optimizer import OptimizerConfig, fields_with_effect
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find fields that the chosen optimizer does not use."""
    if query.kind is not OPTIMIZER and not query.has("training_config.optimizer"):
        return
    section = () if query.kind is OPTIMIZER else ("training_config", "optimizer")
    kind = query.text(dotted((*section, "type")))
    name = kind.value if kind else "AdamW"
    if not section and kind is None:
        return
    used = fields_with_effect(name, query.profile.name)
    if used is None:
        return
    for field, known in fields_of(OptimizerConfig).items():
        found = query.key(dotted((*section, field)))
        if found is None or field in used or field == "type" or found.value == known.default:
            continue
        if query.profile.name not in known.read_by:
            continue  # `ignored-key` reports it.
        yield Violation(
            f"`{field}` has no effect: `{name}` does not use it",
            found.span,
            fixes=(query.editor.remove(found),),
            tags=("unnecessary",),
            related=(kind.related("the optimizer"),) if kind else (),
        )


RULE = Rule(
    code="optimizer-field-unused",
    severity="warning",
    title="The optimizer does not use this field",
    docs="""\
Each optimizer has its own fields: `beta1` belongs to Adam, `momentum` to SGD and Muon. tt-train
silently ignores the others, so the value seems to have an effect but has none.

**When it is fine.** The rule does not apply to a field with its default value.

**How to fix it.** Remove the field, or choose the optimizer that uses it: `stochastic_rounding`
belongs to `AdamW`, `kahan_summation` to `AdamWComposite`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  optimizer:
                    type: SGD
                    lr: 0.1
                    beta1: 0.8
                    momentum: 0.9
                """),
            good=block("""
                training_config:
                  optimizer:
                    type: SGD
                    lr: 0.1
                    momentum: 0.9
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {lr: 0.0001, nesterov: true}
                """),
            good=block("""
                training_config:
                  optimizer: {lr: 0.0001}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              optimizer: {type: SGD, momentum: 0.9, beta1: 0.9}
            """),
        block("""
            training_config:
              optimizer: {type: Muon, momentum: 0.9, ns_steps: 6}
            """),
        block("""
            training_config:
              optimizer: {type: AdamWComposite, kahan_summation: true}
            """),
        block("""
            training_config:
              optimizer: {type: Lion, momentum: 0.9}
            """),
    ),
    check=check,
    documents=("training", "optimizer"),
)
