"""`columns`: the names that the data uses for the parts of an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from trainsmith_schemas.base import Examples, ReadBy, Section, Text

_OURS = ReadBy("trainsmith")


@dataclass(frozen=True)
class ExampleForm:
    """A form of the examples in data, by the names of its parts."""

    needed: tuple[str, ...]
    """The parts that it must have; the first one tells it from the other forms."""
    optional: tuple[str, ...] = ()


EXAMPLE_FORMS = (
    ExampleForm(("messages",), ("tools",)),
    ExampleForm(("text",)),
    ExampleForm(("instruction", "output"), ("input",)),
    ExampleForm(("prompt", "response")),
)


class ColumnsConfig(Section):
    """The names of columns in the data, for data that uses other names than these.

    Write the names of one form: `text`; `prompt` and `response`; `messages`, perhaps with `tools`;
    or `instruction` and `output`, perhaps with `input`. All other columns are ignored.
    """

    text: Annotated[Text | None, Examples("content"), _OURS] = None
    """The column of a text that counts as a whole."""

    prompt: Annotated[Text | None, Examples("question"), _OURS] = None
    """The column of the prompt."""

    response: Annotated[Text | None, Examples("answer"), _OURS] = None
    """The column of the response."""

    messages: Annotated[Text | None, Examples("conversations"), _OURS] = None
    """The column of a conversation: a list of objects with `role` and `content`."""

    tools: Annotated[Text | None, Examples("functions"), _OURS] = None
    """The column of the tools that a conversation may call, for the chat template."""

    instruction: Annotated[Text | None, Examples("task"), _OURS] = None
    """The column of an instruction, as in Alpaca."""

    input: Annotated[Text | None, Examples("context"), _OURS] = None
    """The column of more text for the instruction; rows may lack it."""

    output: Annotated[Text | None, Examples("answer"), _OURS] = None
    """The column of what the model learns to write for the instruction."""
