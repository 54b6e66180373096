"""`moreh-cuts-beta2`: a kernel that computes Adam's second moment with another decay."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.meaning.bfloat16 import cut_to_bf16, growth
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_TOO_LARGE = 1.5
"""A second moment that is larger by less makes steps smaller by less than a fifth."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find the kernel in a recipe for the backend that computes what it does."""
    backend = query.text("device_config.backend")
    if query.profile.name != "trainsmith" or backend is None or backend.value != "ttnn":
        return
    found = _selection(query)
    if found is None:
        return
    selected, fix = found
    written = query.number("training_config.optimizer.beta2")
    beta: float = written.value if written else fields_of(OptimizerConfig)["beta2"].default
    if not 0 <= beta < 1 or growth(beta) < _TOO_LARGE:
        return
    yield Violation(
        f"ttnn's kernel `moreh_adamw` cuts `beta2` {beta:g} to {cut_to_bf16(beta):.4g}, so the "
        f"second moment begins {growth(beta):.1f} times too large",
        selected.span,
        fixes=(fix,),
    )


def _selection(query: DocumentQuery) -> tuple[Found[str] | Found[bool], Fix] | None:
    """The key that selects the kernel, and the fix that does not."""
    kind = query.text("training_config.optimizer.type")
    if kind is not None and kind.value == "MorehAdamW":
        return kind, kind.set_to("AdamW")
    flag = query.flag("training_config.use_moreh_adamw")
    if flag is None or not flag.value or (kind is not None and kind.value != "AdamW"):
        return None
    return flag, flag.set_to("false")


RULE = Rule(
    code="moreh-cuts-beta2",
    severity="warning",
    title="A kernel that computes Adam's second moment with another decay",
    docs="""\
ttnn's kernel `moreh_adamw`, which `MorehAdamW` and `use_moreh_adamw` select, gets its scalars as
bfloat16 numbers that are cut, not rounded: `beta2: 0.999` becomes 0.99609375. The second moment
then takes 3.9 times as much of each squared gradient as it should, and forgets it as much sooner
([tt-metal #55935](https://github.com/tenstorrent/tt-metal/issues/55935)). The kernel also rounds
weights and moments to bfloat16, so small updates of weights near 1 are lost. The rule applies to
recipes with `backend: ttnn`.

**When it is fine.** To compare with a run of tt-train that used the kernel. With `beta2: 0.95` the
decay hardly changes, and the rule does not apply.

**How to fix it.** Use the optimizer `AdamW`, which computes in float32.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  optimizer: {type: MorehAdamW, lr: 0.0003}
                device_config:
                  backend: ttnn
                """),
            good=block("""
                training_config:
                  optimizer: {type: AdamW, lr: 0.0003}
                device_config:
                  backend: ttnn
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  use_moreh_adamw: true
                  checkpoint_frequency: 100
                device_config:
                  backend: ttnn
                """),
            good=block("""
                training_config:
                  use_moreh_adamw: false
                  checkpoint_frequency: 100
                device_config:
                  backend: ttnn
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              optimizer: {type: MorehAdamW, lr: 0.0003, beta2: 0.95}
            device_config:
              backend: ttnn
            """),
        block("""
            training_config:
              optimizer: {type: MorehAdamW, lr: 0.0003}
            device_config:
              backend: torch
            """),
        block("""
            training_config:
              use_moreh_adamw: true
              optimizer: {type: SGD, lr: 0.1}
            device_config:
              backend: ttnn
            """),
    ),
    check=check,
)
