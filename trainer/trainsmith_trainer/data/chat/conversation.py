"""A list of messages → the text that the model reads, and what the loss counts in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from trainsmith_trainer.data.chat.template import ChatTemplate, Message, TemplateError
from trainsmith_trainer.data.segments import Segment, Span

ASSISTANT = "assistant"
_MOST_MESSAGES = 1000
_MOST_RENDERED = 1 << 28
"""Characters: each beginning of a conversation is rendered, which takes quadratic time."""


@dataclass(frozen=True)
class Chat:
    """How conversations become texts."""

    template: ChatTemplate
    special: tuple[str, ...] = ()
    """The names of the tokenizer's special tokens."""
    stops: tuple[str, ...] = ()
    """Those that end an answer."""


class ConversationError(Exception):
    """A conversation cannot be trained on. The text says why, and how to fix it."""


def conversation(messages: Any, tools: Any, chat: Chat, *, counts_all: bool) -> Segment:
    """The text of a conversation.

    Args:
        messages: the value of `messages` in the data.
        tools: that of `tools`, if there is one.
        chat: how conversations become texts.
        counts_all: whether the loss counts the whole text. Otherwise it counts what the assistant
            writes, with the token that ends each answer.

    Raises:
        ConversationError: it cannot be trained on.
    """
    turns = _checked(messages)
    if not counts_all and not any(turn["role"] == ASSISTANT for turn in turns):
        raise ConversationError(
            "no message has the role `assistant`, so there is no answer to learn: add one"
        )
    try:
        text = chat.template.render(turns, tools)
        counted = ((0, len(text)),) if counts_all else _answers(text, turns, tools, chat)
        quoted = _quoted(text, turns, tools, chat)
    except TemplateError as error:
        raise ConversationError(f"the chat template refuses this: {error}") from None
    if all(begin == end for begin, end in counted):
        raise ConversationError(
            "the chat template writes no answer of the assistant, so there is nothing to learn: "
            "correct the template"
        )
    return Segment(text, counted, ends=True, quoted=quoted)


def question(turns: Sequence[Message], chat: Chat) -> tuple[str, tuple[Span, ...]]:
    """The text that an answer continues, and where special tokens in it are text.

    Raises:
        ConversationError: the template refuses the messages.
    """
    try:
        text = chat.template.render(turns, add_generation_prompt=True)
        return text, _quoted(text, turns, None, chat, add_generation_prompt=True)
    except TemplateError as error:
        raise ConversationError(f"the chat template refuses this: {error}") from None


def _checked(messages: Any) -> Sequence[Message]:
    if not isinstance(messages, list) or not messages:
        raise ConversationError(f"`messages` is not a list of messages: write {EXPECTED}")
    several = cast("list[Any]", messages)
    if len(several) > _MOST_MESSAGES:
        raise ConversationError(
            f"it has {len(several):,} messages, more than {_MOST_MESSAGES:,}: divide it"
        )
    for number, message in enumerate(several, 1):
        if not isinstance(message, dict):
            raise ConversationError(f"message {number} is not an object: write {EXPECTED}")
        fields = cast("dict[str, Any]", message)
        for key in ("role", "content"):
            absent = key == "content" and fields.get("tool_calls") and not fields.get(key)
            if not isinstance(fields.get(key), str) and not absent:
                raise ConversationError(f"message {number} has no text in `{key}`: add it")
    size = sum(len(message.get("content") or "") for message in several)
    if size * len(several) > _MOST_RENDERED:
        raise ConversationError(
            f"it has {size:,} characters in {len(several):,} messages, which takes too long: "
            "divide it"
        )
    return several


EXPECTED = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def _answers(text: str, turns: Sequence[Message], tools: Any, chat: Chat) -> tuple[Span, ...]:
    """Where the assistant's answers are in the text, each with the token that ends it."""
    template = chat.template
    if template.marks_answers:
        spans = _marked(text, turns, tools, template)
    else:
        spans = _between_beginnings(text, turns, tools, template)
        if spans is None:
            spans = _contents(text, turns, tools, template)
    if spans is None:
        raise ConversationError(
            "the chat template writes an answer in another way when more messages follow, so it is "
            "unclear what to learn: keep one answer per line, or put {% generation %} and "
            "{% endgeneration %} around the answers in the template"
        )
    return tuple(_to_the_stop(text, span, chat.stops) for span in spans)


def _marked(
    text: str, turns: Sequence[Message], tools: Any, template: ChatTemplate
) -> tuple[Span, ...] | None:
    """What the template's `{% generation %}` blocks write."""
    begin, end = _absent(text, turns)
    return _spans_of(template.render_marked(turns, tools, begin, end), text, begin, end)


def _between_beginnings(
    text: str, turns: Sequence[Message], tools: Any, template: ChatTemplate
) -> tuple[Span, ...] | None:
    """What each answer adds to the messages before it, if it adds the same in the whole text."""
    spans: list[Span] = []
    for at, turn in enumerate(turns):
        if turn["role"] != ASSISTANT:
            continue
        try:
            before = template.render(turns[:at], tools, add_generation_prompt=True)
            after = template.render(turns[: at + 1], tools)
        except TemplateError:  # It may require a user's message, for example.
            return None
        if not (after.startswith(before) and text.startswith(after)):
            return None
        spans.append((len(before), len(after)))
    return tuple(spans)


def _contents(
    text: str, turns: Sequence[Message], tools: Any, template: ChatTemplate
) -> tuple[Span, ...] | None:
    """Where the contents of the answers are, without what the template adds to them."""
    begin, end = _absent(text, turns)
    marked = [
        {**turn, "content": _around(turn["content"], begin, end)}
        if turn["role"] == ASSISTANT
        else turn
        for turn in turns
    ]
    if any(turn.get("tool_calls") for turn in turns):
        return None  # Calls of tools are not in the content.
    spans = _spans_of(template.render(marked, tools), text, begin, end)
    answers = sum(turn["role"] == ASSISTANT for turn in turns)
    return spans if spans is not None and len(spans) == answers else None


def _around(content: str, begin: str, end: str) -> str:
    """A content with two texts around it; white space, which templates remove, stays outside."""
    core = content.strip()
    if not core:
        return begin + end + content
    first = content.index(core)
    return content[:first] + begin + core + end + content[first + len(core) :]


def _absent(text: str, turns: Sequence[Message]) -> tuple[str, str]:
    """Two texts that are not in a conversation."""
    everything = text + "".join(str(turn.get("content")) for turn in turns)
    taken = set(re.findall("\x02/?([0-9]+)\x03", everything))
    number = next(number for number in count() if str(number) not in taken)
    return f"\x02{number}\x03", f"\x02/{number}\x03"


def _spans_of(marked: str, text: str, begin: str, end: str) -> tuple[Span, ...] | None:
    """Where the marks were, if the text without them is the text."""
    spans: list[Span] = []
    plain, opened = "", None
    for part in re.split(f"({re.escape(begin)}|{re.escape(end)})", marked):
        if part == begin:
            opened = len(plain)
        elif part == end:
            if opened is None:
                return None
            spans.append((opened, len(plain)))
            opened = None
        else:
            plain += part
    return tuple(spans) if plain == text and opened is None else None


def _to_the_stop(text: str, span: Span, stops: Sequence[str]) -> Span:
    """The span up to the token that ends the answer, which may come after white space."""
    begin, end = span
    inside = [text.rfind(stop, begin, end) + len(stop) for stop in stops if stop in text[begin:end]]
    if inside:
        last = max(inside)
        return (begin, last) if not text[last:end].strip() else span
    rest = len(text) - len(text[end:].lstrip())
    after = next((stop for stop in stops if text.startswith(stop, rest)), "")
    return (begin, rest + len(after)) if after else span


def _quoted(
    text: str,
    turns: Sequence[Message],
    tools: Any,
    chat: Chat,
    *,
    add_generation_prompt: bool = False,
) -> tuple[Span, ...]:
    """Where messages contain names of special tokens: there, these are text."""
    begin, end = _absent(text, turns)
    marked: list[Message] = []
    for number, turn in enumerate(turns, 1):
        content = turn.get("content") or ""
        others = json.dumps({**turn, "content": ""}, ensure_ascii=False)
        if _names_in(others, chat):
            raise ConversationError(
                f"message {number} contains {_names_in(others, chat)} outside `content`: remove it"
            )
        has_names = bool(_names_in(content, chat))
        marked.append({**turn, "content": _around(content, begin, end)} if has_names else turn)
    if marked == list(turns):
        return ()
    rendered = chat.template.render(marked, tools, add_generation_prompt=add_generation_prompt)
    spans = _spans_of(rendered, text, begin, end)
    if spans is None:
        raise ConversationError(
            f"{_names_in(text, chat)} is in a message that the chat template changes, so it cannot "
            "be kept as text: remove it"
        )
    return spans


def _names_in(text: str, chat: Chat) -> str:
    """The first name of a special token in a text, or an empty text."""
    return next((name for name in chat.special if name in text), "")
