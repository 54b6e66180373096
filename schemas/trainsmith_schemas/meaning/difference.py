"""How recipes differ in effect. Several keys with one effect are one setting.

A batch of 8 × 4 and one of 16 × 2 are one difference, not two: the same effective batch, composed
differently. Keys without any effect, such as LLaMA's keys in a GPT-2, are not differences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from typing import Any

from trainsmith_schemas.base import Section, fields_of
from trainsmith_schemas.families.family import Distinction
from trainsmith_schemas.families.registry import all_families, family_of, reads
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.runs.reports import Difference
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig


@dataclass(frozen=True)
class Settings:
    """All settings of a run."""

    document: TrainingDocument
    model: TransformerConfig
    data_digest: str | None = None
    """The digest of the tokens, if known: a file may change and keep its name."""


@dataclass(frozen=True)
class _Meaning:
    what: str
    keys: tuple[str, ...]
    read: Callable[[Settings], str | None]
    """The value in words; `None` if the setting has no effect, which is not a difference."""
    matters: bool = True


def differences(settings: Sequence[Settings]) -> list[Difference]:
    """The differences between runs' settings, starting with those that matter.

    Args:
        settings: the settings of one or more runs; each difference has a value for each run.
    """
    digests = {one.data_digest for one in settings}
    if None in digests or len({_tokenizer(one) for one in settings}) > 1:
        # Different tokenizers give different digests for the same text.
        settings = [replace(one, data_digest=None) for one in settings]
    found = [
        difference
        for meaning in (*_MEANINGS, *_others())
        if (difference := _difference(meaning, settings))
        # The same tokens are the same data, whatever the name of the file.
        and not (meaning.read is _data and len(digests) == 1 and None not in digests)
    ]
    return sorted(found, key=lambda difference: not difference.matters)


def _difference(meaning: _Meaning, settings: Sequence[Settings]) -> Difference | None:
    values = [meaning.read(one) for one in settings]
    if len(set(values) - {None}) <= 1:
        return None
    return Difference(
        what=meaning.what,
        keys=list(meaning.keys),
        values=["not used" if value is None else value for value in values],
        matters=meaning.matters,
    )


def _training(key: str) -> str:
    return f"training_config.{key}"


def _effective_batch(settings: Settings) -> str:
    training = settings.document.training_config
    parts = f"{training.batch_size} × {training.gradient_accumulation_steps}"
    return f"{derived.effective_batch(training)} ({parts})"


def _data(settings: Settings) -> str:
    digest = f" ({settings.data_digest[:8]})" if settings.data_digest else ""
    written = settings.document.training_config.data_path
    named = ", ".join(written) if isinstance(written, list) else written
    return f"{named}{digest}"


def _tokenizer(settings: Settings) -> tuple[str | int | None, ...]:
    """Everything that determines the tokens besides the text."""
    training, model = settings.document.training_config, settings.model
    return training.tokenizer_type, training.tokenizer_path, model.vocab_size, model.model_path


def _tokens(settings: Settings) -> str | None:
    training = settings.document.training_config
    if training.tokenizer_path or not settings.model.model_path:
        return _text(training.tokenizer_path or training.tokenizer_type)
    return None  # The pretrained model has its own tokenizer.


def _vocabulary(settings: Settings) -> str | None:
    model = settings.model
    return None if model.model_path else str(model.vocab_size or "as many as there are")


def _length(settings: Settings) -> str:
    training = settings.document.training_config
    epochs = [f"{training.num_epochs} epochs"] if training.num_epochs else []
    steps = training.max_steps or (None if epochs else derived.DEFAULT_STEPS)
    return " or ".join(epochs + ([f"{steps} steps"] if steps else []))


def _schedule(settings: Settings) -> str:
    section = settings.document.scheduler_config
    if section:
        warm_up, hold = section.warmup_steps, section.hold_steps
        if section.decay == "none":
            return f"{warm_up} steps up, then constant"
        shape = "" if section.decay == "linear" else f", {section.decay}"
        return f"{warm_up} steps up, {hold} held, down to {_text(section.min_lr)}{shape}"
    if settings.document.training_config.scheduler_type == "warmup_linear":
        return "warmup_linear"
    return "constant"


def _clipping(settings: Settings) -> str:
    training = settings.document.training_config
    return _text(training.clip_grad_norm_max_norm) if training.use_clip_grad_norm else "off"


def _precision(settings: Settings) -> str:
    training = settings.document.training_config
    if training.precision == "fp32":
        # Kahan summation has no effect here, but a changed key should be visible.
        unused = [
            *(["Kahan summation"] if derived.carries_rounding(training) else []),
            *(["stochastic rounding"] if derived.rounds_at_random(training) else []),
        ]
        return f"fp32, {' and '.join(unused)} unused" if unused else "fp32"
    if training.optimizer and training.optimizer.type == "AdamWFullPrecision":
        return "bf16 with an fp32 copy"
    if derived.carries_rounding(training):
        return "bf16 with Kahan summation"
    return "bf16 with stochastic rounding" if derived.rounds_at_random(training) else "bf16"


def _lora(settings: Settings) -> str:
    lora = settings.document.lora_config
    if lora is None:
        return "none, all weights are trained"
    parts = (
        f"r {lora.r}",
        f"lora_alpha {_text(lora.lora_alpha)}",
        *(["use_rslora"] if lora.use_rslora else []),
        *(["biases too"] if lora.is_bias_trainable else []),
        f"on {', '.join(lora.target_modules or ['all linear layers'])}",
    )
    return ", ".join(parts)


def _devices(settings: Settings) -> str:
    device = settings.document.device_config
    together = ", gradients averaged" if device.enable_ddp else ""
    return f"{_text(device.mesh_shape)}{together}"


_KERNELS = {
    "MorehAdamW": "AdamW",
    "AdamWComposite": "AdamW",
    "AdamWFullPrecision": "AdamW",
    "SGDComposite": "SGD",
}
"""The optimizer that each type is in another kernel."""

_READ_BY_OPTIMIZER = {
    "AdamW": ("beta1", "beta2", "epsilon", "amsgrad"),
    "SGD": ("momentum", "dampening", "nesterov"),
    "Muon": ("beta1", "beta2", "epsilon", "momentum", "ns_steps"),
}


def _optimizer(settings: Settings) -> str:
    """The type, and its hyperparameters that are not at their default."""
    optimizer = settings.document.training_config.optimizer or OptimizerConfig()
    kind = _KERNELS.get(optimizer.type, optimizer.type)
    defaults = OptimizerConfig()
    changed = [
        f"{key} {_text(getattr(optimizer, key))}"
        for key in _READ_BY_OPTIMIZER.get(kind, ())
        if getattr(optimizer, key) not in (None, getattr(defaults, key))
    ]
    return ", ".join((kind, *changed))


def _of_families() -> Iterator[_Meaning]:
    """The settings of families that need more than comparing a key; families may share them."""
    shared = dict.fromkeys(one for family in all_families() for one in family.distinctions)
    for one in shared:
        yield _Meaning(one.what, (f"transformer_config.{one.key}",), partial(_distinct, one))


def _distinct(one: Distinction, settings: Settings) -> str | None:
    used = one in family_of(settings.model.model_type).distinctions
    return _text(one.read(settings.model)) if used else None


_MEANINGS: tuple[_Meaning, ...] = (
    _Meaning("data", (_training("data_path"),), _data),
    _Meaning("tokenizer", (_training("tokenizer_type"), _training("tokenizer_path")), _tokens),
    _Meaning("vocabulary", ("transformer_config.vocab_size",), _vocabulary),
    _Meaning(
        "first weights",
        ("transformer_config.model_path",),
        lambda settings: settings.model.model_path or "random",
    ),
    _Meaning(
        "learning rate",
        (_training("learning_rate"), _training("optimizer.lr"), "scheduler_config.max_lr"),
        lambda settings: _text(derived.base_learning_rate(settings.document)),
    ),
    _Meaning("schedule", (_training("scheduler_type"), "scheduler_config"), _schedule),
    _Meaning(
        "effective batch",
        (_training("batch_size"), _training("gradient_accumulation_steps")),
        _effective_batch,
    ),
    _Meaning("length", (_training("num_epochs"), _training("max_steps")), _length),
    _Meaning(
        "gradient clipping",
        (_training("use_clip_grad_norm"), _training("clip_grad_norm_max_norm")),
        _clipping,
    ),
    _Meaning(
        "optimizer",
        tuple(
            _training(f"optimizer.{key}")
            for key in ("type", *dict.fromkeys(chain(*_READ_BY_OPTIMIZER.values())))
        ),
        _optimizer,
    ),
    _Meaning(
        "weight decay",
        (_training("weight_decay"), _training("optimizer.weight_decay")),
        lambda settings: _text(derived.weight_decay(settings.document.training_config)),
    ),
    *_of_families(),
    _Meaning(
        "LoRA",
        tuple(
            f"lora_config.{key}"
            for key in ("r", "lora_alpha", "use_rslora", "is_bias_trainable", "target_modules")
        ),
        _lora,
    ),
    _Meaning(
        "validation interval",
        (_training("validation_frequency"), _training("eval_every")),
        lambda settings: str(derived.validation_interval(settings.document.training_config)),
        matters=False,
    ),
    _Meaning(
        "checkpoint interval",
        (
            _training("save_strategy"),
            _training("checkpoint_frequency"),
            _training("model_save_interval"),
        ),
        lambda settings: (
            "epoch"
            if settings.document.training_config.save_strategy == "epoch"
            else str(derived.checkpoint_interval(settings.document.training_config))
        ),
        matters=False,
    ),
    _Meaning(
        "precision",
        (
            _training("precision"),
            _training("use_kahan_summation"),
            _training("optimizer.kahan_summation"),
            _training("optimizer.stochastic_rounding"),
        ),
        _precision,
    ),
    _Meaning(
        "devices", ("device_config.mesh_shape", "device_config.enable_ddp"), _devices, matters=False
    ),
)

_COMPARED_ELSEWHERE = ("training_config.model_config", "training_config.model_type")
"""The contents of the model file are compared, not its name."""

_WITHOUT_INFLUENCE = (
    "device_config",
    "eval_config",
    "training_config.checkpoint_dir",
    "training_config.keep_last_n",
    "training_config.log_level",
    "training_config.use_moreh_adamw",
    "training_config.use_tensorboard",
    "training_config.use_wandb",
    "training_config.validation_batch_size",
    "training_config.wandb_project",
    "training_config.wandb_run_name",
    "transformer_config.runner_type",
)
"""Keys and sections that do not affect what the model learns."""


@cache
def _others() -> tuple[_Meaning, ...]:
    """All other keys, each compared by its value."""
    return (
        *_plain_keys(TrainingDocument, "", lambda settings: settings.document),
        *_plain_keys(TransformerConfig, "transformer_config.", lambda settings: settings.model),
    )


def _plain_keys(
    section: type[Section], prefix: str, holder: Callable[[Settings], Section]
) -> Iterator[_Meaning]:
    attributes = {info.alias or name: name for name, info in section.model_fields.items()}
    for facts in fields_of(section).values():
        key, attribute = f"{prefix}{facts.key}", attributes[facts.key]
        if key in _COVERED:
            continue
        if facts.section:
            inner = partial(_inner_section, holder, attribute, facts.section.model_construct())
            yield from _plain_keys(facts.section, f"{key}.", inner)
        else:
            ours = "trainsmith" in facts.read_by
            matters = ours and not _is_within(key, _WITHOUT_INFLUENCE)
            yield _Meaning(facts.key, (key,), partial(_plain_value, holder, attribute), matters)


def _inner_section(
    holder: Callable[[Settings], Section], attribute: str, absent: Section, settings: Settings
) -> Section:
    """A section, or its defaults if it is absent, which has the same effect."""
    return getattr(holder(settings), attribute) or absent


def _plain_value(
    holder: Callable[[Settings], Section], attribute: str, settings: Settings
) -> str | None:
    section = holder(settings)
    if isinstance(section, TransformerConfig) and not reads(section.model_type, attribute):
        return None
    value = getattr(section, attribute)
    return "none" if value is None else _text(value)


_COVERED = {key for meaning in _MEANINGS for key in meaning.keys} | {*_COMPARED_ELSEWHERE}


def _is_within(key: str, keys: Sequence[str]) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in keys)


def _text(value: Any) -> str:
    """A value in YAML's notation, on one line."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return json.dumps(value, ensure_ascii=False)
