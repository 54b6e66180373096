"""`lr-too-high`: a learning rate at which training diverges."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning.learning_rate import UsualRate
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the learning rate with the usual one for this kind of training."""
    rate, usual = query.learning_rate(), query.usual_rate()
    if rate is None or usual is None or rate.value < usual.limit:
        return
    times = rate.value / usual.rate
    yield Violation(
        f"`{rate.key}` {number_text(rate.value)} is {times:,.3g} times {number_text(usual.rate)}, "
        f"a usual rate {usual.situation}: the loss may jump about or become NaN",
        rate.span,
        fixes=tuple(_fixes(query, rate, usual)),
    )


def _fixes(query: DocumentQuery, rate: Found[float], usual: UsualRate) -> Iterator[Fix]:
    key = f"Set `{rate.key}` to"
    if query.start() is not None or usual.rate > _ADAM_AT_MOST:
        text = number_text(usual.rate)
        yield rate.set_to(text, title=f"{key} {text}, usual {usual.situation}", preferred=True)
        return
    yield rate.set_to("0.0001", title=f"{key} 0.0001, the usual starting point", preferred=True)
    yield rate.set_to("5.0e-5", title=f"{key} 5.0e-5, a cautious choice")
    yield rate.set_to("0.0003", title=f"{key} 0.0003, for training from random weights")


_ADAM_AT_MOST = 1e-3
"""The highest usual rate with AdamW; the other optimizers use higher ones."""


RULE = Rule(
    code="lr-too-high",
    severity="warning",
    title="The learning rate is too high",
    docs="""\
The learning rate sets how far each step moves the weights. Adam moves every weight by about this
much at each step, so a rate that is ten times too high makes the loss jump about, or become NaN and
never recover; a pretrained model forgets in a few hundred steps what it has learned.

What is usual depends on the kind of training:

| training | usual | too high |
| --- | --- | --- |
| fine-tuning: the model file has a `model_path` | 0.0001 | 0.001 |
| LoRA | 0.0002 | 0.002 |
| from random weights, by the model's size | 0.001 (60 M parameters) to 0.00006 | ten times that |
| from random weights, size unknown | 0.001 | 0.01 |
| Muon | 0.02 | 0.2 |
| SGD | 0.1 | 10 |

The rates by size are those of GPT-3 (table 2.1), and nanoGPT's for the smallest models; Muon's is
its authors' default. The rule does not apply to other optimizers, or to models that are not
language models.

**When it is fine.** When you are looking for the highest rate that works.

**How to fix it.** Start fine-tuning at `0.0001`. If the loss is jumpy, use `5.0e-5`; if it barely
moves over the first 100 steps, use `0.0002`. For a small model that starts from random weights, use
`0.0003`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.01
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {type: AdamW, lr: 1e-2}
                """),
            good=block("""
                training_config:
                  optimizer: {type: AdamW, lr: 0.0001}
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {type: Muon, lr: 0.5}
                """),
            good=block("""
                training_config:
                  optimizer: {type: Muon, lr: 0.02}
                """),
        ),
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  learning_rate: 0.005
                  transformer_config: {model_path: base}
                lora_config: {r: 8}
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  learning_rate: 0.0002
                  transformer_config: {model_path: base}
                lora_config: {r: 8}
                """),
        ),
        Example(
            bad=block("""
                model_name: a/b
                training_type: lora
                use_tt: true
                learning_rate: 0.02
                """),
            good=block("""
                model_name: a/b
                training_type: lora
                use_tt: true
                learning_rate: 0.0002
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.001
            """),
        block("""
            training_config:
              optimizer: {lr: 0.005}
            """),
        block("""
            # trainsmith: profile=trainsmith
            training_config:
              learning_rate: 0.001
              transformer_config: {model_path: base}
            lora_config: {r: 8}
            """),
        block("""
            training_config:
              optimizer:
                type: SGD
                lr: 0.1
            """),
        block("""
            training_config:
              optimizer:
                type: Muon
                lr: 0.02
            """),
        # A classifier of digits: no language model, so nothing is known.
        block("""
            training_config:
              project_name: digits
              learning_rate: 0.1
              momentum: 0.9
              model_path: digits.bin
            """),
        block("""
            model_name: GraphNet
            dataset_id: links
            use_tt: true
            learning_rate: 0.01
            """),
        block("""
            training_config:
              learning_rate: 0.01
            scheduler_config:
              max_lr: 0.0003
            """),
        block("""
            training_config:
              learning_rate: fast
            """),
    ),
    check=check,
    documents=("training", "blacksmith"),
    with_model=True,
)
