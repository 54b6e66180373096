"""What a recipe may contain that training on a tape does not have, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.wording import listed
from trainsmith_trainer.backends.base import Unsupported
from trainsmith_trainer.backends.tape.models import FAMILIES
from trainsmith_trainer.backends.tape.optimizers import OPTIMIZERS
from trainsmith_trainer.errors import RunError

_STOCHASTIC = "training_config.optimizer.stochastic_rounding"
_INSTEAD = "use `--backend torch`"


def unsupported_by_tape(
    backend: str,
    model: TransformerConfig,
    training: TrainingConfig,
    lora: LoraConfig | None,
    devices: int,
) -> Iterator[Unsupported]:
    """What of a recipe such a backend refuses or does not act on.

    Args:
        backend: its name.
        model: the model's shape.
        training: how it is trained.
        lora: how LoRA adapts the model, if the recipe says so.
        devices: how many the recipe asks for.
    """
    yield from _family(backend, model)
    optimizer = training.optimizer or OptimizerConfig()
    if optimizer.type not in OPTIMIZERS:
        message = f"the backend `{backend}` does not have the optimizer `{optimizer.type}`: write "
        known = listed((f"`{one}`" for one in ("AdamW", "SGD")), "or")
        yield _error("training_config.optimizer.type", f"{message}{known}, or {_INSTEAD}")
    if lora is not None:
        message = f"the backend `{backend}` does not have LoRA: remove `lora_config`, or {_INSTEAD}"
        yield _error("lora_config", message)
    if devices > 1:
        message = f"the backend `{backend}` computes on one device, and `mesh_shape` asks for "
        yield _error("device_config.mesh_shape", f"{message}{devices}: write [1, 1], or {_INSTEAD}")
    yield from _roundings(backend, training)
    if training.compile:
        message = "`compile` has no effect: only the backend `torch` compiles"
        yield Unsupported("training_config.compile", "warning", message)
    if training.tf32:
        message = "`tf32` has no effect: only NVIDIA GPUs have it"
        yield Unsupported("training_config.tf32", "warning", message)


def _roundings(backend: str, training: TrainingConfig) -> Iterator[Unsupported]:
    """Ways to round that have no effect."""
    flat = training.use_kahan_summation
    kahan = f"training_config.{'use_kahan_summation' if flat else 'optimizer.kahan_summation'}"
    carries, at_random = derived.carries_rounding(training), derived.rounds_at_random(training)
    exact = f"with the backend `{backend}` and `precision: {training.precision}`, weights are fp32"
    if training.precision == "bf16":
        if carries and at_random:
            message = "`stochastic_rounding` has no effect with Kahan summation: remove one of them"
            yield Unsupported(_STOCHASTIC, "warning", message)
        return
    if carries:
        message = f"{exact}, so Kahan summation has no bfloat16 rounding to carry"
        yield Unsupported(kahan, "warning", message)
    if at_random:
        message = f"{exact}, so `stochastic_rounding` has nothing to round"
        yield Unsupported(_STOCHASTIC, "warning", message)


def refuse_unsupported(
    backend: str,
    model: TransformerConfig,
    training: TrainingConfig,
    lora: LoraConfig | None = None,
    devices: int = 1,
) -> None:
    """Refuse what `unsupported_by_tape` returns as an error; it has the same arguments.

    Raises:
        RunError: with the first of them.
    """
    for found in unsupported_by_tape(backend, model, training, lora, devices):
        if found.severity == "error":
            raise RunError(found.message, config_path=found.key)


def refuse_family(backend: str, model: TransformerConfig) -> None:
    """Refuse a family without layers here.

    Raises:
        RunError: with the families that there are.
    """
    for found in _family(backend, model):
        raise RunError(found.message, config_path=found.key)


def _family(backend: str, model: TransformerConfig) -> Iterator[Unsupported]:
    if model.model_type not in FAMILIES:
        known = listed(f"`{one}`" for one in FAMILIES)
        yield _error(
            "transformer_config.model_type",
            f"the backend `{backend}` has no layers for `model_type` {model.model_type}: it has "
            f"those of {known}; {_INSTEAD}",
        )


def _error(key: str, message: str) -> Unsupported:
    return Unsupported(key, "error", message)
