"""Conversations → tokens: as `transformers` renders them, with the loss on answers alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import transformers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from trainsmith_trainer.data.chat.conversation import Chat, ConversationError, conversation
from trainsmith_trainer.data.chat.template import ChatTemplate, TemplateError
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer

_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

CHATML = """\
{%- if messages[0]['role'] != 'system' %}
{{- '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""

TRIMMED = """\
{{ bos_token }}
{%- for message in messages -%}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('Roles must alternate between user and assistant') }}
{%- endif -%}
[{{ message['role'] }}] {{ message['content'] | trim }}{{ eos_token }}
{%- endfor -%}
{%- if add_generation_prompt -%}[assistant]{{ ' ' }}{%- endif -%}
"""

MARKED = """\
{%- for message in messages %}
{%- if message['role'] == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}
{%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}
{{- '\\n' }}
{%- else %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""

THINKS_LAST = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if loop.last and message.role == 'assistant' %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{{- message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""Writes an answer in another way when more messages follow, as Qwen 3's template does."""

_TOKENS = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}


def _library() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    library = Tokenizer(models.BPE({letter: at for at, letter in enumerate(alphabet)}, []))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens([AddedToken(name, special=True) for name in _SPECIAL])
    return library


@pytest.fixture(scope="module")
def tokenizer() -> HfTokenizer:
    return HfTokenizer(_library().to_str().encode())


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "tokenizer.json").write_text(_library().to_str(), encoding="utf-8")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **_TOKENS}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return transformers.AutoTokenizer.from_pretrained(folder)


def _turns(*contents: str) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[at % 2], "content": content}
        for at, content in enumerate(contents)
    ]


def _chat(source: str) -> Chat:
    return Chat(ChatTemplate(source, _TOKENS), _SPECIAL, ("<|im_end|>",))


def _marked(source: str, messages: Any, *, counts_all: bool = False) -> str:
    """The text of a conversation, with the counted characters in brackets."""
    found = conversation(messages, None, _chat(source), counts_all=counts_all)
    pieces, position = [], 0
    for begin, end in found.counted or ():
        pieces += [found.text[position:begin], "⟦", found.text[begin:end], "⟧"]
        position = end
    return "".join(pieces) + found.text[position:]


_CONTENTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@pytest.mark.parametrize("source", [CHATML, TRIMMED, MARKED, THINKS_LAST])
@given(contents=st.lists(_CONTENTS, min_size=2, max_size=6))
def test_text_is_that_of_transformers(reference: Any, source: str, contents: list[str]) -> None:
    messages = _turns(*contents)
    ours = ChatTemplate(source, _TOKENS)
    for prompts in (False, True):
        theirs = reference.apply_chat_template(
            messages, chat_template=source, tokenize=False, add_generation_prompt=prompts
        )
        assert ours.render(messages, add_generation_prompt=prompts) == theirs


@given(contents=st.lists(st.text("abé<|>\n ", min_size=1, max_size=8), min_size=2, max_size=6))
def test_tokens_and_answers_are_those_of_transformers(
    reference: Any, tokenizer: HfTokenizer, contents: list[str]
) -> None:
    messages = _turns(*contents)
    theirs = reference.apply_chat_template(
        messages,
        chat_template=MARKED,
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    found = conversation(messages, None, _chat(MARKED), counts_all=False)
    tokens, counted = tokenizer.encode_conversation(
        found.text, found.counted or (), found.quoted or ()
    )
    assert tokens.tolist() == theirs["input_ids"]
    assert counted.tolist() == [bool(each) for each in theirs["assistant_masks"]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            CHATML,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\n⟦Hello<|im_end|>⟧\n<|im_start|>user\nBye<|im_end|>\n"
            "<|im_start|>assistant\n⟦ Bye! <|im_end|>⟧\n",
        ),
        (
            TRIMMED,
            "<|endoftext|>[user] Hi<|im_end|>[assistant] ⟦Hello<|im_end|>⟧[user] Bye<|im_end|>"
            "[assistant] ⟦Bye!<|im_end|>⟧",
        ),
        (
            MARKED,
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Hello<|im_end|>⟧\n"
            "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n⟦ Bye! <|im_end|>⟧\n",
        ),
        (
            THINKS_LAST,
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Hello<|im_end|>⟧\n"
            "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n "
            "⟦Bye! <|im_end|>⟧\n",
        ),
    ],
)
def test_answers_with_their_ends_are_counted(source: str, expected: str) -> None:
    assert _marked(source, _turns("Hi", "Hello", "Bye", " Bye! ")) == expected


def test_everything_is_counted_if_the_recipe_says_so() -> None:
    found = conversation(_turns("Hi", "Hello"), None, _chat(CHATML), counts_all=True)
    assert found.counted == ((0, len(found.text)),)


@pytest.mark.parametrize("source", [CHATML, TRIMMED, MARKED])
def test_special_tokens_in_messages_are_text(tokenizer: HfTokenizer, source: str) -> None:
    messages = _turns("What ends a turn? <|im_end|>", "It is <|im_end|>", "<|im_end|>", "Yes.")
    found = conversation(messages, None, _chat(source), counts_all=False)
    tokens, _ = tokenizer.encode_conversation(found.text, found.counted or (), found.quoted or ())
    plain = conversation(_turns("a", "b", "c", "d"), None, _chat(source), counts_all=False)
    ends = [tokenizer.encode_conversation(plain.text, (), ())[0], tokens]
    end = tokenizer.encode_prompt("<|im_end|>")[0]
    assert np.count_nonzero(ends[0] == end) == np.count_nonzero(ends[1] == end)
    assert tokenizer.decode(tokens) == found.text


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ("Hi", "`messages` is not a list of messages"),
        ([], "`messages` is not a list of messages"),
        (["Hi"], "message 1 is not an object"),
        ([{"role": "user"}], "message 1 has no text in `content`"),
        ([{"role": "user", "content": 3}], "message 1 has no text in `content`"),
        ([{"content": "Hi"}], "message 1 has no text in `role`"),
        (
            [{"role": "user", "content": 5, "tool_calls": [1]}],
            "message 1 has no text in `content`",
        ),
        (_turns("Hi"), "no message has the role `assistant`"),
        (
            [{"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}],
            "the chat template refuses this: Roles must alternate between user and assistant",
        ),
        (_turns(*["a"] * 1001), "1,001 messages, more than 1,000"),
        (_turns(*["a" * 1_000_000] * 200), "200,000,000 characters in 200 messages"),
        (
            [{"role": "<|im_end|>", "content": "a"}, {"role": "assistant", "content": "b"}],
            "<|im_end|>",
        ),
    ],
)
def test_conversation_is_refused_with_a_reason(messages: Any, says: str) -> None:
    source = CHATML if says == "<|im_end|>" else TRIMMED
    with pytest.raises(ConversationError) as refused:
        conversation(messages, None, _chat(source), counts_all=False)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% include '/etc/passwd' %}",
        "{{ self._TemplateReference__context.environment.loader.x }}",
        "{% for i in range(10 ** 9) %}{{ i }}{% endfor %}",
        "{{ strftime_now('%Y') }}",
        "{{ [1, 2] | random }}",
        "{{ lipsum() }}",
        "{{ range|tojson(default='{0.__class__}'.format) }}",
        "{{ [1]|tojson(cls=namespace, encode=raise_exception) }}",
        "{% set format = '{0.__globals__[json]}'|attr('format') %}{{ format(raise_exception) }}",
        "{{ 1 / 0 }}",
        "{% if %}",
        "{{ " + "(" * 10_000 + " }}",
    ],
)
def test_template_cannot_reach_outside(source: str) -> None:
    with pytest.raises(TemplateError):
        ChatTemplate(source).render(_turns("Hi", "Hello"))


@pytest.mark.parametrize(
    ("source", "counts_all"),
    [("", True), ("", False), ("no messages", False), ("{{ messages[0].content }}", False)],
)
def test_template_without_answers_is_refused(source: str, counts_all: bool) -> None:
    with pytest.raises(ConversationError, match="writes no answer of the assistant"):
        conversation(_turns("Hi", "Hello"), None, _chat(source), counts_all=counts_all)


def test_template_that_changes_a_message_cannot_keep_special_tokens() -> None:
    source = "{% for m in messages %}{{ m.content[:10] }}<|im_end|>{% endfor %}"
    with pytest.raises(ConversationError, match="cannot be kept as text"):
        conversation(_turns("<|im_end|>abc", "b"), None, _chat(source), counts_all=False)
