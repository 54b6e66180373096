"""`temperature-nonzero-in-eval`: validation samples that are drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_FINE_TUNING = 2e-4


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look at the temperature of a recipe for fine-tuning."""
    heat, rate = query.number("eval_config.temperature"), query.learning_rate()
    if query.profile.name != "trainsmith" or heat is None or heat.value <= 0:
        return
    if not query.has("training_config") or (rate and rate.value > _FINE_TUNING):
        return
    yield Violation(
        f"at temperature {number_text(heat.value)} samples differ by chance too; at 0.0 only "
        "because the model does",
        heat.span,
        fixes=(heat.set_to("0.0"),),
    )


RULE = Rule(
    code="temperature-nonzero-in-eval",
    severity="hint",
    title="Validation samples differ by chance",
    docs="""\
The samples beside each validation are there to be compared with the ones before. At `0.0` the model
always writes the likeliest token, so two samples differ only if the model does.

**When it is fine.** A small model that is trained from scratch repeats itself when it may only
write the likeliest token. The rule is silent at learning rates above those of fine-tuning (2e-4),
in recipes for other trainers, and in files that only say how to sample.

**How to mend it.** Write `temperature: 0.0` here, and keep 0.7 to 1.0 for generating text from the
finished model.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  seed: 1
                eval_config:
                  temperature: 0.8
                """),
            good=block("""
                training_config:
                  seed: 1
                eval_config:
                  temperature: 0.0
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                eval_config:
                  temperature: 1
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                eval_config:
                  temperature: 0.0
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              seed: 1
            eval_config:
              temperature: 0.0
            """),
        block("""
            eval_config:
              temperature: 0.8
            """),
        block("""
            training_config:
              learning_rate: 0.0009
            eval_config:
              temperature: 0.8
            """),
        block("""
            training_config:
              model_source: a/b
            eval_config:
              temperature: 0.7
            """),
    ),
    check=check,
)
