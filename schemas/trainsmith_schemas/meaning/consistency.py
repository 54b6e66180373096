"""Values that are right alone and wrong together: what no trainer could run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import Section
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig

COMPARED = frozenset(
    {
        *("model_path", "model_type", "embedding_dim", "num_heads", "num_groups"),
        *("min_lr", "max_lr", "lr", "learning_rate"),
    }
)
"""The keys that are looked at here; where one is wrong itself, the others say nothing."""

_MOST = 4096
"""More heads than this are a slip that nobody can mend."""


def inconsistencies(config: Section, path: Path = ()) -> Iterator[Problem]:
    """Every contradiction in a config and in the sections inside it."""
    if isinstance(config, TransformerConfig):
        yield from _model_inconsistencies(config, path)
    elif isinstance(config, TrainingDocument):
        yield from _rate_inconsistencies(config)
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            yield from inconsistencies(value, (*path, info.alias or name))


def _model_inconsistencies(model: TransformerConfig, path: Path) -> Iterator[Problem]:
    if model.model_path:  # The folder's shape counts, not the defaults of what is left out here.
        return
    width, heads, groups = model.embedding_dim, model.num_heads, model.num_groups
    if width % heads:
        yield _indivisible(path, "embedding_dim", width, "num_heads", heads)
    elif model.model_type == "llama" and (width // heads) % 2:
        yield Problem(
            (*path, "num_heads"),
            "indivisible",
            f"each head has {width // heads} dimensions; rotary positions need an even number",
            related=((*path, "embedding_dim"),),
        )
    elif groups and heads % groups:
        yield _indivisible(path, "num_heads", heads, "num_groups", groups)


def _rate_inconsistencies(document: TrainingDocument) -> Iterator[Problem]:
    scheduler, training = document.scheduler_config, document.training_config
    rate, key = derived.base_learning_rate(document), derived.learning_rate_key(document)
    name = key.rpartition(".")[2]
    if scheduler is None or scheduler.min_lr <= rate:
        return
    if name == "learning_rate" and name not in training.model_fields_set:
        return  # Each trainer has a default of its own.
    yield Problem(
        ("scheduler_config", "min_lr"),
        "out-of-range",
        f"`min_lr` is `{scheduler.min_lr}` and `{name}` is `{rate}`: the rate would rise to the "
        "end, where it is meant to fall",
        related=(tuple(key.split(".")),),
    )


def _indivisible(path: Path, whole: str, number: int, part: str, divisor: int) -> Problem:
    return Problem(
        (*path, part),
        "indivisible",
        f"`{whole}` ({number}) does not divide by `{part}` ({divisor})",
        suggestions=tuple(str(one) for one in _divisors_near(number, divisor)),
        related=((*path, whole),),
    )


def _divisors_near(number: int, wanted: int) -> list[int]:
    """The divisors of a number on either side of another one, the nearer first."""
    divisors = [one for one in range(1, min(number, _MOST) + 1) if number % one == 0]
    below = [one for one in divisors if one < wanted][-1:]
    above = [one for one in divisors if one > wanted][:1]
    return sorted(below + above, key=lambda one: abs(one - wanted))
