"""`fsdp-unsupported`: settings that cannot be combined with fully sharded data parallelism."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning.sharding import BOTH_MODES, COMPILED, MUON
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find what Trainsmith's trainer refuses together with `enable_fsdp`."""
    fsdp = query.flag("device_config.enable_fsdp")
    if query.profile.name != "trainsmith" or fsdp is None or not fsdp.value:
        return
    related = (fsdp.related("the weights are divided over the devices"),)
    turn_off = fsdp.set_to("false", title="Set `enable_fsdp` to false")
    for path, message in (
        ("device_config.enable_ddp", BOTH_MODES),
        ("training_config.compile", COMPILED),
    ):
        flag = query.flag(path)
        if flag and flag.value:
            fixes = (flag.set_to("false"), turn_off)
            yield Violation(message, flag.span, fixes=fixes, related=related)
    kind = query.text("training_config.optimizer.type")
    if kind and kind.value == "Muon":
        fixes = (kind.set_to("AdamW"), turn_off)
        yield Violation(MUON, kind.span, fixes=fixes, related=related)


RULE = Rule(
    code="fsdp-unsupported",
    severity="error",
    title="Not possible with fully sharded data parallelism",
    docs="""\
With `enable_fsdp`, each device has a part of every weight. Muon computes with whole matrices,
`compile` compiles blocks whose weights are always there, and `enable_ddp` gives each device all
weights. Trainsmith's trainer stops before the run begins.

**When it is fine.** Never.

**How to fix it.** Use AdamW, leave out `compile`, and keep only one of the two parallel modes.
""",
    examples=(
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  optimizer: {type: Muon}
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  optimizer: {type: AdamW}
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
        ),
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  compile: true
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  compile: false
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
        ),
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                device_config:
                  enable_ddp: true
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                device_config:
                  enable_ddp: false
                  enable_fsdp: true
                  mesh_shape: [1, 2]
                """),
        ),
    ),
    fine=(
        block("""
            # trainsmith: profile=trainsmith
            training_config:
              compile: true
              optimizer: {type: Muon}
            device_config:
              enable_ddp: true
              mesh_shape: [1, 2]
            """),
    ),
    check=check,
)
