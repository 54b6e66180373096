"""Training on JSONL examples: the loss counts only the responses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast
from workspace import MODEL, Workspace

from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch, Position, Sampler
from trainsmith_trainer.data.tokens import END
from trainsmith_trainer.run.corpus import read_corpus

EXAMPLES = "".join(
    json.dumps({"prompt": f"{a}+{b}=", "response": str(a + b)}) + "\n"
    for a in range(10)
    for b in range(10)
)


def test_loss_is_mean_over_counted_tokens() -> None:
    section = {**MODEL, "vocab_size": 11, "dropout_prob": 0.0}
    model = ModelDocument.model_validate({"transformer_config": section}).transformer_config
    backend = TorchBackend(model, TrainingConfig())
    window = np.random.default_rng(0).integers(0, 11, (4, 17))
    targets = window[:, 1:].copy()
    expected: list[float] = []
    for row, counted in enumerate(([], [3], [0, 7, 9], range(16))):
        targets[row, [at for at in range(16) if at not in counted]] = IGNORE_INDEX
        for at in counted:
            logits = backend.decoder().read(window[row, : at + 1].tolist()).astype(np.float64)
            expected.append(np.logaddexp.reduce(logits) - logits[window[row, at + 1]])
    inputs = window[:, :-1]
    # The parts have none, one, three and sixteen such tokens: a mean of means would be another.
    parts = [Batch(inputs[row : row + 1], targets[row : row + 1]) for row in range(4)]
    assert backend.gradient(parts).loss == pytest.approx(np.mean(expected), rel=1e-5)
    assert backend.loss(parts) == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.parametrize("packing", [False, True])
def test_counted_tokens_are_those_that_an_epoch_counts(workspace: Workspace, packing: bool) -> None:
    workspace.write("examples.jsonl", EXAMPLES + json.dumps({"prompt": "", "response": "12"}))
    training = {"data_path": "examples.jsonl", "train_on_inputs": True, "packing": packing}
    workspace.write_recipe(training_config={**training, "validation_split": 0.0})
    corpus, _ = read_corpus(load_config(workspace.path / "training.yaml"))
    batch, _ = Sampler(corpus.sequences, 1).take(Position(), len(corpus.sequences))
    assert batch.tokens == corpus.training.targets


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_run_on_jsonl_examples(workspace: Workspace, kind: str) -> None:
    workspace.write("examples.jsonl", EXAMPLES + "no example\n")
    training: dict[str, Any] = {"data_path": "*.jsonl", "tokenizer_type": kind}
    workspace.write_recipe(training_config={**training, "skip_bad_lines": True})
    workspace.write_model(dropout_prob=0.0)
    assert workspace.command("train", "training.yaml").returncode == 0
    said = workspace.events()
    (warned,) = [event for event in said if isinstance(event, events.Warned)]
    assert warned.message.startswith("1 line was left out of examples.jsonl; the first is examples")
    assert warned.config_path == "training_config.data_path"
    samples = [event for event in said if isinstance(event, events.Sample)]
    assert samples[0].prompt in ("9+0=", "9+1="), "the first example that is set aside"
    assert END not in samples[0].text

    final = workspace.run_folder() / "final"
    theirs: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(final)
    assert theirs.eos_token == END
    config = json.loads((final / "config.json").read_text(encoding="utf-8"))
    assert config["eos_token_id"] == theirs.eos_token_id == theirs.encode(f"1+2=3{END}")[-1]

    # The same on two devices, since each counts what all of them count.
    two = {"mesh_shape": [1, 2], "enable_ddp": True}
    workspace.write_recipe(training_config={**training, "skip_bad_lines": True}, device_config=two)
    assert workspace.command("train", "training.yaml", "--name", "two").returncode == 0
    losses = [
        [event.loss for event in workspace.events(name) if isinstance(event, kinds)]
        for name in ("training-001", "two")
        for kinds in ((events.Step, events.Validation),)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_named_tokenizer_is_exported_with_model(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"tokenizer_type": "bpe", "max_steps": 1})
    workspace.write_model(vocab_size=300)
    assert workspace.command("train", "training.yaml", "--name", "first").returncode == 0
    learned = (workspace.run_folder("first") / "final" / "tokenizer.json").read_bytes()
    (workspace.path / "own.json").write_bytes(learned)
    workspace.write("text.txt", "To be, never seen: żółw. " * 30)
    workspace.write_recipe(training_config={"tokenizer_path": "own.json", "max_steps": 1})
    assert workspace.command("train", "training.yaml", "--name", "second").returncode == 0
    second = workspace.run_folder("second") / "final" / "tokenizer.json"
    assert second.read_bytes() == learned
    workspace.write_model(vocab_size=256)
    said = workspace.command("train", "training.yaml").stderr
    assert "model.yaml:" in said
    assert "`vocab_size` is 256, and there are 297 tokens" in said


def test_packing_changes_neither_loss_nor_what_is_read(workspace: Workspace) -> None:
    workspace.write("examples.jsonl", EXAMPLES)
    workspace.write_model(dropout_prob=0.0, max_sequence_length=64)
    losses: list[float] = []
    for name, packing in (("apart", False), ("packed", True)):
        workspace.write_recipe(
            training_config={
                "data_path": "examples.jsonl",
                "batch_size": 100,
                "packing": packing,
                "num_epochs": 1,
            }
        )
        result = workspace.command("train", "training.yaml", "--name", name)
        assert result.returncode == 0, result.stderr
        said = workspace.events(name)
        (step,) = [event for event in said if isinstance(event, events.Step)]
        (validation,) = [event for event in said if isinstance(event, events.Validation)]
        losses += [step.loss, validation.loss]
    # One step reads all examples, and each row has several of them if they are packed.
    assert losses[2:] == pytest.approx(losses[:2], rel=1e-5)


@pytest.mark.parametrize(
    ("overlong", "code", "says"),
    [
        ("error", 1, "1 of 91 examples is longer than the 16 tokens"),
        ("truncate_prompt", 0, "in examples.jsonl:1: their prompts lose the first tokens"),
        ("skip", 0, "in examples.jsonl:1: left out"),
    ],
)
def test_long_examples_are_reported_before_the_run(
    workspace: Workspace, overlong: str, code: int, says: str
) -> None:
    long = json.dumps({"prompt": "1+" * 20 + "=", "response": "20"}) + "\n"
    workspace.write("examples.jsonl", long + EXAMPLES)
    workspace.write_recipe(training_config={"data_path": "examples.jsonl", "overlong": overlong})
    result = workspace.command("train", "training.yaml", "--dry-run")
    assert result.returncode == code, result.stdout
    assert says in result.stdout + result.stderr
