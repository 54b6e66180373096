"""The baseline's model under Lightning's Trainer, stopping after each turn."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.loggers import CSVLogger
from nanogpt import Gpt, written_tokens
from sequences import Sequences
from shapes import Shape
from turns import Turns


class Module(lightning.LightningModule):
    def __init__(self, model: Gpt) -> None:
        super().__init__()
        self.model = model

    def training_step(self, batch: dict[str, torch.Tensor], _: int) -> torch.Tensor:
        _logits, loss = self.model(batch["inputs"], batch["targets"])
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.model.optimizer()


class InTurns(lightning.Callback):
    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self._turns.step_done()


def main() -> None:
    shape = Shape.from_argument()
    turns = Turns()
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder))
        batches = torch.utils.data.DataLoader(
            Sequences(data, shape.length), batch_size=shape.batch, shuffle=True
        )
        trainer = lightning.Trainer(
            max_steps=1_000_000,
            accelerator="cpu",
            gradient_clip_val=1.0,
            # Every step's loss is written down, as the others do it.
            log_every_n_steps=1,
            logger=CSVLogger(folder),
            default_root_dir=folder,
            callbacks=[InTurns(turns)],
        )
        trainer.fit(Module(Gpt(shape, vocabulary)), batches)


if __name__ == "__main__":
    main()
