"""The baseline as a whole run: 2,000 iterations, then the loss of the last tenth of the text."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from nanogpt import Gpt, random_batch, rate, written_tokens
from shapes import SMALL

ITERATIONS = 2000


def main() -> None:
    """Train on the text in the first argument with the seed in the second; print the loss."""
    text = Path(sys.argv[1])
    torch.manual_seed(int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder), text)
        model = Gpt(SMALL, vocabulary)
        optimizer = model.optimizer()
        for step in range(ITERATIONS):
            for group in optimizer.param_groups:
                group["lr"] = rate(step)
            _, loss = model(*random_batch(data, SMALL))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
    print(validation_loss(model, text))


@torch.no_grad()
def validation_loss(model: Gpt, source: Path) -> float:
    """The mean over consecutive windows of the last tenth, each token counted once."""
    text, length = source.read_text(encoding="utf-8"), SMALL.length
    characters = {character: index for index, character in enumerate(sorted(set(text)))}
    tokens = np.array([characters[character] for character in text[int(0.9 * len(text)) :]])
    whole = torch.from_numpy(tokens[: (len(tokens) - 1) // length * length + 1])
    inputs = whole[:-1].view(-1, length)
    targets = whole[1:].view(-1, length)
    model.eval()
    total = 0.0
    for rows, expected in zip(inputs.split(256), targets.split(256), strict=True):
        total += float(model(rows, expected)[1]) * len(rows)
    return total / len(inputs)


if __name__ == "__main__":
    main()
