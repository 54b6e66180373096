"""TRL's `SFTTrainer` with PEFT: one training, which writes a line of JSON after each step.

    PYTHON benchmarks/finetuning/sft.py JOB FOLDER VARIANT
    PYTHON benchmarks/finetuning/sft.py --first-adapter MODEL FOLDER

PYTHON needs what `requirements.txt` lists. A step reads exactly the conversations that the job
names, so that its loss can be compared. Everything else is TRL's own code. The variants:

- `defaults`: rows are padded and activations are recomputed, as TRL does by default;
- `padded` and `shuffled`: activations are kept;
- `padding_free`: activations are kept, and the conversations of a step are one row.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from datasets import load_dataset
from job import ALPHA, CLIP, RANK, WEIGHT_DECAY, Job, Variant
from peft import LoraConfig, PeftModel, get_peft_model
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

CONTENT = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
MARKED = (
    "{{'<|im_start|>' + message['role'] + '\n'}}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{message['content'] + '<|im_end|>'}}{% endgeneration %}"
    "{% else %}{{message['content'] + '<|im_end|>'}}{% endif %}{{'\n'}}"
)
"""The same text; TRL counts what is between the marks. It has marked templates of its own only for
models that it knows."""


class InGivenBatches(SFTTrainer):
    """Reads the conversations of each step that the job names."""

    def __init__(self, job: Job, *arguments: Any, **options: Any) -> None:
        self._job = job
        super().__init__(*arguments, **options)

    def get_train_dataloader(self) -> DataLoader[Any]:
        self._set_signature_columns_if_needed()
        dataset = self.train_dataset.select_columns(["input_ids", "labels"])
        loader = DataLoader(dataset, batch_sampler=self._job.batches, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)


class WriteSteps(TrainerCallback):
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def on_log(self, _arguments: Any, state: Any, _control: Any, logs: Any, **_: Any) -> None:
        if "loss" in logs:
            record = {
                "event": "step",
                "time": time.time(),
                "step": state.global_step,
                "loss": logs["loss"],
            }
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()


def load(model: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)


def tokenizer_of(model: str) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(model)
    marked = tokenizer.chat_template.replace(CONTENT, MARKED)
    if marked == tokenizer.chat_template:
        raise RuntimeError(f"the chat template of {model} is not the one that is expected")
    tokenizer.chat_template = marked
    return tokenizer


def write_first_adapter(model: str, folder: str) -> None:
    """Write LoRA's matrices as PEFT initialises them for all linear layers of the blocks."""
    torch.manual_seed(0)
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    get_peft_model(load(model), config).save_pretrained(folder)


def train(job: Job, folder: Path, variant: Variant) -> None:
    model = load(job.model)
    if job.adapter:
        model = PeftModel.from_pretrained(model, job.adapter, is_trainable=True)
    free = variant == "padding_free"
    config = SFTConfig(
        output_dir=str(folder / "trl"),
        max_steps=job.steps,
        learning_rate=job.learning_rate,
        lr_scheduler_type="constant",
        weight_decay=WEIGHT_DECAY,
        max_grad_norm=CLIP,
        assistant_only_loss=True,
        padding_free=free,
        max_length=None if free else 1024,
        gradient_checkpointing=variant == "defaults",
        logging_steps=1,
        logging_first_step=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        bf16=False,
        use_cpu=True,
    )
    trainer = InGivenBatches(
        job,
        model,
        config,
        train_dataset=load_dataset(
            "json", data_files=job.data, split="train", cache_dir=str(folder / "datasets")
        ),
        processing_class=tokenizer_of(job.model),
        callbacks=[WriteSteps(folder / "events.jsonl")],
    )
    counts = [
        {"tokens": len(row["input_ids"]), "counted": sum(each != -100 for each in row["labels"])}
        for row in trainer.train_dataset
    ]
    (folder / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    trainer.train()
    trainer.save_model(str(folder / "final"))


if __name__ == "__main__":
    if sys.argv[1] == "--first-adapter":
        write_first_adapter(*sys.argv[2:])
    else:
        train(Job.read(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3])  # pyright: ignore[reportArgumentType]
