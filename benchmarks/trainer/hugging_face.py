"""The baseline's model under `transformers.Trainer`, stopping after each turn."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nanogpt import Gpt, written_tokens
from shapes import Shape
from transformers import Trainer, TrainerCallback, TrainingArguments
from turns import Turns


class Sequences(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """Every place at which a sequence may begin."""

    def __init__(self, path: Path, length: int) -> None:
        self._tokens = np.memmap(path, dtype=np.uint16, mode="r")
        self._length = length

    def __len__(self) -> int:
        return len(self._tokens) - self._length

    def __getitem__(self, start: int) -> dict[str, torch.Tensor]:
        window = self._tokens[start : start + self._length + 1].astype(np.int64)
        return {
            "input_ids": torch.from_numpy(window[:-1]),
            "labels": torch.from_numpy(window[1:]),
        }


class WithLoss(torch.nn.Module):
    """Answers as the Trainer expects it."""

    def __init__(self, model: Gpt) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        logits, loss = self.model(input_ids, labels)
        return {"loss": loss, "logits": logits}


class InTurns(TrainerCallback):
    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self._turns.step_done()


def main() -> None:
    shape = Shape.from_argument()
    turns = Turns()
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder))
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=shape.batch,
            max_steps=1_000_000,
            learning_rate=1e-3,
            weight_decay=0.1,
            adam_beta2=0.99,
            max_grad_norm=1.0,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
        )
        Trainer(
            WithLoss(Gpt(shape, vocabulary)),
            arguments,
            train_dataset=Sequences(data, shape.length),
            callbacks=[InTurns(turns)],
        ).train()


if __name__ == "__main__":
    main()
