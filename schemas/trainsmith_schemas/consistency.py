"""Values that are right alone and wrong together: what no trainer could run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import Section
from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.problems import Path, Problem


def inconsistencies(config: Section, path: Path = ()) -> Iterator[Problem]:
    """Every contradiction in a config and in the sections inside it."""
    if isinstance(config, TransformerConfig):
        yield from _model_inconsistencies(config, path)
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            yield from inconsistencies(value, (*path, info.alias or name))


def _model_inconsistencies(model: TransformerConfig, path: Path) -> Iterator[Problem]:
    if model.embedding_dim % model.num_heads:
        yield _indivisible(path, "embedding_dim", model.embedding_dim, "num_heads", model.num_heads)
    elif model.model_type == "llama" and (model.embedding_dim // model.num_heads) % 2:
        yield Problem(
            (*path, "num_heads"),
            "indivisible",
            f"each head has {model.embedding_dim // model.num_heads} dimensions; "
            "rotary positions need an even number",
            related=((*path, "embedding_dim"),),
        )
    if model.num_groups and model.num_heads % model.num_groups:
        yield _indivisible(path, "num_heads", model.num_heads, "num_groups", model.num_groups)


def _indivisible(path: Path, whole: str, number: int, part: str, divisor: int) -> Problem:
    return Problem(
        (*path, part),
        "indivisible",
        f"`{whole}` ({number}) does not divide by `{part}` ({divisor})",
        related=((*path, whole),),
    )
