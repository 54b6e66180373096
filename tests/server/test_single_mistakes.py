"""One mistake is one diagnostic: the table `cases/single_mistakes.txt`; add a line there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import CASES

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.lint.analyze import analyze

FINE = {
    "recipe": """\
training_config:
  seed: 42
  data_path: "text.txt"
  model_config: "model.yaml"
  batch_size: 8
  gradient_accumulation_steps: 4
  learning_rate: 0.0001
  max_steps: 500
  validation_frequency: 50
  checkpoint_frequency: 100
  checkpoint_dir: "checkpoints"

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]

""",
    "model": """\
transformer_config:
  model_type: "llama"
  num_heads: 8
  num_groups: 4
  embedding_dim: 256
  dropout_prob: 0.0
  num_blocks: 4
  vocab_size: 32000
  max_sequence_length: 256

""",
    "tt-train recipe": """\
# trainsmith: profile=tt-train
training_config:
  project_name: "tt_train_nano_gpt"
  seed: 5489
  batch_size: 64
  num_epochs: 1
  max_steps: 5000
  model_save_interval: 500
  model_config: "nanogpt.yaml"
  optimizer:
    type: AdamW
    lr: 0.0003

device_config:
  enable_ddp: true
  mesh_shape: [1, 2]

""",
    "tt-train model": """\
# trainsmith: profile=tt-train
transformer_config:
  model_type: "gpt2"
  num_heads: 6
  embedding_dim: 384
  num_blocks: 6
  vocab_size: 96
  max_sequence_length: 256

""",
}
FINE["tt-train llama"] = "# trainsmith: profile=tt-train\n" + FINE["model"]
"""The documents in which mistakes are made."""


def _mistakes() -> Iterator[object]:
    name = ""
    for row in (CASES / "single_mistakes.txt").read_text(encoding="utf-8").splitlines():
        if row.startswith("= "):
            name = row[2:]
        elif row and not row.startswith("#"):
            line, written, code = row.split(" | ")
            yield pytest.param(name, line, written, code, id=f"{name}: {written}")


def _with(text: str, line: str, written: str) -> str:
    """The text with another line, or with one at its end."""
    if line == "-":
        return text + written + "\n"
    [before] = [one for one in text.splitlines() if one.strip() == line]
    indent = before[: -len(line)]
    after = indent + written.replace("↵⇤", "\n").replace("↵", f"\n{indent}").replace("⇥", "\t")
    return text.replace(before, after)


@pytest.mark.parametrize("name", FINE)
def test_the_documents_are_fine(name: str):
    assert analyze(FINE[name]).diagnostics == ()


@pytest.mark.parametrize(("name", "line", "written", "code"), list(_mistakes()))
def test_a_mistake_is_found_once(name: str, line: str, written: str, code: str):
    text = _with(FINE[name], line, written)
    diagnostics = analyze(text).diagnostics
    assert [diagnostic.code for diagnostic in diagnostics] == ([] if code == "-" else [code])
    for diagnostic in diagnostics:
        for fix in diagnostic.fixes:
            assert len(analyze(apply_edits(text, fix.edits)).diagnostics) <= 1, fix.title
