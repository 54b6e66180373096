"""Everything about a run that is fixed before its first step."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.difference import Settings
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.registry import LoadedBackend
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.data.batches import Batch, Sampler, validation_batches
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.errors import ResumeError
from trainsmith_trainer.hf.adapter_base import BASE_FILE, Digests, recorded_digests
from trainsmith_trainer.hf.chat_template import TEMPLATE_FILE
from trainsmith_trainer.run.corpus import read_corpus
from trainsmith_trainer.run.device_memory import refuse_beyond_device
from trainsmith_trainer.run.initial_weights import (
    base_digests,
    refuse_other_adapter,
    refuse_other_weights,
)
from trainsmith_trainer.run.learning_rate import Schedule, schedule_of
from trainsmith_trainer.run.model_size import refuse_oversized_model
from trainsmith_trainer.run.plan import Plan, plan_of, smoke_plan
from trainsmith_trainer.run.resume import ResumePlan, fresh_plan, refuse_another_model
from trainsmith_trainer.run_dir.checkpoint import Checkpoint
from trainsmith_trainer.run_dir.create import make_run_folder, make_smoke_folder


@dataclass(frozen=True)
class RunInputs:
    """What every rank of a run needs for its steps."""

    config: ResolvedConfig
    backend: LoadedBackend
    model: TransformerConfig
    """With its vocabulary size."""
    corpus: Corpus
    sampler: Sampler
    plan: Plan
    whole: Plan
    """The plan of the recipe itself; that of a smoke run is shorter."""
    smoke: bool
    schedule: Schedule

    @property
    def training(self) -> TrainingConfig:
        """The recipe's main section."""
        return self.config.document.training_config

    @property
    def devices(self) -> int:
        """How many ranks there are."""
        return derived.device_count(self.config.document)

    @property
    def shards(self) -> bool:
        """Whether each rank has a part of the parameters (FSDP)."""
        return self.config.document.device_config.enable_fsdp

    @property
    def lora(self) -> LoraConfig | None:
        """How LoRA adapts the model; without it, all weights are trained."""
        return self.config.document.lora_config

    @property
    def settings(self) -> Settings:
        """Every setting of the run."""
        return Settings(self.config.document, self.config.model, self.corpus.digest)

    @property
    def fingerprint(self) -> int:
        """Equal for two ranks with the same data and the same recipe."""
        # Not their `repr`: a test counts that as reading every key.
        settings = [part.model_dump_json() for part in (self.config.document, self.config.model)]
        parts = (self.corpus.digest, *settings, self.plan)
        return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:15], 16)

    @property
    def kept_ids(self) -> Mapping[str, Any]:
        """The special tokens of the pretrained model, unless the recipe names another tokenizer."""
        kept = self.config.pretrained if self.config.tokenizer is None else None
        return kept.special_tokens if kept else {}

    @property
    def companions(self) -> Mapping[str, bytes]:
        """The files that came with the tokenizer, unless the recipe names another tokenizer.

        A chat template that the recipe names replaces theirs.
        """
        kept = self.config.pretrained if self.config.tokenizer is None else None
        files = kept.companions if kept else {}
        template = self.corpus.chat_template if self.config.chat_template else None
        return {**files, TEMPLATE_FILE: template.source.encode()} if template else files

    @property
    def validation_batch(self) -> int:
        """Sequences in a batch of validation."""
        return self.training.validation_batch_size or self.training.batch_size

    def validation_batches(self) -> Iterator[Batch]:
        """The validation data in batches."""
        return validation_batches(
            self.corpus.validation_sequences,
            self.validation_batch,
            self.training.max_validation_tokens,
        )

    @property
    def validates(self) -> bool:
        """Whether there is any validation data."""
        return self.corpus.validates


@dataclass(frozen=True)
class Run:
    """Everything that is fixed before the first step, except the weights."""

    inputs: RunInputs
    folder: Path
    resume: ResumePlan
    base: Digests | None = None
    """The digests of the frozen weights; `None` without LoRA."""

    @property
    def resume_command(self) -> str | None:
        """The command that resumes the run; `None` for a smoke run."""
        if self.inputs.smoke:
            return None
        config = self.inputs.config
        words = ("trainsmith", "train", str(config.path), *config.options)
        return shlex.join((*words, "--resume", "--name", self.folder.name))


def read_inputs(config: ResolvedConfig, backend: LoadedBackend, *, smoke: bool) -> RunInputs:
    """Read the data, and fix the length of the run.

    Raises:
        RunError: the data does not fit the recipe, or the model exceeds the memory.
    """
    training = config.document.training_config
    corpus, model = read_corpus(config)
    refuse_oversized_model(model)
    refuse_beyond_device(backend, training, model)
    whole = plan_of(config.document, corpus.sequences)
    return RunInputs(
        config=config,
        backend=backend,
        model=model,
        corpus=corpus,
        sampler=Sampler(corpus.sequences, training.seed),
        plan=smoke_plan(whole) if smoke else whole,
        whole=whole,
        smoke=smoke,
        # A smoke run uses the learning rates of the run that it previews.
        schedule=schedule_of(config.document, whole.total_steps),
    )


def prepare(
    config: ResolvedConfig,
    name: str | None,
    backend: LoadedBackend,
    *,
    smoke: bool,
    resume: ResumePlan | None,
) -> Run:
    """Read the data, fix the length of the run, and create or find its folder.

    The arguments and errors are those of `run.run_training`.
    """
    parent = Path(config.document.training_config.checkpoint_dir)
    inputs = read_inputs(config, backend, smoke=smoke)
    plan = resume or fresh_plan(parent, config.path, smoke=smoke)
    # Even a run that continues needs the weights that LoRA leaves out of its checkpoints.
    base = base_digests(config.pretrained) if inputs.lora and config.pretrained else None
    if plan.checkpoint:
        _refuse_misfit(plan.checkpoint, inputs, base)
        if plan.finished and plan.step == inputs.whole.total_steps:
            raise ResumeError(
                f"the run {name or plan.checkpoint.path.parent.parent.name} has finished: "
                "raise max_steps or num_epochs to continue it"
            )
    elif config.pretrained:
        refuse_other_weights(config.pretrained, inputs.model)
        refuse_other_adapter(config, inputs.model)
    make_folder = make_smoke_folder if smoke else make_run_folder
    folder = plan.folder or make_folder(parent, config.path.stem, name)
    return Run(inputs, folder, plan, base)


def _refuse_misfit(checkpoint: Checkpoint, inputs: RunInputs, base: Digests | None) -> None:
    refuse_another_model(checkpoint, inputs.settings)
    if inputs.lora and recorded_digests(checkpoint.texts.get(BASE_FILE, b"")) != base:
        raise ResumeError(
            f"{checkpoint.path} was trained on other weights than those in `model_path`: "
            "name the folder that it was trained on, or start a new run without --resume"
        )
    written = checkpoint.texts.get("tokenizer.json")
    if written != inputs.corpus.tokenizer.files()["tokenizer.json"]:
        raise ResumeError(
            f"the data has a different vocabulary than that of {checkpoint.path}: "
            "train on the same text, or start a new run without --resume"
        )
    if checkpoint.state.step > inputs.whole.total_steps:
        raise ResumeError(
            f"{checkpoint.path} has taken {checkpoint.state.step} steps, and the recipe ends "
            f"after {inputs.whole.total_steps}: raise max_steps or num_epochs, or resume an "
            "earlier checkpoint"
        )
