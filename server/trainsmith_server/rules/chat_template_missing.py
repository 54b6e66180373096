"""`chat-template-missing`: conversations for a model that has no chat template."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a column of messages beside random weights and no `chat_template`."""
    messages, columns = (query.key(f"training_config.columns{key}") for key in (".messages", ""))
    if messages is None or columns is None or query.profile.name != "trainsmith":
        return
    inline = query.has("training_config.transformer_config")
    is_random = query.start() == "random" or (inline and query.start() is None)
    named = ("training_config.chat_template", "training_config.tokenizer_path")
    if not is_random or any(map(query.has, named)):
        return
    line = "chat_template: chat_template.jinja"
    yield Violation(
        "A model with random weights has no chat template, which `messages` need: name one in "
        "`chat_template`",
        messages.span,
        fixes=(query.editor.add_after(columns, line, title=f"Add `{line}`"),),
    )


RULE = Rule(
    code="chat-template-missing",
    severity="error",
    title="Conversations need a chat template",
    docs="""\
A chat template writes the messages of a conversation as one text. It comes with a pretrained model
or with its tokenizer. A model that starts from random weights has none, so Trainsmith's trainer
stops before the run begins.

**When it is fine.** Never.

**How to fix it.** Write a template in Jinja, and name its file in `chat_template`. Or start from a
model with a template: write `model_path` in the model file.
""",
    examples=(
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  data_path: talks.jsonl
                  columns: {messages: talk}
                  transformer_config: {num_blocks: 2}
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  data_path: talks.jsonl
                  columns: {messages: talk}
                  chat_template: chat_template.jinja
                  transformer_config: {num_blocks: 2}
                """),
        ),
    ),
    fine=(
        block("""
            # trainsmith: profile=trainsmith
            training_config:
              data_path: talks.jsonl
              columns: {messages: talk}
              transformer_config: {model_path: base}
            """),
        block("""
            training_config:
              data_path: talks.jsonl
              columns: {messages: talk}
              model_config: model.yaml
            """),
        block("""
            training_config:
              data_path: sums.jsonl
              columns: {prompt: question, response: answer}
              model_config: model.yaml
            """),
    ),
    check=check,
    with_model=True,
)
