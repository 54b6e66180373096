"""`ignored-key`: a key that the trainer does not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.problems import Path, dotted
from trainsmith_schemas.trainers.profiles import FLAT_OPTIMIZER_KEYS, TWINS, who_does
from trainsmith_schemas.validation.validate import field_at
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Report the keys that this trainer does not read, and name the trainers that do."""
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


def _of_untrained_family(query: DocumentQuery, path: Path) -> bool:
    """Whether a key belongs to the file's model family, which the trainer does not support."""
    found = query.text(dotted((*path[:-1], "model_type")))
    name = next((name for name in get_args(ModelType) if found and name == found.value), None)
    return bool(
        name
        and path[-1] in family_of(name).keys
        and query.profile.name not in family_of(name).trained_by
    )


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
    title="The trainer does not read this key",
    docs="""\
Several trainers read recipes like this one, and each reads different keys. A trainer silently
ignores the keys that it does not read: the run continues as if the line were not there. Trainsmith
infers from the other keys of a file which trainer it was written for, and names the trainers that
read the key.

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
            bad="training_config: {project_name: nano, model_source: a/b, use_wandb: true}\n",
            good="training_config: {project_name: nano, model_source: a/b}\n",
        ),
    ),
    fine=(
        "training_config:\n  use_wandb: true\n  validation_frequency: 50\n",
        "training_config:\n  project_name: nano\n  optimizer: {lr: 0.0003}\n",
        "training_config:\n  project_name: nano\n  model_source: a/b\n  learning_rate: 0.001\n",
    ),
    check=check,
    supersedes=True,
    documents=("training", "model", "lora", "multihost", "optimizer", "blacksmith"),
)
