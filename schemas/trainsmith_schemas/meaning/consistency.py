"""Values that are valid on their own but contradict each other, so that no trainer can run them."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import Section
from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.columns import EXAMPLE_FORMS, ColumnsConfig
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.wording import listed

COMPARED = frozenset(
    {
        *("model_path", "model_type", "embedding_dim", "num_heads", "num_groups", "head_dim"),
        *("min_lr", "max_lr", "lr", "learning_rate"),
    }
)
"""The keys compared here. If one of them has a problem itself, they are not compared."""


def inconsistencies(config: Section, path: Path = ()) -> Iterator[Problem]:
    """Every contradiction in a config and its nested sections."""
    if isinstance(config, TransformerConfig):
        yield from _model_inconsistencies(config, path)
    elif isinstance(config, TrainingDocument):
        yield from _rate_inconsistencies(config)
    elif isinstance(config, ColumnsConfig):
        yield from _column_inconsistencies(config, path)
    elif isinstance(config, TrainingConfig):
        yield from _template_inconsistencies(config, path)
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            yield from inconsistencies(value, (*path, info.alias or name))


def _model_inconsistencies(model: TransformerConfig, path: Path) -> Iterator[Problem]:
    if model.model_path:  # The folder defines the shape, not the defaults of keys absent here.
        return
    yield from family_of(model.model_type).contradictions(model, path)


def length_contradiction(training: TrainingConfig, model: TransformerConfig) -> str:
    """Why training sequences are too long for the model; empty if they are not."""
    wanted, most = training.sequence_length or 0, model.max_sequence_length
    if wanted <= most:
        return ""
    return (
        f"`sequence_length` is {wanted:,}, and the model reads {most:,} tokens at once, its "
        f"`max_sequence_length`: write {most:,} or less"
    )


_TEMPLATE_ENDINGS = (".jinja", ".jinja2", ".j2")
"""The extensions of chat templates. They are copied into the trained model, which people publish,
so a recipe from a stranger must not name a private file as one."""


def _template_inconsistencies(training: TrainingConfig, path: Path) -> Iterator[Problem]:
    named = training.chat_template
    if named and not named.lower().endswith(_TEMPLATE_ENDINGS):
        yield Problem(
            (*path, "chat_template"),
            "invalid-value",
            f"`chat_template` is `{named}`, expected a file of Jinja: its name ends in "
            f"{listed(_TEMPLATE_ENDINGS, 'or')}",
        )


def _column_inconsistencies(columns: ColumnsConfig, path: Path) -> Iterator[Problem]:
    written = columns.model_fields_set
    missing, strange = ["text"], sorted(written)
    for form in EXAMPLE_FORMS:
        if not written.isdisjoint(form.needed):
            missing = sorted(set(form.needed) - written)
            strange = sorted(written - {*form.needed, *form.optional})
            break
    if strange:
        names = " and ".join(f"`{name}`" for name in sorted(written))
        yield Problem(
            (*path, strange[0]),
            "invalid-value",
            f"`columns` names {names}, which belong to different forms of examples: keep `text`; "
            "`prompt` and `response`; `messages`; or `instruction` and `output`",
        )
    elif missing:
        yield Problem(
            path,
            "missing-key",
            f"`columns` has no `{missing[0]}`: write the name of that column in the data",
        )


def _rate_inconsistencies(document: TrainingDocument) -> Iterator[Problem]:
    scheduler, training = document.scheduler_config, document.training_config
    rate, key = derived.base_learning_rate(document), derived.learning_rate_key(document)
    name = key.rpartition(".")[2]
    if scheduler is None or scheduler.min_lr <= rate:
        return
    if name == "learning_rate" and name not in training.model_fields_set:
        return  # Each trainer has its own default.
    yield Problem(
        ("scheduler_config", "min_lr"),
        "out-of-range",
        f"`min_lr` is `{scheduler.min_lr}` and `{name}` is `{rate}`: the rate would rise "
        "towards the end instead of falling",
        related=(tuple(key.split(".")),),
    )
