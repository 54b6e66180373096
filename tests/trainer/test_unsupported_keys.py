"""The trainer reads every key, or `unsupported_keys.py` lists it with what happens instead."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from workspace import TEXT, Workspace

from trainsmith_schemas.base import Section, fields_of
from trainsmith_schemas.families.registry import which_do
from trainsmith_schemas.sections.documents import ModelDocument, TrainingDocument
from trainsmith_schemas.validation.validate import field_at
from trainsmith_trainer.config import unsupported_keys
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.run.training import run_training

# Recipe and model of each run. There are several, because one value can hide another.
_RUNS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "training_config": {
                "optimizer": {"type": "SGD", "momentum": 0.5},
                "validation_frequency": None,
                "checkpoint_frequency": None,
                "use_wandb": True,
                "use_tensorboard": True,
            },
            "scheduler_config": {},
        },
        {"model_type": "llama", "rope_scaling": {"scaling_factor": 2.0}},
    ),
    ({"training_config": {"optimizer": {"type": "AdamW", "lr": 0.001}}}, {"model_type": "gpt2"}),
    ({}, {"model_type": "gpt2"}),
    ({}, {"model_type": "qwen3", "head_dim": 4, "attention_bias": True}),
    (
        {},
        {
            "model_type": "smollm3",
            "rope_scaling": {
                "rope_type": "yarn",
                "scaling_factor": 2.0,
                "original_context_length": 8,
            },
        },
    ),
    ({}, {"model_type": "phi3"}),
    ({}, {"model_type": "gemma2"}),
    ({}, {"model_type": "gemma3_text"}),
    ({"training_config": {"optimizer": {"type": "Muon"}}}, {"model_type": "gpt2"}),
    (
        {
            "training_config": {"precision": "bf16", "optimizer": {"type": "AdamW"}},
            "device_config": {"backend": "numpy"},
        },
        {"model_type": "gpt2"},
    ),
    (
        {"training_config": {"data_path": "data.json", "columns": {"text": "content"}}},
        {"model_type": "gpt2"},
    ),
    ({"lora_config": {"r": 2, "is_bias_trainable": True}}, {"model_path": "base"}),
]
# What `load_config` reads, before reads are recorded.
_READ_WHILE_LOADING = {
    "training_config.data_path",
    "training_config.validation_path",
    "training_config.model_config",
    "training_config.model_type",
    "training_config.chat_template",
    "lora_config.adapter_path",
    "device_config",
    "device_config.mesh_shape",
    "device_config.enable_ddp",
    "device_config.enable_fsdp",
    "transformer_config",
}


def _all_keys() -> dict[str, tuple[type[Section], str]]:
    """Every full key, with its class and attribute."""
    keys: dict[str, tuple[type[Section], str]] = {}
    for document in (TrainingDocument, ModelDocument):
        for path in unsupported_keys.every_key(document):
            parent = _section(document, path[:-1])
            attributes = {info.alias or name: name for name, info in parent.model_fields.items()}
            keys[".".join(map(str, path))] = (parent, attributes[str(path[-1])])
    return keys


def _section(document: type[Section], path: tuple[Any, ...]) -> type[Section]:
    facts = field_at(document, path) if path else None
    return facts.section if facts and facts.section else document


def test_every_key_is_read_or_reported_unsupported(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    read: set[tuple[type[Section], str]] = set()
    plain = Section.__getattribute__

    def watch(section: Section, name: str) -> Any:
        read.add((type(section), name))
        return plain(section, name)

    workspace.write("data.json", json.dumps([{"content": TEXT[:12] + str(n)} for n in range(40)]))
    for recipe, model in _RUNS:
        training = {"max_steps": 2, **recipe.get("training_config", {})}
        workspace.write_recipe(**{**recipe, "training_config": training})
        workspace.write_model(**model)
        config = load_config(workspace.path / "training.yaml")
        with monkeypatch.context() as watching:
            watching.setattr(Section, "__getattribute__", watch)
            # A smoke run does everything except the notes, which would read every key to compare
            # the settings with those of an earlier run.
            assert run_training(config, None, smoke=True) == 0
        if model == {"model_type": "gpt2"} and not recipe:
            final = workspace.run_folder("training-smoke") / "final"
            shutil.copytree(final, workspace.path / "base")

    ignored = [
        key
        for key, place in _all_keys().items()
        if place not in read and key not in _READ_WHILE_LOADING and not _is_listed(key)
    ]
    assert ignored == []


def _is_listed(key: str) -> bool:
    """Whether `unsupported_keys.py` lists a key, or a section above it."""
    path = key.split(".")
    for end in range(1, len(path) + 1):
        if ".".join(path[:end]) in unsupported_keys.UNSUPPORTED_KEYS:
            return True
        for document in (TrainingDocument, ModelDocument):
            facts = field_at(document, tuple(path[:end]))
            if facts and "trainsmith" not in facts.read_by:
                return True
    return False


@pytest.mark.parametrize("key", list(unsupported_keys.UNSUPPORTED_KEYS))
def test_listed_keys_exist(key: str) -> None:
    section, name = _all_keys()[key]
    assert name in section.model_fields
    assert fields_of(section)


def test_field_without_effect_on_optimizer_is_warned_about(workspace: Workspace) -> None:
    optimizer = {"type": "SGD", "beta1": 0.8, "beta2": 0.999, "momentum": 0.9}
    workspace.write_recipe(training_config={"optimizer": optimizer})
    workspace.write_model()
    warnings = load_config(workspace.path / "training.yaml").warnings
    assert [warning.message for warning in warnings] == [
        "`beta1` is not acted on: the optimizer `SGD` does not have it; remove it"
    ]


def test_key_of_another_family_is_warned_about(workspace: Workspace) -> None:
    workspace.write_recipe()
    workspace.write_model(model_type="gpt2", num_groups=2, theta=500000.0)
    warnings = load_config(workspace.path / "training.yaml").warnings
    assert [(warning.code, warning.severity, warning.message) for warning in warnings] == [
        (
            "not-acted-on",
            "warning",
            "`num_groups` is not acted on: `gpt2` does not read it, "
            f"but {which_do('num_groups')}; remove it",
        )
    ]
