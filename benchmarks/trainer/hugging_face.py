"""`transformers.Trainer` with its own GPT-2 of the same shape, stopping after each turn."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from nanogpt import written_tokens
from sequences import Sequences
from shapes import Shape
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments
from turns import Turns


class LabelledSequences(Sequences):
    """The model shifts the labels itself."""

    def __getitem__(self, start: int) -> dict[str, torch.Tensor]:
        inputs = super().__getitem__(start)["inputs"]
        return {"input_ids": inputs, "labels": inputs}


def model_of(shape: Shape, vocabulary: int) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=shape.length,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        activation_function="gelu",
        resid_pdrop=shape.dropout,
        embd_pdrop=shape.dropout,
        attn_pdrop=shape.dropout,
    )
    return GPT2LMHeadModel(config)


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
        )
        Trainer(
            model_of(shape, vocabulary),
            arguments,
            train_dataset=LabelledSequences(data, shape.length),
            callbacks=[InTurns(turns)],
        ).train()


if __name__ == "__main__":
    main()
