"""`model-config-missing`: a recipe without a model."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_MODELS = (
    "training_config.model_config",
    "training_config.transformer_config",
    "training_config.model_source",
    "training_config.grpo_config",
    "transformer_config",
    "model_config",
    "diffusion_config",
    "grpo_config",
)


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a recipe that could be run but has no model."""
    if any(query.mentions(path) for path in _MODELS):
        return
    data = query.key("training_config.data_path")
    length = query.has("training_config.max_steps") or query.has("training_config.num_epochs")
    # With data and a length it is a whole recipe, and Trainsmith's trainer refuses it.
    refused = query.profile.name == "trainsmith" and length and data
    batch = query.key("training_config.batch_size") if query.complete else None
    beside = batch or (data if refused else None)
    if beside is None:
        return
    line = 'model_config: "model_configs/model.yaml"'
    yield Violation(
        "the recipe names no model: add `model_config`, the path of a model file",
        beside.span,
        fixes=(query.editor.add_after(beside, line, title=f"Add `{line}`", preferred=True),),
        # tt-train's own files omit it to use the default model.
        severity=None if query.profile.name == "trainsmith" else "information",
    )


RULE = Rule(
    code="model-config-missing",
    severity="warning",
    title="The recipe names no model",
    docs="""\
`model_config` is the path of the file that describes the model, in `transformer_config`.
Trainsmith's trainer does not start without it, and older trainers stop with a `KeyError`; newer
ones use a small default model, which is hardly the one that you want.

**When it is fine.** In snippets, to which the rule does not apply, and if the recipe itself
describes the model or names a published one.

**How to fix it.** Add the path. It is looked up beside the recipe first.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  model_config: "model_configs/model.yaml"
                  max_steps: 500
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  data_path: text.txt
                  max_steps: 500
                """),
            good=block("""
                training_config:
                  data_path: text.txt
                  model_config: "model_configs/model.yaml"
                  max_steps: 500
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              model_config: m.yaml
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              transformer_config: {num_blocks: 2}
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              max_steps: 5
            """),
        block("""
            training_config:
              optimizer: {lr: 0.0001}
              batch_size: 8
              max_steps: 5
              model_source: a/b
            """),
    ),
    check=check,
)
