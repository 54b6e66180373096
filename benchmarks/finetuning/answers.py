"""Count the held-out questions that a model answers exactly right, by greedy generation.

    .venv/bin/python benchmarks/finetuning/answers.py MODEL [COUNT]

MODEL is a model's folder, or an adapter's, of either trainer. It prints JSON: the number of right
answers, and the first questions with the model's answers. COUNT limits the questions.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from facts import Question, questions

from trainsmith_trainer.backends.registry import choose_backend
from trainsmith_trainer.generation.chat import Conversation
from trainsmith_trainer.generation.model import LoadedModel, load_model
from trainsmith_trainer.generation.sampling import Sampling

LONGEST = 24
"""The most tokens of an answer; the right ones are shorter."""
SHOWN = 3


def answer(model: LoadedModel, question: Question) -> str:
    conversation = Conversation(model, Sampling(), LONGEST, np.random.default_rng(0), [])
    return "".join(conversation.answer(question.text)).strip()


def main() -> None:
    model = load_model(Path(sys.argv[1]), choose_backend("auto", "generate").module)
    asked = questions()[1][: int(sys.argv[2]) if len(sys.argv) > 2 else None]
    answers = [answer(model, question) for question in asked]
    right = sum(given == each.answer for given, each in zip(answers, asked, strict=True))
    shown = [
        {"question": each.text, "answer": given, "right": each.answer}
        for given, each in zip(answers[:SHOWN], asked, strict=False)
    ]
    print(json.dumps({"right": right, "of": len(asked), "first": shown}))


if __name__ == "__main__":
    main()
