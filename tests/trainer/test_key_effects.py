"""Keys that affect training change the losses of two short runs that differ only in that key.

`test_unsupported_keys.py` shows that a key is read; a key that is stored but never used passes
there and fails here. To add a key, add a case.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

import pytest
from bf16 import pretend_bf16_units
from workspace import Workspace, make_workspace

from trainsmith_schemas.runs import events
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.run.training import run_training


@dataclass(frozen=True)
class Case:
    """The changes of one of the two runs to the small recipe of `workspace.py`."""

    shared: dict[str, Any] = field(default_factory=dict[str, Any])
    """Keys of the model in both runs: a family that reads the key of the case."""
    training: dict[str, Any] = field(default_factory=dict[str, Any])
    scheduler: dict[str, Any] = field(default_factory=dict[str, Any])
    model: dict[str, Any] = field(default_factory=dict[str, Any])
    lora: dict[str, Any] = field(default_factory=dict[str, Any])


_SCALED = {"rope_type": "yarn", "scaling_factor": 2.0, "original_context_length": 8}
_YARN = {**_SCALED, "original_context_length": 16}
CASES: dict[str, Case] = {
    "seed": Case(training={"seed": 7}),
    "batch_size": Case(training={"batch_size": 2}),
    "gradient_accumulation_steps": Case(training={"gradient_accumulation_steps": 2}),
    "learning_rate": Case(training={"learning_rate": 0.01}),
    "weight_decay": Case(training={"weight_decay": 1.0, "learning_rate": 0.001}),
    "use_clip_grad_norm": Case(
        training={"use_clip_grad_norm": True, "clip_grad_norm_max_norm": 0.01}
    ),
    "optimizer.type": Case(training={"optimizer": {"type": "SGD", "lr": 0.001}}),
    "precision": Case(training={"precision": "bf16"}),
    "sequence_length": Case(training={"sequence_length": 8}),
    "document_starts": Case(training={"document_starts": True}),
    "tokenizer_type": Case(training={"tokenizer_type": "bpe"}),
    "warmup_steps": Case(scheduler={"warmup_steps": 3}),
    "dropout_prob": Case(model={"dropout_prob": 0.0}),
    "num_blocks": Case(model={"num_blocks": 1}),
    "num_heads": Case(model={"num_heads": 2}),
    "head_dim": Case({"model_type": "llama"}, model={"head_dim": 4}),
    "attention_bias": Case({"model_type": "llama"}, model={"attention_bias": True}),
    "mlp_bias": Case({"model_type": "llama"}, model={"mlp_bias": True}),
    "rope_type": Case(
        {"model_type": "llama", "rope_scaling": _SCALED},
        model={"rope_scaling": {**_SCALED, "rope_type": "dynamic"}},
    ),
    **{
        key: Case(
            {"model_type": "llama", "theta": 10.0, "rope_scaling": _YARN},
            model={"rope_scaling": changed},
        )
        for key, changed in {
            "beta_fast": {**_YARN, "beta_fast": 1.2},
            "beta_slow": {**_YARN, "beta_slow": 0.2},
            "attention_factor": {**_YARN, "attention_factor": 1.5},
        }.items()
    },
    "no_rope_layers": Case({"model_type": "smollm3"}, model={"no_rope_layers": [0, 1]}),
    "partial_rotary_factor": Case({"model_type": "phi3"}, model={"partial_rotary_factor": 0.5}),
    **{
        key: Case({"model_type": "gemma2"}, model={key: value})
        for key, value in {
            "query_pre_attn_scalar": 2,
            "attn_logit_softcapping": 0.01,
            "final_logit_softcapping": 0.5,
        }.items()
    },
    "rope_local_base_freq": Case(
        {"model_type": "gemma3_text"}, model={"rope_local_base_freq": 10.0}
    ),
    "sliding_window": Case({"model_type": "mistral"}, model={"sliding_window": 3}),
    "layer_types": Case(
        {"model_type": "qwen2", "sliding_window": 3},
        model={"layer_types": ["sliding_attention", "full_attention"]},
    ),
}

LORA: dict[str, Any] = {"r": 4}
LORA_CASES: dict[str, dict[str, Any]] = {
    "r": {"r": 2},
    "lora_alpha": {"lora_alpha": 8.0},
    "lora_dropout": {"lora_dropout": 0.5},
    "is_bias_trainable": {"is_bias_trainable": True},
    "target_modules": {"target_modules": ["c_attn"]},
    "use_rslora": {"use_rslora": True},
    "adapter_path": {"adapter_path": "adapter"},
}
"""Keys of `lora_config`, compared with `LORA`; both runs start from the same pretrained model."""


def _losses(workspace: Workspace, name: str, case: Case) -> list[float]:
    named = {"scheduler_config": case.scheduler, "lora_config": case.lora}
    sections = {name: section for name, section in named.items() if section}
    runs = {"checkpoint_dir": str(workspace.path / "checkpoints")}
    workspace.write_recipe(training_config={**runs, **case.training}, **sections)
    workspace.write_model(**{**case.shared, **case.model})
    config = load_config(workspace.path / "training.yaml")
    assert run_training(config, name) == 0
    return [event.loss for event in workspace.events(name) if isinstance(event, events.Step)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of the unchanged recipe."""
    return _losses(make_workspace(tmp_path_factory.mktemp("plain")), "plain", Case())


@pytest.mark.parametrize("key", CASES)
def test_key_changes_losses(
    workspace: Workspace, plain: list[float], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    case = CASES[key]
    unchanged = _losses(workspace, "unchanged", Case(case.shared)) if case.shared else plain
    assert _losses(workspace, "changed", case) != unchanged


def test_same_recipe_has_same_losses(workspace: Workspace, plain: list[float]) -> None:
    assert _losses(workspace, "again", Case()) == plain


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[float]]:
    """A workspace with a pretrained model and an adapter of it, and the losses of that training."""
    workspace = make_workspace(tmp_path_factory.mktemp("adapted"))
    _losses(workspace, "base", Case())
    shutil.copytree(workspace.run_folder("base") / "final", workspace.path / "base")
    losses = _losses(workspace, "lora", Case(lora=LORA, model={"model_path": "base"}))
    shutil.copytree(workspace.run_folder("lora") / "final", workspace.path / "adapter")
    return workspace, losses


@pytest.mark.parametrize("key", LORA_CASES)
def test_key_of_lora_changes_losses(adapted: tuple[Workspace, list[float]], key: str) -> None:
    workspace, plain = adapted
    case = Case(lora={**LORA, **LORA_CASES[key]}, model={"model_path": "base"})
    assert _losses(workspace, key, case) != plain
