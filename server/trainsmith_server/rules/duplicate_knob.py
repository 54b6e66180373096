"""`duplicate-knob`: one setting under two names."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.trainers.profiles import TWINS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_PAIRS = (
    *TWINS.items(),
    ("optimizer.lr", "learning_rate"),
    ("optimizer.weight_decay", "weight_decay"),
)


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find settings that are written under both of their names."""
    if query.profile.name != "trainsmith":
        return  # Other trainers read only one of the two.
    for winner, loser in _PAIRS:
        wins = query.number(f"training_config.{winner}")
        loses = query.number(f"training_config.{loser}")
        if wins is None or loses is None:
            continue
        same = wins.value == loses.value
        yield Violation(
            f"`{loser}` and `{winner}` are the same setting"
            + (", written twice" if same else f": `{winner}` {number_text(wins.value)} wins"),
            loses.span,
            fixes=(query.editor.remove(loses),),
            related=(wins.related("the value that is used"),),
            tags=("unnecessary",),
            severity="hint" if same else None,
        )


RULE = Rule(
    code="duplicate-knob",
    severity="warning",
    title="One setting under two names",
    docs="""\
`eval_every` and `validation_frequency` are two names for the same setting, and so are
`model_save_interval` and `checkpoint_frequency`; the second of each pair wins. Values in the
`optimizer` block win over `learning_rate` and `weight_decay` outside it. Changing the key that
loses has no effect.

**When it is fine.** If both have the same value, for trainers that read different keys. The rule is
only a hint then.

**How to fix it.** Keep the key that wins.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  eval_every: 20
                  validation_frequency: 50
                """),
            good=block("""
                training_config:
                  validation_frequency: 50
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  model_save_interval: 50
                  checkpoint_frequency: 50
                """),
            good=block("""
                training_config:
                  checkpoint_frequency: 50
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                  optimizer: {lr: 0.0002}
                """),
            good=block("""
                training_config:
                  optimizer: {lr: 0.0002}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              eval_every: 20
              checkpoint_frequency: 50
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              optimizer: {type: SGD}
            """),
        block("""
            training_config:
              project_name: nano
              tokenizer_path: a
              validation_frequency: 5
              eval_every: 6
            """),
    ),
    check=check,
)
