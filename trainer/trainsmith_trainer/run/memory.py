"""Whether a run fits into the free memory, and the one change with which it would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.memory import Memory, peak_memory
from trainsmith_schemas.quantities import size
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.run.free_memory import Free, free_memory
from trainsmith_trainer.run.largest_batch import largest_passes

_ROOM = 2
"""A run that keeps freed memory takes up to so many times what it needs."""


@dataclass(frozen=True)
class Fit:
    """What a run needs on each device, and what is free."""

    needed: Memory
    free: Free | None
    sharing: int
    """How many ranks share the free memory."""
    advice: str = ""
    """What to change if it does not fit."""

    @property
    def fits(self) -> bool:
        """Whether there is enough memory, as far as it is known."""
        return self.free is None or self.needed.total * self.sharing <= self.free.size

    @property
    def is_scarce(self) -> bool:
        """Whether freed memory has to be returned to the system."""
        return self.free is not None and (_ROOM * self.needed.total * self.sharing > self.free.size)

    @property
    def free_text(self) -> str:
        """What is free, for people; empty if it is not known."""
        if self.free is None:
            return ""
        return f"{size(self.free.size)} of {'GPU memory' if self.free.on_gpu else 'memory'} free"

    @property
    def problem(self) -> str:
        """One sentence if it does not fit; otherwise empty."""
        if self.fits:
            return ""
        ranks = f" on each of {self.sharing} ranks" if self.sharing > 1 else ""
        return (
            f"the run needs about {size(self.needed.total)}{ranks}, and there are "
            f"{self.free_text}: {self.advice}"
        )


def fit_of(
    document: TrainingDocument,
    model: TransformerConfig,
    corpus: Corpus,
    steps: int,
    backend: str | None,
) -> Fit:
    """Estimate what a run needs, and compare it with what is free.

    Args:
        document: the recipe.
        model: the model's shape, with the size of its vocabulary.
        corpus: the data.
        steps: how many steps the run takes.
        backend: the name of the tensor library.
    """
    devices = derived.device_count(document)
    free = free_memory(backend, devices)
    on_gpu = free is not None and free.on_gpu
    sharing = 1 if on_gpu else devices

    def needed(document: TrainingDocument, model: TransformerConfig) -> Memory:
        passes = largest_passes(document, model, corpus, steps)
        found = peak_memory(document, model, *passes, gpu=on_gpu)
        assert found is not None  # Other families are refused while the recipe is loaded.
        return found

    fit = Fit(needed(document, model), free, sharing)
    if free is None or fit.fits:
        return fit
    advice = "no single change is enough; use a smaller model, or several of them: a smaller "
    advice += "`batch_size`, `runner_type: memory_efficient`, `precision: bf16`, `lora_config`"
    for change, changed, shape in _changes(document, model):
        total = needed(changed, shape).total
        if total * sharing <= free.size:
            advice = f"{change}, with which it needs about {size(total)}"
            break
    return Fit(fit.needed, free, sharing, advice)


def _changes(
    document: TrainingDocument, model: TransformerConfig
) -> Iterator[tuple[str, TrainingDocument, TransformerConfig]]:
    """Changes that lower the memory, each in words and as a changed recipe."""
    training, lora = document.training_config, document.lora_config
    batch = training.batch_size
    for smaller in (one for one in range(batch - 1, 0, -1) if batch % one == 0):
        steps = training.gradient_accumulation_steps * (batch // smaller)
        batches = {"batch_size": smaller, "gradient_accumulation_steps": steps}
        text = (
            f"set `batch_size` to {smaller} and `gradient_accumulation_steps` to {steps}, "
            "which leaves the effective batch as it is"
        )
        yield text, _with(document, batches), model
    if model.runner_type != "memory_efficient":
        sparing = model.model_copy(update={"runner_type": "memory_efficient"})
        yield "set `runner_type: memory_efficient` in the model file", document, sparing
    if training.precision == "fp32":
        yield "set `precision: bf16`", _with(document, {"precision": "bf16"}), model
    if model.model_path and lora is None:
        adapted = document.model_copy(update={"lora_config": LoraConfig()})
        yield "add `lora_config`, which trains small matrices only", adapted, model


def _with(document: TrainingDocument, values: Mapping[str, int | str]) -> TrainingDocument:
    training = document.training_config.model_copy(update=values)
    return document.model_copy(update={"training_config": training})
