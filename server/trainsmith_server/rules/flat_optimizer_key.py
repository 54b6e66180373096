"""`flat-optimizer-key`: an optimizer setting outside `optimizer`, as older tt-train has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from trainsmith_schemas.trainers.profiles import FLAT_OPTIMIZER_KEYS
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_OPTIMIZER = ("training_config", "optimizer")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find the flat keys in a recipe for the current tt-train."""
    if query.profile.name != "tt-train":
        return
    found = [
        flat
        for key in FLAT_OPTIMIZER_KEYS
        if (flat := query.key(f"training_config.{key}")) is not None
    ]
    moves = list(_moves(query, found))
    what = f"`{found[0].key}`" if len(found) == 1 else f"these {len(found)} keys"
    for flat in found:
        yield Violation(
            f"tt-train does not read `{flat.key}` here; "
            f"it reads `{FLAT_OPTIMIZER_KEYS[flat.key]}` in `optimizer`",
            flat.span,
            fixes=(query.editor.move(moves, _OPTIMIZER, f"Move {what} into `optimizer`"),)
            if query.editor.can_add_keys(_OPTIMIZER)
            else (),
            tags=("unnecessary",),
        )


def _moves(
    query: DocumentQuery, found: Iterable[Found[Any]]
) -> Iterator[tuple[Found[Any], str | None]]:
    """Each flat key with the line that replaces it in the block, or `None` for a duplicate line."""
    seen: set[str] = set()
    for flat in found:
        line = _line(query, flat)
        yield flat, None if line in seen else line
        seen.add(line or "")


def _line(query: DocumentQuery, flat: Found[Any]) -> str | None:
    """The line that replaces a flat key; `None` if the block already has it."""
    name = FLAT_OPTIMIZER_KEYS[flat.key]
    if query.has(f"training_config.optimizer.{name}"):
        return None
    if name == "type":
        kind = "MorehAdamW" if flat.key == "use_moreh_adamw" else "NoOp"
        return f"type: {kind}" if flat.value is True else None
    if name == "kahan_summation":
        return "kahan_summation: true" if flat.value is True else None
    value = query.source_text(flat)
    return None if value is None else f"{name}: {value}"


RULE = Rule(
    code="flat-optimizer-key",
    severity="warning",
    title="An optimizer key outside `optimizer`",
    docs="""\
Versions of tt-train up to 0.65 read `learning_rate`, `weight_decay` and similar keys in
`training_config`. The current version reads `lr`, `weight_decay` and `epsilon` in the block
`training_config.optimizer` and ignores the old keys silently: a run then trains with the defaults
of the block.

**When it is fine.** Never: the line seems to have an effect but has none. The rule does not apply
to recipes for Trainsmith and for older versions of tt-train, which read these keys.

**How to fix it.** Move the keys into `optimizer`. If the block already has the value, the flat key
is removed.
""",
    examples=(
        Example(
            bad=block("""
                # trainsmith: profile=tt-train
                training_config: {seed: 1, learning_rate: 0.0003, weight_decay: 0.1}
                """),
            good=block("""
                # trainsmith: profile=tt-train
                training_config: {seed: 1, optimizer: {lr: 0.0003, weight_decay: 0.1}}
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  model_source: a/b
                  ema_decay: 0.9
                  learning_rate: 0.0003
                  weight_decay: 0.01  # as before
                  optimizer:
                    type: AdamW
                  seed: 1
                """),
            good=block("""
                training_config:
                  model_source: a/b
                  ema_decay: 0.9
                  optimizer:
                    type: AdamW
                    lr: 0.0003
                    weight_decay: 0.01  # as before
                  seed: 1
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  project_name: nano
                  learning_rate: 0.5
                  optimizer: {lr: 0.0003}
                """),
            good=block("""
                training_config:
                  project_name: nano
                  optimizer: {lr: 0.0003}
                """),
        ),
        Example(
            bad="training_config:\n  project_name: nano\n  model_source: a/b\n"
            "  optimizer: {type: SGD}\n  learning_rate: 0.5",
            good=block("""
                training_config:
                  project_name: nano
                  model_source: a/b
                  optimizer: {type: SGD, lr: 0.5}
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  project_name: nano
                  model_source: a/b
                  # How fast.
                  learning_rate: 0.5  # tried
                  optimizer: {type: SGD}
                """),
            good=block("""
                training_config:
                  project_name: nano
                  model_source: a/b
                  # How fast.
                  # tried
                  optimizer: {type: SGD, lr: 0.5}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
              optimizer: {weight_decay: 0.1}
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              use_moreh_adamw: true
            """),
        block("""
            training_config:
              project_name: nano
              optimizer: {lr: 0.0003}
            """),
    ),
    check=check,
)
