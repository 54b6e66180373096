"""Chat templates: Jinja programs that write a conversation as one text, as in `transformers`.

A template comes with a model, from anybody, so it runs in Jinja's sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from trainsmith_trainer.requirements import require_modules

if TYPE_CHECKING:
    import jinja2

Message = Mapping[str, Any]
"""A turn of a conversation: `role`, `content`, and what else the template knows."""

_LONGEST = 64 << 20
"""Characters of a conversation; a template may repeat its input without end."""
_LONGEST_REASON = 300


class TemplateError(Exception):
    """A template refuses a conversation, or is wrong itself. The text says why."""


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template and the names of the special tokens that it writes."""

    source: str
    """In Jinja's language."""
    tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    """The variables `bos_token`, `eos_token` and so on."""

    def render(
        self,
        messages: Sequence[Message],
        tools: Any = None,
        *,
        add_generation_prompt: bool = False,
    ) -> str:
        """The text of a conversation.

        `strftime_now` and `random` are not defined, so that equal data yields equal texts.

        Args:
            messages: the turns.
            tools: the tools that the assistant may call, if any.
            add_generation_prompt: whether the beginning of an answer follows.

        Raises:
            TemplateError: the template refuses it.
        """
        compiled = self._compiled
        try:
            pieces = compiled.generate(
                messages=messages,
                tools=tools,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **self.tokens,
            )
            text = "".join(_bounded(pieces))
        except TemplateError:
            raise
        except Exception as error:  # A program from anybody may raise anything.
            raise TemplateError(_reason(error)) from None
        return text

    @property
    def marks_answers(self) -> bool:
        """Whether the template has `{% generation %}` blocks around what the assistant writes."""
        return "generation %}" in self.source or "generation -%}" in self.source

    def render_marked(self, messages: Sequence[Message], tools: Any, begin: str, end: str) -> str:
        """The text, with two texts around what each `{% generation %}` block writes.

        Raises:
            TemplateError: the template refuses it.
        """
        marked = ChatTemplate(self.source, {**self.tokens, _BEGIN: begin, _END: end})
        return marked.render(messages, tools)

    @cached_property
    def _compiled(self) -> jinja2.Template:
        require_modules(("jinja2",))  # The sandbox of older versions has holes.
        try:
            return _environment().from_string(self.source)
        except Exception as error:  # Its nesting may be too deep, for example.
            raise TemplateError(f"the template is not valid: {_reason(error)}") from None


_BEGIN, _END = "generation_begin", "generation_end"
"""The variables with the texts that mark a `{% generation %}` block; usually undefined."""


def _environment() -> jinja2.Environment:
    """The environment in which `transformers` renders chat templates."""
    from jinja2.ext import Extension, loopcontrols
    from jinja2.nodes import Name, Node, Output
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` … `{% endgeneration %}`: what the assistant writes."""

        def __init__(self, environment: jinja2.Environment) -> None:
            super().__init__(environment)
            self.tags = {"generation"}

        def parse(self, parser: Parser) -> list[Node]:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            begin = Output([Name(_BEGIN, "load")]).set_lineno(line)
            end = Output([Name(_END, "load")]).set_lineno(line)
            return [begin, *body, end]

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    # Equal data yields equal texts.
    del environment.filters["random"], environment.globals["lipsum"]
    # Jinja's type of this mapping has only its own functions.
    cast("dict[str, Any]", environment.globals)["raise_exception"] = _raise
    return environment


def _raise(message: str) -> None:
    raise TemplateError(_short(str(message)))


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Not the other options of `json.dumps`: they call what they are given, outside the sandbox.
    return json.dumps(
        value,
        ensure_ascii=bool(ensure_ascii),
        indent=indent,
        separators=separators,
        sort_keys=bool(sort_keys),
    )


def _bounded(pieces: Iterable[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > _LONGEST:
            raise TemplateError(f"it writes more than {_LONGEST:,} characters")
        yield piece


def _reason(error: Exception) -> str:
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]
