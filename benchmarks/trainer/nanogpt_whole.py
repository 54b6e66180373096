"""The baseline as a whole run: 2,000 iterations, then the loss of the last tenth of the text."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nanogpt
import numpy as np
import shapes
import torch
from nanogpt import Gpt, random_batch, rate, written_tokens

ITERATIONS = 2000


def main() -> None:
    """Train on the text in the first argument with the seed in the second; print the loss."""
    # Both modules read the text by this name.
    nanogpt.TEXT = shapes.TEXT = Path(sys.argv[1])
    torch.manual_seed(int(sys.argv[2]))
    torch.set_num_threads(max(1, torch.get_num_threads()))
    shape = shapes.SMALL
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder))
        model = Gpt(shape, vocabulary)
        optimizer = model.optimizer()
        for step in range(ITERATIONS):
            for group in optimizer.param_groups:
                group["lr"] = rate(step)
            _, loss = model(*random_batch(data, shape))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
    print(validation_loss(model, shape))


@torch.no_grad()
def validation_loss(model: Gpt, shape: shapes.Shape) -> float:
    """The mean over consecutive windows of the last tenth, each token counted once."""
    text = nanogpt.TEXT.read_text(encoding="utf-8")
    characters = {character: index for index, character in enumerate(sorted(set(text)))}
    tokens = np.array([characters[character] for character in text[int(0.9 * len(text)) :]])
    whole = torch.from_numpy(tokens[: (len(tokens) - 1) // shape.length * shape.length + 1])
    inputs = whole[:-1].view(-1, shape.length)
    targets = whole[1:].view(-1, shape.length)
    model.eval()
    total = 0.0
    for rows, expected in zip(inputs.split(256), targets.split(256), strict=True):
        total += float(model(rows, expected)[1]) * len(rows)
    return total / len(inputs)


if __name__ == "__main__":
    main()
