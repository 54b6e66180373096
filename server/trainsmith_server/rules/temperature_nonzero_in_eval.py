"""`temperature-nonzero-in-eval`: validation samples that are drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_FINE_TUNING = 2e-4


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the temperature of a recipe for fine-tuning."""
    temperature, rate = query.number("eval_config.temperature"), query.learning_rate()
    if query.profile.name != "trainsmith" or temperature is None or temperature.value <= 0:
        return
    if not query.has("training_config") or (rate and rate.value > _FINE_TUNING):
        return
    yield Violation(
        f"at temperature {number_text(temperature.value)} samples also differ by chance; "
        "at 0.0 they differ only if the model does",
        temperature.span,
        fixes=(temperature.set_to("0.0"),),
    )


RULE = Rule(
    code="temperature-nonzero-in-eval",
    severity="hint",
    title="Validation samples differ by chance",
    docs="""\
The samples at each validation are there to be compared with earlier ones. At `0.0` the model always
writes the likeliest token, so two samples differ only if the model does.

**When it is fine.** A small model that is trained from scratch repeats itself if it always writes
the likeliest token. The rule does not apply to learning rates above those of fine-tuning (2e-4), to
recipes for other trainers, or to files that only describe sampling.

**How to fix it.** Write `temperature: 0.0` here, and keep 0.7 to 1.0 for generating text with the
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
