"""Examples that are longer than a sequence, as far as the first examples of a file show it.

With characters as tokens, their lengths are known. Otherwise they are estimated from English text,
in which a token has about four characters; `trainsmith data` counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_server.document.bind import find, value_span
from trainsmith_server.document.diagnostics import Diagnostic, Severity
from trainsmith_server.document.result import KnownDocument

FieldLengths = Mapping[str, int]
"""The characters of each text of an example, by its name."""
Lengths = Sequence[FieldLengths]
"""Those of the first examples of a file."""

CODE = "examples-too-long"
_FORMS = (
    (("prompt", "response"), ()),
    (("prompt", "completion"), ()),
    (("instruction", "output"), ("input",)),
)
"""The texts that are one example: those it must have, and others."""
_CHARACTERS_PER_TOKEN = 4


def overlong_examples(
    known: KnownDocument,
    training: TrainingConfig,
    model: TransformerConfig,
    lengths: Mapping[str, Lengths],
) -> Iterator[Diagnostic]:
    """How many of the first examples do not fit into a sequence.

    Args:
        known: the recipe.
        training: its section.
        model: its model.
        lengths: of the first examples of its data, by the path as written.
    """
    limit = training.sequence_length or model.max_sequence_length
    exact = training.tokenizer_type == "char" and not training.tokenizer_path
    exact = exact and not model.model_path
    per_token = 1 if exact else _CHARACTERS_PER_TOKEN
    columns = training.columns.model_dump(exclude_none=True) if training.columns else {}
    place = find(known.document.root, ("training_config", "data_path"))
    for written, examples in lengths.items() if place else ():
        tokens = [size // per_token for one in examples if (size := _size(one, columns))]
        longer = [size for size in tokens if size > limit]
        if not longer or not place:
            continue
        about = "" if exact else "about "
        message = (
            f"{about}{len(longer):,} of the first {plural(len(tokens), 'example')} in `{written}` "
            f"have more than {limit:,} tokens, the longest {about}{max(longer):,}: "
            f"{_CONSEQUENCES[training.overlong]}"
        )
        severity: Severity = "warning" if exact and training.overlong == "error" else "information"
        yield Diagnostic(CODE, severity, message, value_span(place))


_CONSEQUENCES = {
    "error": "the run does not start. Raise `sequence_length`, shorten them, or write "
    "`overlong: skip` or `overlong: truncate_prompt`",
    "skip": "they are left out",
    "truncate_prompt": "their prompts lose their first tokens",
}


def _size(fields: FieldLengths, columns: Mapping[str, str]) -> int:
    """The characters of an example; 0 for a record of another form."""
    if columns:
        fields = {ours: fields[theirs] for ours, theirs in columns.items() if theirs in fields}
    for needed, others in _FORMS:
        if all(part in fields for part in needed):
            return sum(fields.get(part, 0) for part in (*needed, *others))
    return 0
