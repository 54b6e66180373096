"""`data-path-missing`: a recipe without data."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_OTHER_LIBRARY = "training_config.use_moreh_adamw"
"""An optimizer of tt-metal; recipes with it are often for trainers that have their own data."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a recipe with a model and a length but without data."""
    model = query.key("training_config.model_config")
    length = query.has("training_config.max_steps") or query.has("training_config.num_epochs")
    if query.profile.name != "trainsmith" or model is None or not length:
        return
    if query.mentions("training_config.data_path") or query.has(_OTHER_LIBRARY):
        return
    line = 'data_path: "data/text.txt"'
    yield Violation(
        "the recipe names no data: add `data_path`, the path of a text, or pass `--data`",
        model.span,
        fixes=(query.editor.add_after(model, line, title=f"Add `{line}`", preferred=True),),
    )


RULE = Rule(
    code="data-path-missing",
    severity="information",
    title="The recipe names no data",
    docs="""\
`data_path` is the data that a run trains on: a file, a pattern, or a list of them. Trainsmith's
trainer does not start without data. Other trainers get it from the command line, so the rule does
not apply to their recipes.

**When it is fine.** If every run gets its text with `--data`, and in snippets. The rule applies
only to recipes that name a model and say how long to train.

**How to fix it.** Add the path. It is looked up beside the recipe first, then in the working
directory.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  model_config: model.yaml
                  max_steps: 500
                """),
            good=block("""
                training_config:
                  model_config: model.yaml
                  data_path: "data/text.txt"
                  max_steps: 500
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              model_config: m.yaml
              max_steps: 5
              data_path: [a.txt, b/*.txt]
            """),
        block("""
            training_config:
              model_config: model.yaml
            """),
        block("""
            training_config:
              batch_size: 8
              max_steps: 500
            """),
        block("""
            training_config:
              model_config: m.yaml
              max_steps: 5
              use_moreh_adamw: true
            """),
        block("""
            # trainsmith: profile=tt-train
            training_config:
              model_config: m.yaml
              max_steps: 5
            """),
    ),
    check=check,
)
