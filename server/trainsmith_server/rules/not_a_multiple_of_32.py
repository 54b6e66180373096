"""`not-a-multiple-of-32`: sizes that don't fill tiles."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.sections.documents import MODEL
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_TILE = 32


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the sizes that tt-train's kernels divide into tiles."""
    if query.profile.name not in ("tt-train", "tt-train-flat"):
        return
    section = "transformer_config" if query.kind is MODEL else "training_config.transformer_config"
    for key in ("embedding_dim", "max_sequence_length"):
        size = query.whole(f"{section}.{key}")
        if size is None or size.value < 1 or size.value % _TILE == 0:
            continue
        above = -(-size.value // _TILE) * _TILE
        choices = (above, above - _TILE) if above > _TILE else (above,)
        yield Violation(
            f"tt-train stops here: `{key}` {size.value} is not a multiple of {_TILE}",
            size.span,
            fixes=tuple(size.set_to(str(choice)) for choice in choices),
        )


RULE = Rule(
    code="not-a-multiple-of-32",
    severity="error",
    title="The size is not a multiple of 32",
    docs="""\
Tenstorrent's kernels work on tiles of 32 × 32 numbers, so tt-train refuses a model whose
`embedding_dim` or `max_sequence_length` is not a multiple of 32.

**When it is fine.** In model files for Trainsmith on a CPU or a GPU, to which the rule does not
apply.

**How to fix it.** Use the nearest multiple of 32.
""",
    examples=(
        Example(
            bad=block("""
                transformer_config:
                  experimental: {use_composite_layernorm: false}
                  embedding_dim: 100
                """),
            good=block("""
                transformer_config:
                  experimental: {use_composite_layernorm: false}
                  embedding_dim: 128
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  transformer_config: {max_sequence_length: 20}
                """),
            good=block("""
                training_config:
                  transformer_config: {max_sequence_length: 32}
                """),
        ),
    ),
    fine=(
        block("""
            transformer_config:
              embedding_dim: 100
            """),
        block("""
            transformer_config:
              experimental: {use_composite_layernorm: false}
              embedding_dim: 384
            """),
    ),
    check=check,
    supersedes=True,
    documents=("training", "model"),
)
