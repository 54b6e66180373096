"""A model learns a rule that needs the first token of a prompt, and answers unseen prompts.

A loss that falls does not show this: where prompts were cut, it fell too, and the answers were
chance. `benchmarks/learning` compares more rules and settings with a plain PyTorch loop.
"""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from workspace import Workspace

from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.hf.export import read_model

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LENGTH = 45


def _examples(count: int, seed: int) -> list[tuple[str, str]]:
    """Random letters, and whether the first one is in the first half of the alphabet."""
    chance = random.Random(seed)
    prompts = ("".join(chance.choices(LETTERS, k=LENGTH)) + "=" for _ in range(count))
    return [(prompt, "Y" if prompt[0] < "n" else "N") for prompt in prompts]


@pytest.mark.parametrize(
    ("family", "context", "packing"),
    [
        ("gpt2", LENGTH + 2, False),
        ("llama", LENGTH + 2, False),
        ("llama", 4 * (LENGTH + 2), True),
    ],
)
def test_a_rule_about_the_first_letter_is_learned(
    workspace: Workspace, family: str, context: int, packing: bool
) -> None:
    lines = (
        json.dumps({"prompt": prompt, "response": response})
        for prompt, response in _examples(4000, seed=0)
    )
    workspace.write("examples.jsonl", "\n".join(lines) + "\n")
    workspace.write_model(
        model_type=family, embedding_dim=64, max_sequence_length=context, dropout_prob=0.0
    )
    workspace.write_recipe(
        training_config={
            "data_path": "examples.jsonl",
            "packing": packing,
            "batch_size": 8 if packing else 32,
            "max_steps": 200,
            "validation_frequency": 1000,
            "checkpoint_frequency": 1000,
        }
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0, result.stderr
    config, weights, tokenizer = read_model(workspace.run_folder() / "final")
    unseen = _examples(200, seed=1)
    right = 0
    for prompt, response in unseen:
        logits = load_decoder(config, weights).read(tokenizer.encode_prompt(prompt))
        right += tokenizer.decode([int(np.argmax(logits))]) == response
    assert right / len(unseen) >= 0.99
