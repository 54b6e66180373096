"""`family-not-trained`: a model family that the trainer cannot train."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.registry import not_trained
from trainsmith_schemas.sections.documents import MODEL
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check that the file's trainer can train the model family."""
    section = "transformer_config" if query.kind is MODEL else "training_config.transformer_config"
    found = query.text(f"{section}.model_type")
    name = next((name for name in get_args(ModelType) if found and name == found.value), None)
    message = not_trained(name, query.profile.name) if name else None
    if found and message:
        yield Violation(
            message, found.span, fixes=(found.set_to('"gpt2"'), found.set_to('"llama"'))
        )


RULE = Rule(
    code="family-not-trained",
    severity="error",
    title="The trainer cannot train this model family",
    docs="""\
`model_type` names a model family that Trainsmith recognises, but that the trainer of this file
cannot train. Trainsmith's own trainer stops before the run begins.

**When it is fine.** In a file for a trainer that supports the family. Name that trainer in a
comment at the top: `# trainsmith: profile=tt-train` for a DeepSeek model in tt-train.

**How to fix it.** Choose a family that this trainer supports, or a trainer that supports this
family.
""",
    examples=(
        Example(
            bad="transformer_config:\n  model_type: deepseek\n",
            good='transformer_config:\n  model_type: "gpt2"\n',
        ),
    ),
    fine=(
        "transformer_config:\n  model_type: qwen3\n",
        "transformer_config:\n  model_type: deepseek\n  kv_lora_rank: 128\n",
    ),
    check=check,
    supersedes=True,
    documents=("training", "model"),
)
