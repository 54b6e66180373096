"""`yaml-surprise`: a number or a key that YAML 1.1 reads as something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainsmith_server.document.diagnostics import Edit, Fix, Severity
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.tree import Node, Scalar, Sequence
from trainsmith_server.yaml.values import MAX_DIGITS, plain_value

_OCTAL = re.compile(r"([-+]?)0+([1-7][0-7]+)")
_SEXAGESIMAL = re.compile(r"[-+]?[1-9][0-9]*(?::[0-5]?[0-9])+(?:\.[0-9]*)?")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find keys that are not text, and numbers with a leading zero or with colons."""
    for binding in query.bindings():
        # Trainsmith's trainer refuses unknown keys.
        ours = query.profile.name == "trainsmith"
        yield from _surprising_key(binding.entry.key, "error" if ours else None)
        if binding.field and "number" in binding.field.type_text:
            for node in _plain_scalars(binding.entry.value):
                yield from _surprise(node)


def _surprising_key(key: Node | None, severity: Severity | None) -> Iterator[Violation]:
    """Report a key such as `on`, `no`, `null` or `010`, which is not read as it is written."""
    if not isinstance(key, Scalar) or key.style or key.tag or not key.text:
        return
    try:
        read = plain_value(key.text)
    except ValueError:
        return
    if isinstance(read, str) or str(read) == key.text:
        return
    shown = "nothing (null)" if read is None else f"`{str(read).lower()}`"
    yield Violation(
        f"YAML 1.1 reads the key `{key.text}` as {shown}, but a key must be text",
        (key.start, key.end),
        (_write(key, f'"{key.text}"', f'Put it in quotes: "{key.text}"'),),
        severity=severity,
    )


def _plain_scalars(value: Node | None) -> list[Scalar]:
    """A value, or the items of a list, without quotes and without a tag."""
    nodes = [item.value for item in value.items] if isinstance(value, Sequence) else [value]
    return [node for node in nodes if isinstance(node, Scalar) and not (node.style or node.tag)]


def _surprise(node: Scalar) -> Iterator[Violation]:
    if len(node.text) > MAX_DIGITS:
        return  # It is a fault of the value already.
    octal, sexagesimal = _OCTAL.fullmatch(node.text), _SEXAGESIMAL.fullmatch(node.text)
    if octal:
        yield _violation(node, "a leading zero makes an octal number", octal[1] + octal[2])
    elif sexagesimal:
        yield _violation(node, "colons make a base-60 number")


def _violation(node: Scalar, why: str, meant: str | None = None) -> Violation:
    read = str(plain_value(node.text))
    fixes = [_write(node, read, f"Write {read}, what YAML 1.1 reads")]
    if meant:
        fixes.insert(0, _write(node, meant, f"Write {meant}"))
    span = (node.start, node.end)
    return Violation(f"YAML 1.1 reads `{node.text}` as {read}: {why}", span, tuple(fixes))


def _write(node: Scalar, number: str, title: str) -> Fix:
    return Fix(title, (Edit((node.start, node.end), number),))


RULE = Rule(
    code="yaml-surprise",
    severity="warning",
    title="YAML 1.1 reads something else",
    docs="""\
Trainers read recipes with PyYAML, which follows YAML 1.1. There, `010` is eight, since a leading
zero makes an octal number, and `1:30` is ninety, since colons make a base-60 number. The run uses
that number without a warning. The keys `on`, `off`, `yes` and `no` are read as true and false.

**When it is fine.** If you mean the octal or the base-60 number. A plain number is clearer.

**How to fix it.** Write the number without leading zeros and colons, and put the key in quotes.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  batch_size: 010
                """),
            good=block("""
                training_config:
                  batch_size: 10
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  max_steps: 1:30
                """),
            good=block("""
                training_config:
                  max_steps: 90
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  on: 1
                """),
            good=block("""
                training_config:
                  "on": 1
                """),
        ),
        Example(
            bad=block("""
                device_config:
                  mesh_shape: [1, 010]
                  enable_ddp: true
                """),
            good=block("""
                device_config:
                  mesh_shape: [1, 10]
                  enable_ddp: true
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              "on": 1
              1: 2
            """),
        block("""
            training_config:
              batch_size: 10
              seed: 0
              max_steps: 1_000
            """),
        block("""
            training_config:
              batch_size: 0x10
              seed: 007
            """),
        block("""
            training_config:
              wandb_project: "1:30"
            """),
    ),
    check=check,
    supersedes=True,
    documents=("training", "model", "lora", "optimizer", "blacksmith", "multihost"),
)
