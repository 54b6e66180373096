"""`number-is-a-string`: a number that YAML 1.1 reads as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainsmith_server.document.diagnostics import Edit, Fix
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.tree import Scalar

_SCIENTIFIC = re.compile(r"([-+]?)(\d+(?:\.\d*)?)[eE]([-+]?)(\d+)")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find scientific notation without the dot or the sign that YAML 1.1 requires."""
    for binding in query.bindings():
        node, field = binding.entry.value, binding.field
        if not isinstance(node, Scalar) or node.style or node.tag or field is None:
            continue
        parts = _SCIENTIFIC.fullmatch(node.text)
        if not parts or not field.type_text.startswith("a number"):
            continue
        sign, mantissa, exponent_sign, exponent = parts.groups()
        if "." in mantissa and exponent_sign:
            continue
        mantissa = mantissa if "." in mantissa else mantissa + ".0"
        number = f"{sign}{mantissa}e{exponent_sign or '+'}{exponent}"
        yield Violation(
            f"readers of YAML 1.1, such as PyYAML, read `{node.text}` as text",
            (node.start, node.end),
            fixes=(
                Fix(
                    f"Write `{number}`",
                    (Edit((node.start, node.end), number),),
                    preferred=True,
                    safe=True,
                ),
            ),
        )


RULE = Rule(
    code="number-is-a-string",
    severity="hint",
    title="YAML 1.1 reads this number as text",
    docs="""\
In YAML 1.1 a number in scientific notation needs a dot and a signed exponent: `1.0e-4`. PyYAML
reads `1e-4` as text. Trainsmith and most trainers convert it to the number that you mean, but a
script that reads the file and multiplies does not.

**When it is fine.** If only trainers read the file.

**How to fix it.** Write `1.0e-4` or `0.0001`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 1e-4
                """),
            good=block("""
                training_config:
                  learning_rate: 1.0e-4
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {lr: 3.5e2}
                """),
            good=block("""
                training_config:
                  optimizer: {lr: 3.5e+2}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 1.0e-4
            """),
        block("""
            training_config:
              learning_rate: 0.0001
            """),
        block("""
            training_config:
              project_name: 1e-4
            """),
        block("""
            training_config:
              learning_rate: "1e-4"
            """),
    ),
    check=check,
    documents=("training", "model", "lora", "optimizer", "blacksmith"),
)
