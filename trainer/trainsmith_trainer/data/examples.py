"""A record of a data file → the text of an example, and what the loss counts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from trainsmith_schemas.sections.columns import EXAMPLE_FORMS, ExampleForm
from trainsmith_system.text import shortened
from trainsmith_trainer.data.chat.conversation import (
    EXPECTED as EXPECTED_MESSAGES,
)
from trainsmith_trainer.data.chat.conversation import (
    Chat,
    ConversationError,
    conversation,
)
from trainsmith_trainer.data.records import read_records
from trainsmith_trainer.data.segments import BadLine, Segment

_KEYS_SHOWN = 5
_KEY_SHOWN = 50
"""In characters."""
_LONGEST_PROBLEM = 1000
"""In characters: a chat template writes its own messages."""


@dataclass(frozen=True)
class Form:
    """How records become texts; the fields mean what the recipe's keys say."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Our names → the names in the data. If there are any, other names are ignored."""
    train_on_inputs: bool = False
    """Whether the loss counts prompts too."""
    chat: Chat | None = None
    """How conversations become texts; without a chat template, they are refused."""


class _ExampleError(Exception):
    """A record is no example. The text says what is wrong, and how to fix it."""


def read_examples(path: Path, form: Form, report: Callable[[BadLine], None]) -> Iterator[Segment]:
    """The examples of a file; each is a document of its own.

    A record has one of these forms. Other keys are ignored.

    * `text`: the loss counts everything.
    * `prompt` and `response`, or `completion`: one text, as they are. The loss counts the response
      and the end token after it.
    * `messages`: a conversation. The loss counts what the assistant writes.
    * `instruction`, `output` and perhaps `input`, as in Alpaca (Taori et al., 2023): a conversation
      of two messages, if there is a chat template; otherwise a text with Alpaca's headings.

    Args:
        path: the file.
        form: how records become texts.
        report: called for each malformed record, which is skipped.

    Raises:
        RunError: it cannot be read.
    """
    known = form.columns.values() if form.columns else _KNOWN
    for record in read_records(path, frozenset(known)):
        found = record.problem or _example_or_problem(record.value, form)
        if isinstance(found, str):
            report(BadLine(path, record.line, shortened(found, _LONGEST_PROBLEM)))
        else:
            yield replace(found, line=record.line)


def _example_or_problem(value: Any, form: Form) -> Segment | str:
    try:
        return _example(value, form)
    except (_ExampleError, ConversationError) as error:
        return str(error)


def _example(value: Any, form: Form) -> Segment:
    if not isinstance(value, dict):
        raise _ExampleError(f"this is {_name_of(value)}, expected an object: write {_EXPECTED}")
    fields = _renamed(cast("dict[str, Any]", value), form.columns)
    match _form_of(fields):
        case "messages":
            return _conversation(fields["messages"], fields.get("tools"), form)
        case "text":
            return Segment(_text(fields, "text"), ends=True)
        case "instruction":
            return _instruction(fields, form)
        case _:
            answer = "completion" if "completion" in fields else "response"
            prompt = _text(fields, "prompt", may_be_empty=True)
            return _answered(prompt, _text(fields, answer), form)


_ANSWERS = ("response", "completion")
"""Two names of the same part."""
_OPTIONAL = tuple(name for form in EXAMPLE_FORMS for name in form.optional)
_KNOWN = (*(name for form in EXAMPLE_FORMS for name in form.needed), *_OPTIONAL, "completion")
_EXPECTED = '{"prompt": "…", "response": "…"}, {"text": "…"} or ' + EXPECTED_MESSAGES


def _renamed(fields: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The fields by our names."""
    if not columns:
        return fields
    for ours, theirs in columns.items():
        if theirs not in fields and ours not in _OPTIONAL:
            raise _ExampleError(
                f"`{theirs}` is missing, which `columns` names: found {_shown(fields)}"
            )
    return {ours: fields[theirs] for ours, theirs in columns.items() if theirs in fields}


def _form_of(fields: Mapping[str, Any]) -> str:
    """The form of a record, by the part that tells it from the others."""
    there = [form for form in EXAMPLE_FORMS if _may_be(form, fields)]
    if not there:
        raise _ExampleError(f"no example is in this, found {_shown(fields)}: write {_EXPECTED}")
    if len(there) > 1 or all(key in fields for key in _ANSWERS):
        names = " and ".join(f"`{key}`" for key in _KNOWN if key in fields)
        raise _ExampleError(
            f"{names} are there together: keep the keys of one form, or choose them with `columns`"
        )
    needed = there[0].needed
    for key in needed:
        if not any(each in fields for each in _names_of(key)):
            raise _ExampleError(f"`{key}` is missing, found {_shown(fields)}: write {_EXPECTED}")
    return needed[0]


def _may_be(form: ExampleForm, fields: Mapping[str, Any]) -> bool:
    return form.needed[0] in fields or (
        "response" in form.needed and any(key in fields for key in _ANSWERS)
    )


def _names_of(key: str) -> tuple[str, ...]:
    return _ANSWERS if key in _ANSWERS else (key,)


def _shown(fields: Mapping[str, Any]) -> str:
    names = (shortened(name, _KEY_SHOWN) for name in list(fields)[:_KEYS_SHOWN])
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _text(fields: Mapping[str, Any], key: str, *, may_be_empty: bool = False) -> str:
    text = fields[key]
    if not isinstance(text, str):
        raise _ExampleError(f"`{key}` is {_name_of(text)}, expected text: put it in quotes")
    if not text and not may_be_empty:
        raise _ExampleError(f"`{key}` is empty: write something in it, or remove the line")
    if not _is_unicode(text):
        raise _ExampleError(
            f"`{key}` has half a character (a lone surrogate): write both halves, or none"
        )
    return text


def _answered(prompt: str, response: str, form: Form) -> Segment:
    text = prompt + response
    return Segment(text, ((0 if form.train_on_inputs else len(prompt), len(text)),), ends=True)


def _conversation(messages: Any, tools: Any, form: Form) -> Segment:
    if form.chat is None:
        raise _ExampleError(
            "`messages` need a chat template, and the model has none: name one in `chat_template`,"
            " or write prompts and responses"
        )
    segment = conversation(messages, tools, form.chat, counts_all=form.train_on_inputs)
    if not _is_unicode(segment.text):
        raise _ExampleError(
            "a message has half a character (a lone surrogate): write both halves, or none"
        )
    return segment


def _instruction(fields: Mapping[str, Any], form: Form) -> Segment:
    instruction, output = _text(fields, "instruction"), _text(fields, "output")
    more = _text(fields, "input", may_be_empty=True) if "input" in fields else ""
    if form.chat:
        question = f"{instruction}\n\n{more}" if more else instruction
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "content": output},
        ]
        return _conversation(messages, None, form)
    middle = f"### Input:\n{more}\n\n" if more else ""
    prompt = f"{_INTRODUCTIONS[bool(more)]}\n\n### Instruction:\n{instruction}\n\n{middle}"
    return _answered(f"{prompt}### Response:\n", output, form)


_INTRODUCTIONS = {
    False: "Below is an instruction that describes a task. Write a response that appropriately "
    "completes the request.",
    True: "Below is an instruction that describes a task, paired with an input that provides "
    "further context. Write a response that appropriately completes the request.",
}
"""What Alpaca's prompts begin with, without an input and with one."""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
