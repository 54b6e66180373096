"""`wrong-section`: a key in the wrong section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trainsmith_schemas.base import homes_of
from trainsmith_schemas.problems import Path, dotted
from trainsmith_schemas.validation.validate import field_at
from trainsmith_server.document.bind import key_span
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_GENERIC = frozenset({"type"})
"""Keys too general to show which section they were meant for."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find keys that belong to another section than theirs."""
    for binding in query.bindings():
        if binding.field is not None:
            continue
        *_, name = binding.path
        home = _home(query, str(name), binding.path[:-1])
        found = query.key(dotted(binding.path))
        if home is None or found is None or found.entry is not binding.entry:
            continue
        known = field_at(query.kind.model, (*home, name))
        if isinstance(found.value, Mapping) and known and not known.takes_mapping:
            continue  # A section of another tool with the same name as a Trainsmith key.
        here = f"in `{binding.path[-2]}`" if len(binding.path) > 1 else "at the top level"
        where = f"`{home[-1]}`" if home else "the top level"
        belongs = f"in {where}" if home else f"at {where}"
        value = query.source_text(found)
        taken = query.has(dotted((*home, name)))
        fixes = ()
        if value is not None and not taken and query.editor.can_add_keys(home):
            fixes = (query.editor.move([(found, f"{name}: {value}")], home, f"Move it to {where}"),)
        elif taken:
            fixes = (query.editor.remove(found, title=f"Remove it: {where} already has `{name}`"),)
        yield Violation(
            f"`{name}` belongs {belongs}, not {here}",
            key_span(binding.entry),
            fixes,
            # Other trainers ignore it.
            severity=None if query.profile.name == "trainsmith" else "warning",
        )


def _home(query: DocumentQuery, key: str, here: Path) -> Path | None:
    """The section that a key belongs in; sections that the document has are preferred."""
    if key in _GENERIC:
        return None
    known = homes_of(query.kind.model, query.profile.name)
    homes = [path for path in known.get(key, ()) if path != here]
    return min(homes, key=lambda path: (not _present(query, path), len(path)), default=None)


def _present(query: DocumentQuery, path: Path) -> bool:
    return not path or query.has(dotted(path))


RULE = Rule(
    code="wrong-section",
    severity="error",
    title="The key belongs in another section",
    docs="""\
Every key belongs to one section. Trainsmith refuses a recipe that has a key elsewhere; other
trainers silently ignore such a key.

**When it is fine.** Never. The usual cause is two spaces too many or too few, or a line that was
pasted below the wrong heading.

**How to fix it.** Move the key; the fix adds the section if it is missing.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  batch_size: 8
                  # Sampling.
                  temperature: 0.0  # greedy
                eval_config:
                  top_k: 50  # off
                """),
            good=block("""
                training_config:
                  batch_size: 8
                eval_config:
                  top_k: 50  # off
                  # Sampling.
                  temperature: 0.0  # greedy
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  batch_size: 8
                  enable_ddp: false
                """),
            good=block("""
                training_config:
                  batch_size: 8
                device_config:
                  enable_ddp: false
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  seed: 1
                  lr: 0.0003
                  max_steps: 9
                """),
            good=block("""
                training_config:
                  seed: 1
                  max_steps: 9
                  optimizer:
                    lr: 0.0003
                """),
        ),
        Example(
            bad="# trainsmith: profile=trainsmith\nbatch_size: 8\ntraining_config:\n  seed: 1",
            good="# trainsmith: profile=trainsmith\ntraining_config:\n  seed: 1\n  batch_size: 8",
        ),
        Example(
            bad=block("""
                device_config: {enable_ddp: false, seed: 1}
                training_config:
                eval_config:
                """),
            good=block("""
                device_config: {enable_ddp: false}
                training_config:
                  seed: 1
                eval_config:
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              batch_siz: 8
            """),
        block("""
            training_config:
              weight_decay: 0.1
            """),
        block("""
            training_config:
              optimizer:
                weight_decay: 0.1
            """),
        block("""
            training_config:
              temper
            """),
        block("""
            training_config:
              project_name: x
              batch_size: 8
            model_config:
              width: 64
            """),
        block("""
            training_config:
              seed: 1
            transformer_config:
              num_blocks: 2
            """),
    ),
    check=check,
    supersedes=True,
)
