"""`packing-without-examples`: `packing` in a recipe that trains on plain text."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_PLAIN_TEXT = (".txt", ".md", ".yaml", ".yml")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find `packing` beside a single file or pattern of plain text."""
    packing, data = query.flag("training_config.packing"), query.text("training_config.data_path")
    if packing is None or not packing.value or data is None:
        return
    if not data.value.lower().endswith(_PLAIN_TEXT) or query.is_on(
        "training_config.document_starts"
    ):
        return
    yield Violation(
        f"`packing` has no effect: `{data.value}` is plain text, which always fills its sequences",
        packing.span,
        fixes=(query.editor.remove(packing, title="Remove `packing`", preferred=True),),
        related=(data.related("plain text"),),
    )


RULE = Rule(
    code="packing-without-examples",
    severity="warning",
    title="Plain text needs no packing",
    docs="""\
`packing` puts several examples, or several short texts that begin a sequence, into one sequence.
Plain text is one stream that is cut into full sequences, so there is nothing to pack.

**When it is fine.** If the data has examples, which are in `.jsonl` files, or if `document_starts`
lets each text begin a sequence.

**How to fix it.** Remove `packing`, or set `document_starts: true`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  data_path: data/text.txt
                  packing: true
                """),
            good=block("""
                training_config:
                  data_path: data/text.txt
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              data_path: data/examples.jsonl
              packing: true
            """),
        block("""
            training_config:
              data_path: data/*.txt
              document_starts: true
              packing: true
            """),
    ),
    check=check,
)
