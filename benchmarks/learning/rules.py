"""Compare how fast runs and a plain PyTorch loop learn rules that need the whole prompt.

    .venv/bin/python benchmarks/learning/rules.py [--rule NAME] [--quick]

For each rule and model, a plain loop trains on whole examples until it answers 99 % of unseen ones,
measured every 50 steps, with three seeds; the slowest counts, since one seed may be lucky. Then
real runs of `trainsmith train` take as many steps, with contexts of exactly the example, twice and
eight times it, packed and not, on one device and on two. The table has the steps of the loop, and
the accuracy of each run.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import yaml
from torch.nn import functional

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.backends.torch.models import build_model
from trainsmith_trainer.hf.export import read_model

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TRAINED, UNSEEN = 4000, 200
BATCH, RATE, MOST_STEPS, SEEDS = 32, 0.001, 3000, 3
MODEL = {"embedding_dim": 64, "num_blocks": 2, "num_heads": 4, "dropout_prob": 0.0}


@dataclass(frozen=True)
class Example:
    """A prompt, and the response that the rule gives."""

    prompt: str
    response: str


def first_letter(chance: random.Random) -> Example:
    """Whether the first of 45 letters is in the first half of the alphabet."""
    letters = "".join(chance.choices(LETTERS, k=45))
    return Example(letters + "=", "Y" if letters[0] < "n" else "N")


def word_at_the_start(chance: random.Random) -> Example:
    """Which of two words a text of 300 characters began with."""
    word = chance.choice(("yes", "not"))
    return Example(word + "".join(chance.choices(LETTERS + " ", k=296)) + "=", word[0].upper())


def last_of_three_turns(chance: random.Random) -> Example:
    """What the third of three speakers said; the turns before have other answers."""
    turns = [chance.choice("YN") for _ in range(3)]
    said = [
        f"{name}:{''.join(chance.choices(LETTERS, k=10))}{turn}\n"
        for name, turn in zip("ABC", turns, strict=True)
    ]
    return Example("".join(said) + "C=", turns[2])


RULES: dict[str, Callable[[random.Random], Example]] = {
    "first letter of 45": first_letter,
    "word at the start of 300": word_at_the_start,
    "last of three turns": last_of_three_turns,
}


def examples(rule: Callable[[random.Random], Example], count: int, seed: int) -> list[Example]:
    """Different examples of a rule."""
    chance, found = random.Random(seed), dict[str, Example]()
    while len(found) < count:
        one = rule(chance)
        found[one.prompt] = one
    return list(found.values())


def model_of(family: str, length: int, vocabulary: int) -> TransformerConfig:
    """The model that both sides train."""
    section = {
        **MODEL,
        "model_type": family,
        "max_sequence_length": length,
        "vocab_size": vocabulary,
    }
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def plain_loop(trained: list[Example], unseen: list[Example], family: str, seed: int) -> int:
    """Train a model on whole examples; returns the steps until 99 % of unseen ones are right."""
    characters = {
        c: at for at, c in enumerate(sorted({*"".join(e.prompt + e.response for e in trained)}))
    }

    end = len(characters)

    def encoded(several: list[Example]) -> torch.Tensor:
        texts = (one.prompt + one.response for one in several)
        return torch.tensor([[*(characters[each] for each in text), end] for text in texts])

    rows, checked = encoded(trained), encoded(unseen)
    torch.manual_seed(seed)
    model = build_model(model_of(family, rows.shape[1] - 1, end + 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    for step in range(1, MOST_STEPS + 1):
        chosen = rows[torch.randint(len(rows), (BATCH,))]
        logits = model(chosen[:, :-1])[:, -2:]  # The loss counts the response and the end.
        loss = functional.cross_entropy(logits.flatten(0, 1), chosen[:, -2:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            with torch.no_grad():
                answers = model(checked[:, :-2])[:, -1].argmax(1)
            if (answers == checked[:, -2]).float().mean() >= 0.99:
                return step
    return MOST_STEPS


def run(
    folder: Path,
    trained: list[Example],
    unseen: list[Example],
    family: str,
    steps: int,
    *,
    length: int,
    packing: bool,
    devices: int,
) -> float:
    """Train with `trainsmith train`; returns the accuracy on unseen examples."""
    lines = [json.dumps({"prompt": one.prompt, "response": one.response}) for one in trained]
    (folder / "examples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # A row of several examples counts as one sequence; a step reads as many examples either way.
    per_row = max(1, length // (len(trained[0].prompt) + 1)) if packing else 1
    training = {
        "data_path": "examples.jsonl",
        "model_config": "model.yaml",
        "validation_split": 0.0,
        "packing": packing,
        "batch_size": max(devices, BATCH // per_row),
        "max_steps": steps,
        "learning_rate": RATE,
        "validation_frequency": 100_000,
        "checkpoint_frequency": 100_000,
    }
    recipe: dict[str, object] = {"training_config": training}
    if devices > 1:
        recipe["device_config"] = {"mesh_shape": [1, devices], "enable_ddp": True}
    (folder / "training.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    shape = {**MODEL, "model_type": family, "max_sequence_length": length}
    (folder / "model.yaml").write_text(
        yaml.safe_dump({"transformer_config": shape}), encoding="utf-8"
    )
    command = [sys.executable, "-m", "trainsmith", "train", "training.yaml", "--name", "run"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    config, weights, tokenizer = read_model(folder / "checkpoints" / "run" / "final")
    right = 0
    for one in unseen:
        decoder = load_decoder(config, weights)
        token = int(
            np.argmax(decoder.read([*tokenizer.begin, *tokenizer.encode_prompt(one.prompt)]))
        )
        right += tokenizer.decode([token]) == one.response
    return right / len(unseen)


def settings(size: int, *, quick: bool) -> Iterator[tuple[int, bool, int]]:
    """Contexts, packing, devices."""
    if quick:
        yield size, False, 1
        yield 4 * size, True, 1
        return
    for times in (1, 2, 8):
        for packing in (False, True):
            yield times * size, packing, 1
    yield 2 * size, True, 2
    yield size, False, 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rule", choices=RULES)
    parser.add_argument("--family", choices=("gpt2", "llama"))
    parser.add_argument("--quick", action="store_true", help="two runs for each rule and model")
    chosen = parser.parse_args()
    for name, rule in RULES.items():
        if chosen.rule not in (None, name):
            continue
        trained, unseen = examples(rule, TRAINED, 0), examples(rule, UNSEEN, 1)
        size = len(trained[0].prompt) + 1
        for family in ("gpt2", "llama"):
            if chosen.family not in (None, family):
                continue
            steps = max(plain_loop(trained, unseen, family, seed) for seed in range(SEEDS))
            print(f"{name}, {family}: the plain loop needs {steps} steps", flush=True)
            for length, packing, devices in settings(size, quick=chosen.quick):
                with tempfile.TemporaryDirectory() as folder:
                    accuracy = run(
                        Path(folder),
                        trained,
                        unseen,
                        family,
                        steps,
                        length=length,
                        packing=packing,
                        devices=devices,
                    )
                how = "packed" if packing else "unpacked"
                print(f"  context {length}, {how}, devices {devices}: {accuracy:.3f}", flush=True)


if __name__ == "__main__":
    main()
