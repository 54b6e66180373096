"""`ignored-key`: a key that the trainer does not read."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.families.family import Family
from trainsmith_schemas.families.registry import all_families, reads, which_do
from trainsmith_schemas.problems import Path, dotted
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.profiles import FLAT_OPTIMIZER_KEYS, TWINS, who_does
from trainsmith_schemas.validation.validate import field_at
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule

_DEFAULT = fields_of(TransformerConfig)["model_type"].default


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Report the keys that this trainer or the model's family does not read, and say which do."""
    yield from _of_other_trainers(query)
    for section in ("transformer_config", "training_config.transformer_config"):
        yield from _of_other_families(query, section)


def _of_other_trainers(query: DocumentQuery) -> Iterator[Violation]:
    for path in query.unread():
        key = str(path[-1])
        if query.profile.name == "tt-train" and key in FLAT_OPTIMIZER_KEYS:
            continue  # `flat-optimizer-key` reports it.
        if path[-2:-1] == ("transformer_config",) and _of_untrained_family(query, path):
            continue  # `family-not-trained` reports it once, on `model_type`.
        found = query.key(dotted(path))
        known = field_at(query.kind.model, path)
        if found is None or known is None:
            continue
        # tt-train's own files have such keys: its older and newer programs share them.
        family = query.profile.name == "tt-train" and "tt-train-flat" in known.read_by
        yield Violation(
            f"{query.profile.title} does not read `{key}`; {who_does(known.read_by)}",
            found.span,
            fixes=tuple(_fixes(query, found)),
            tags=("unnecessary",),
            severity="information" if family else None,
        )


def _of_other_families(query: DocumentQuery, section: str) -> Iterator[Violation]:
    """The keys of a model that only other families read, with values that are not the defaults."""
    written = query.text(f"{section}.model_type")
    family = _family(query, section)
    if family is None or query.profile.name not in family.trained_by:
        return  # `family-not-trained` reports it.
    default = "" if written else ", the default `model_type`,"
    for key, known in fields_of(TransformerConfig).items():
        found = query.key(f"{section}.{key}")
        trainer = query.profile.name
        if found is None or reads(family.name, key, trainer) or found.value == known.default:
            continue
        if trainer not in known.read_by:
            continue  # It is already reported.
        yield Violation(
            f"`{family.name}`{default} does not read `{key}`; {which_do(key, trainer)}",
            found.span,
            fixes=(query.editor.remove(found),),
            tags=("unnecessary",),
            related=(written.related("the family"),) if written else (),
            severity=None if trainer == "trainsmith" else "information",
        )


def _family(query: DocumentQuery, section: str) -> Family | None:
    """The family of a model; `None` if the file does not say it or misspells it."""
    found = query.text(f"{section}.model_type")
    elsewhere = query.mentions(f"{section}.model_type") or query.has(f"{section}.model_path")
    # The default is ours: tt-train has other places for it.
    by_default = query.has(section) and query.profile.name == "trainsmith" and not elsewhere
    name = found.value if found else _DEFAULT if by_default else None
    return next((family for family in all_families() if family.name == name), None)


def _of_untrained_family(query: DocumentQuery, path: Path) -> bool:
    """Whether a key belongs to the file's model family, which the trainer does not support."""
    family = _family(query, dotted(path[:-1]))
    return bool(family and path[-1] in family.keys and query.profile.name not in family.trained_by)


def _fixes(query: DocumentQuery, found: Found[object]) -> Iterator[Fix]:
    twin = TWINS.get(found.key)
    if twin and query.profile.name != "blacksmith" and not query.has(f"training_config.{twin}"):
        known = field_at(query.kind.model, ("training_config", twin))
        if known and query.profile.name in known.read_by:
            yield found.rename(twin)
    yield query.editor.remove(found)


RULE = Rule(
    code="ignored-key",
    severity="warning",
    title="The trainer or the model does not read this key",
    docs="""\
Several trainers read recipes like this one, and each reads different keys. A trainer silently
ignores the keys that it does not read: the run continues as if the line were not there. Trainsmith
infers from the other keys of a file which trainer it was written for, and names the trainers that
read the key.

In the same way, each family of models has keys of its own: `num_groups` belongs to `llama`, and a
`gpt2` ignores it. A key with its default value is not reported.

**When it is fine.** In a file that several trainers share. tt-train's own files have keys that only
its older versions read, so those are reported as information.

**How to fix it.** Remove the key, or replace it with the one that this trainer reads.
""",
    examples=(
        Example(
            bad="training_config:\n  project_name: nano\n  use_no_op: false\n"
            "  checkpoint_frequency: 100\n  seed: 1\n",
            good="training_config:\n  project_name: nano\n  use_no_op: false\n"
            "  model_save_interval: 100\n  seed: 1\n",
        ),
        Example(
            bad="training_config:\n  project_name: nano\n  model_source: a/b\n"
            "  use_wandb: true # yes\n  seed: 1\n",
            good="training_config:\n  project_name: nano\n  model_source: a/b\n  seed: 1\n",
        ),
        Example(
            bad="transformer_config:\n  model_type: gpt2\n  num_groups: 2\n",
            good="transformer_config:\n  model_type: gpt2\n",
        ),
        Example(
            bad="training_config: {project_name: nano, model_source: a/b, use_wandb: true}\n",
            good="training_config: {project_name: nano, model_source: a/b}\n",
        ),
    ),
    fine=(
        "transformer_config:\n  model_type: qwen3\n  num_groups: 2\n  head_dim: 64\n",
        "transformer_config:\n  model_type: gpt2\n  theta: 500000.0\n",
        "transformer_config:\n  model_path: base\n  num_groups: 2\n",
        "training_config:\n  use_wandb: true\n  validation_frequency: 50\n",
        "training_config:\n  project_name: nano\n  optimizer: {lr: 0.0003}\n",
        "training_config:\n  project_name: nano\n  model_source: a/b\n  learning_rate: 0.001\n",
    ),
    check=check,
    supersedes=True,
    documents=("training", "model", "lora", "multihost", "optimizer", "blacksmith"),
)
