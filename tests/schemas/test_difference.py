"""Differences between recipes, by their effect."""

from __future__ import annotations

from typing import Any

import pytest

from trainsmith_schemas.base import fields_of
from trainsmith_schemas.families.registry import all_families, reads
from trainsmith_schemas.meaning.difference import Settings, differences
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig


def _settings(
    recipe: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    digest: str | None = None,
    **training: Any,
) -> Settings:
    document = {"training_config": training, **(recipe or {})}
    return Settings(
        TrainingDocument.model_validate(document),
        TransformerConfig.model_validate(model or {}),
        digest,
    )


_LLAMA = {"model_type": "llama"}
_SCHEDULE = {"scheduler_config": {"max_lr": 0.5, "warmup_steps": 3}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_settings(max_steps=1000), _settings()),
        (_settings(eval_every=50), _settings(validation_frequency=50, eval_every=7)),
        (_settings(learning_rate=0.5), _settings(optimizer={"lr": 0.5}, learning_rate=0.1)),
        (_settings(weight_decay=0.5), _settings(optimizer={"weight_decay": 0.5})),
        (_settings(optimizer={"type": "MorehAdamW"}), _settings()),
        (_settings(optimizer={"momentum": 0.5}), _settings()),
        (_settings({"eval_config": {}}), _settings()),
        (
            _settings(use_clip_grad_norm=False, clip_grad_norm_max_norm=0.5),
            _settings(use_clip_grad_norm=False),
        ),
        (_settings(_SCHEDULE), _settings(_SCHEDULE, scheduler_type="warmup_linear")),
        (_settings(model={"theta": 2.0, "num_groups": 1}), _settings()),
        (_settings(model={**_LLAMA, "num_groups": 6}), _settings(model=_LLAMA)),
        (_settings(model={**_LLAMA, "intermediate_dim": 1024}), _settings(model=_LLAMA)),
        (_settings(model={**_LLAMA, "rope_scaling": {}}), _settings(model=_LLAMA)),
        (_settings(model_file="a.yaml"), _settings(model_file="b.yaml")),
        (_settings(data_path="a", digest="12"), _settings(data_path="b", digest="12")),
        (_settings(data_path="a", digest="12"), _settings(data_path="a")),
        (
            _settings(tokenizer_type="bpe", model={"model_path": "m", "vocab_size": 463}),
            _settings(model={"model_path": "m"}),
        ),
    ],
)
def test_same_effect_is_no_difference(one: Settings, other: Settings) -> None:
    assert differences([one, other]) == []


@pytest.mark.parametrize(
    ("one", "other", "what", "values"),
    [
        (
            _settings({"lora_config": {"r": 8, "target_modules": ["c_attn"]}}),
            _settings({"lora_config": {"r": 8, "use_rslora": True, "is_bias_trainable": True}}),
            "LoRA",
            [
                "r 8, lora_alpha 32, on c_attn",
                "r 8, lora_alpha 32, use_rslora, biases too, on all linear layers",
            ],
        ),
        (
            _settings({"lora_config": {}}),
            _settings(),
            "LoRA",
            ["r 128, lora_alpha 32, on all linear layers", "none, all weights are trained"],
        ),
        (
            _settings({"lora_config": {"lora_dropout": 0.1}}),
            _settings({"lora_config": {}}),
            "lora_dropout",
            ["0.1", "0"],
        ),
        (
            _settings(batch_size=8, gradient_accumulation_steps=4),
            _settings(batch_size=16, gradient_accumulation_steps=2),
            "effective batch",
            ["32 (8 × 4)", "32 (16 × 2)"],
        ),
        (
            _settings(learning_rate=1e-4),
            _settings(optimizer={"lr": 2e-5}),
            "learning rate",
            ["0.0001", "2e-05"],
        ),
        (
            _settings(num_epochs=3, max_steps=500),
            _settings(),
            "length",
            ["3 epochs or 500 steps", "1000 steps"],
        ),
        (
            _settings(),
            _settings(use_clip_grad_norm=False),
            "gradient clipping",
            ["1", "off"],
        ),
        (_settings(seed=1), _settings(seed=2), "seed", ["1", "2"]),
        (
            _settings(),
            _settings(scheduler_type="warmup_linear"),
            "schedule",
            ["constant", "warmup_linear"],
        ),
        (
            _settings(),
            _settings({"scheduler_config": {"warmup_steps": 100}}),
            "schedule",
            ["constant", "100 steps up, 0 held, down to 0"],
        ),
        (
            _settings(model={"dropout_prob": 0.0}),
            _settings(model={"dropout_prob": 0.1}),
            "dropout_prob",
            ["0", "0.1"],
        ),
        (
            _settings(data_path="a", digest="1" * 64),
            _settings(data_path="a", digest="2" * 64),
            "data",
            ["a (11111111)", "a (22222222)"],
        ),
        (
            _settings(data_path="a", digest="1" * 64),
            _settings(data_path="a", digest="2" * 64, tokenizer_type="bpe"),
            "tokenizer",
            ["char", "bpe"],
        ),
        (
            _settings(tokenizer_type="bpe"),
            _settings(model={"model_path": "base/final", "vocab_size": 463}),
            "first weights",
            ["random", "base/final"],
        ),
    ],
)
def test_one_difference(one: Settings, other: Settings, what: str, values: list[str]) -> None:
    (found,) = differences([one, other])
    assert (found.what, found.values, found.matters) == (what, values, True)


def test_differences_that_do_not_matter_come_last_and_are_marked() -> None:
    one = _settings({"eval_config": {"temperature": 1.0}}, checkpoint_frequency=5)
    other = _settings({"device_config": {"mesh_shape": [1, 2], "enable_ddp": True}}, seed=7)
    found = differences([one, other])
    assert [(difference.what, difference.matters) for difference in found] == [
        ("seed", True),
        ("checkpoint interval", False),
        ("devices", False),
        ("temperature", False),
    ]


def test_each_run_has_a_value() -> None:
    found = differences([_settings(seed=seed) for seed in (1, 1, 3)])
    assert [difference.values for difference in found] == [["1", "1", "3"]]


def test_keys_without_effect_show_as_not_used() -> None:
    sgd = _settings(model={**_LLAMA, "theta": 2.0}, optimizer={"type": "SGD", "momentum": 0.5})
    found = differences([_settings(), sgd, _settings(model=_LLAMA)])
    assert {difference.what: difference.values for difference in found} == {
        "optimizer": ["AdamW", "SGD, momentum 0.5", "AdamW"],
        "model_type": ["gpt2", "llama", "llama"],
        "theta": ["not used", "2", "500000"],
    }


_NAMES_OF_FILES = {"model_config", "model_type"}


@pytest.mark.parametrize("key", sorted(fields_of(TransformerConfig)))
def test_every_key_of_the_model_is_compared(key: str) -> None:
    facts = fields_of(TransformerConfig)[key]
    if facts.section:
        return
    base = TransformerConfig(model_type=next(f.name for f in all_families() if reads(f.name, key)))
    examples = [one.value for one in facts.examples if facts.item_type_text]
    value = examples[-1] if examples else _another(facts.choices, getattr(base, key))
    changed = base.model_copy(update={key: value})
    document = TrainingDocument()
    assert differences([Settings(document, base), Settings(document, changed)]), key


@pytest.mark.parametrize("key", sorted(set(fields_of(type(TrainingDocument().training_config)))))
def test_every_key_of_training_is_compared(key: str) -> None:
    base = TrainingDocument()
    facts = fields_of(type(base.training_config))[key]
    if facts.section or key in _NAMES_OF_FILES:
        return
    value = _another(facts.choices, getattr(base.training_config, key))
    training = base.training_config.model_copy(update={key: value})
    changed = base.model_copy(update={"training_config": training})
    model = TransformerConfig()
    assert differences([Settings(base, model), Settings(changed, model)]), key


def _another(choices: tuple[Any, ...], value: Any) -> Any:
    if choices:
        return next(choice for choice in choices if choice != value)
    return f"{value}x" if isinstance(value, str) else (value or 0) + 3
