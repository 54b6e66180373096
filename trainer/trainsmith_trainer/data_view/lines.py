"""What the trainer sees, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.quantities import plural
from trainsmith_schemas.runs.reports import DataPart, DataReport, DataSequence, DataView

_LONGEST_BAR = 40
_PLACES_SHOWN = 3
_LONGEST_TEXT = 2000
"""Characters of a sequence that a terminal shows."""


def lines_of(report: DataReport) -> list[str]:
    """The report as text, without its errors, which are printed with their lines of the file."""
    lines = [f"warning: {finding.place}: {finding.message}" for finding in report.warnings]
    return [*lines, *(_view(report.view) if report.view else ())]


def _view(view: DataView) -> Iterator[str]:
    yield f"tokenizer   {view.tokenizer}: {plural(view.vocabulary, 'token')} in the vocabulary"
    yield f"training    {_summary(view.training)}"
    yield f"validation  {_summary(view.validation) if view.validation else 'none'}"
    if view.training.duplicates:
        same = view.training.duplicates
        verb = "has" if same.documents == 1 else "have"
        yield (
            f"duplicates  {plural(same.documents, 'document')} {verb} the text of another, the "
            f"first {same.place}, with the text of {same.same_as}"
        )
    if view.training.lengths:
        yield ""
        yield "Tokens in each document:"
        yield from _bars(view.training)
    yield ""
    yield "The first sequences; the loss counts what is between ⟦ and ⟧:"
    for number, sequence in enumerate(view.sequences, 1):
        yield from _sequence(number, sequence)


def _summary(part: DataPart) -> str:
    what = "example" if part.examples == part.documents else "document"
    files = part.files[0] if len(part.files) == 1 else plural(len(part.files), "file")
    return (
        f"{files}: {plural(part.documents, what)}, {plural(part.tokens, 'token')}, of which the "
        f"loss counts {part.counted_tokens:,}; {plural(part.sequences, 'sequence')}"
    )


def _bars(part: DataPart) -> Iterator[str]:
    most = max(each.documents for each in part.lengths)
    labels = [
        f"{each.first:,}" + (f"–{each.last:,}" if each.last > each.first else "")
        for each in part.lengths
    ]
    width = max(map(len, labels))
    for label, each in zip(labels, part.lengths, strict=True):
        bar = "█" * -(-each.documents * _LONGEST_BAR // most)
        long = f", {each.too_long:,} too long" if each.too_long else ""
        yield f"  {label:>{width}}  {bar} {each.documents:,}{long}"


def _sequence(number: int, sequence: DataSequence) -> Iterator[str]:
    shown = ", ".join(sequence.places[:_PLACES_SHOWN])
    more = " …" if len(sequence.places) > _PLACES_SHOWN else ""
    places = f", from {shown}{more}" if shown else ""
    yield (
        f"{number}. {plural(sequence.tokens, 'token')}, {sequence.counted_tokens:,} of them "
        f"counted{places}"
    )
    text = ""
    for piece in sequence.pieces:
        separator = "¶" if piece.begins_document and text else ""
        text += separator + (f"⟦{piece.text}⟧" if piece.counted else piece.text)
    more = " …" if len(text) > _LONGEST_TEXT or sequence.left_out else ""
    yield f"   {text[:_LONGEST_TEXT]}{more}"
