"""`family-not-trained`: a family of models whose layers the trainer lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.registry import not_trained
from trainsmith_schemas.sections.documents import MODEL
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Ask whether the trainer that the file is for has the family's layers."""
    section = "transformer_config" if query.kind is MODEL else "training_config.transformer_config"
    found = query.text(f"{section}.model_type")
    name = next((one for one in get_args(ModelType) if found and one == found.value), None)
    message = not_trained(name, query.profile.name) if name else None
    if found and message:
        yield Violation(
            message, found.span, fixes=(found.set_to('"gpt2"'), found.set_to('"llama"'))
        )


RULE = Rule(
    code="family-not-trained",
    severity="error",
    title="The trainer does not have this family of models",
    docs="""\
`model_type` names a family of models that Trainsmith knows and that the trainer of this file does
not train. Trainsmith's own trainer stops before the run begins.

**When it is fine.** In a file for a trainer that has the family: `# trainsmith: profile=tt-train`
at the top of a DeepSeek for tt-train.

**How to mend it.** Choose a family that this trainer has, or the trainer that has this family.
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
    settles=True,
    documents=("training", "model"),
)
