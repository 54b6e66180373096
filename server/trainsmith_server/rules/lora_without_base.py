"""`lora-without-base`: LoRA on random weights."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning.lora import NO_BASE
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check that the model file names the weights that LoRA adapts."""
    section = query.key("lora_config")
    if section is None or query.profile.name != "trainsmith":
        return
    inline = query.has("training_config.transformer_config")
    if query.start() == "random" or (inline and query.start() is None):
        yield Violation(
            NO_BASE,
            section.span,
            fixes=(
                query.editor.remove(
                    section, title="Remove `lora_config`: train all weights", preferred=True
                ),
            ),
        )


RULE = Rule(
    code="lora-without-base",
    severity="error",
    title="LoRA needs a pretrained model",
    docs="""\
LoRA leaves the original weights as they are and trains small matrices beside them. If the model
file has no `model_path`, the original weights are random and stay random, so nothing useful can be
learned. Trainsmith's trainer stops before the run begins.

**When it is fine.** Never.

**How to fix it.** Write `model_path` in the model file: a folder that `transformers` or a run
saved. Or remove `lora_config`, and all weights are trained.
""",
    examples=(
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  learning_rate: 0.0002
                  transformer_config: {num_blocks: 2}
                lora_config:
                  r: 8
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  learning_rate: 0.0002
                  transformer_config: {num_blocks: 2}
                """),
        ),
    ),
    fine=(
        block("""
            # trainsmith: profile=trainsmith
            training_config:
              learning_rate: 0.0002
              transformer_config: {model_path: base}
            lora_config:
              r: 8
            """),
        block("""
            training_config:
              model_config: model.yaml
            lora_config:
              r: 8
            """),
    ),
    check=check,
    with_model=True,
)
