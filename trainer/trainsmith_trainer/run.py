"""One run, from a resolved config to a finished folder."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from trainsmith_schemas import events
from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.training import TrainingConfig
from trainsmith_trainer.backends import open_backend
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.checkpoint import State, checkpoints_in, keep_last, save_checkpoint
from trainsmith_trainer.config import ResolvedConfig
from trainsmith_trainer.data.batches import Sampler, validation_batches
from trainsmith_trainer.data.text import Corpus, load_corpus
from trainsmith_trainer.export import model_files
from trainsmith_trainer.files import write_file, write_folder
from trainsmith_trainer.folder import CHECKPOINTS, FINAL, make_run_folder, make_smoke_folder
from trainsmith_trainer.loop import Emit, Progress, Surroundings, train
from trainsmith_trainer.plan import Plan, cautions, plan_of, smoke_plan
from trainsmith_trainer.problems import RunError
from trainsmith_trainer.report import open_report
from trainsmith_trainer.report.snapshot import resolved_yaml
from trainsmith_trainer.sampling import Sampling, write
from trainsmith_trainer.schedule import Schedule, schedule_of
from trainsmith_trainer.stopping import StopRequest, stop_on_signals
from trainsmith_trainer.vocabulary import with_vocabulary

_PROMPT_TOKENS = 32
_SAMPLE_TOKENS = 200


@dataclass(frozen=True)
class Run:
    """Everything that is fixed before the first step, save the weights."""

    folder: Path
    config: ResolvedConfig
    model: TransformerConfig
    """With the vocabulary's size."""
    corpus: Corpus
    sampler: Sampler
    plan: Plan
    whole: Plan
    """The plan of the recipe itself; a smoke run's own is shorter."""
    smoke: bool
    schedule: Schedule

    @property
    def training(self) -> TrainingConfig:
        """The recipe's main section."""
        return self.config.document.training_config


def run_training(config: ResolvedConfig, name: str | None, *, smoke: bool = False) -> int:
    """Train as a config says, in a folder of its own.

    Args:
        config: the recipe.
        name: the run's name, if the user wants a certain one.
        smoke: take a few steps only, with everything that happens in a run.

    Returns:
        The exit code: 0, or 1 for a run that failed, or 128 and the signal that stopped it.

    Raises:
        RunError: the data does not suit the recipe; there is no folder then.
        RunNameError: the name is taken.
    """
    run = prepare(config, name, smoke=smoke)
    with stop_on_signals() as stop, open_report(run.folder, run.training.log_level) as emit:
        steps_taken = 0

        def emit_and_count(event: events.Event) -> None:
            nonlocal steps_taken
            steps_taken = event.step if isinstance(event, events.Step) else steps_taken
            emit(event)

        try:
            return _run(run, emit_and_count, stop)
        except RunError as error:
            emit(_failed(run, steps_taken, error))
        except OSError as error:
            emit(_failed(run, steps_taken, RunError(f"{error.filename}: {error.strerror}")))
        except Exception as error:
            with (run.folder / "training.log").open("a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
            unexpected = RunError(
                f"{type(error).__name__}: {error}",
                advice="this should not happen; training.log has the details",
            )
            emit(_failed(run, steps_taken, unexpected))
        return 1


def prepare(config: ResolvedConfig, name: str | None, *, smoke: bool) -> Run:
    """Read the data, fix the length of the run, and make its folder."""
    training = config.document.training_config
    length = config.model.max_sequence_length
    corpus = load_corpus(
        config.data, validation_split=training.validation_split, sequence_length=length
    )
    model = with_vocabulary(config.model, corpus.tokenizer.vocab_size)
    sampler = Sampler(corpus.training, length, training.seed)
    whole = plan_of(config.document, sequences=sampler.sequences, length=length)
    make_folder = make_smoke_folder if smoke else make_run_folder
    folder = make_folder(Path(training.checkpoint_dir), config.path.stem, name)
    return Run(
        folder=folder,
        config=config,
        model=model,
        corpus=corpus,
        sampler=sampler,
        plan=smoke_plan(whole) if smoke else whole,
        whole=whole,
        smoke=smoke,
        # A smoke run has the rates of the run that it stands for.
        schedule=schedule_of(config.document, whole.total_steps),
    )


def _run(run: Run, emit: Emit, stop: StopRequest) -> int:
    began = time.perf_counter()
    backend = open_backend(run.model, run.training)
    _describe(run, backend, emit)
    validating, saving = _Stopwatch(), _Stopwatch()
    around = Surroundings(
        emit=emit,
        validate=validating.around(_validator(run, backend, emit)),
        save=saving.around(_saver(run, backend, emit)),
        stop_requested=stop,
    )
    training_began = time.perf_counter()
    progress = train(backend, run.sampler, run.schedule, run.plan, around)
    if stop.signal and progress.step < run.plan.total_steps:
        reason = "Ctrl-C" if stop.signal.name == "SIGINT" else stop.signal.name
        emit(events.RunStopped(time=time.time(), step=progress.step, reason=reason))
        return stop.exit_code
    trained = time.perf_counter() - training_began
    write_folder(
        run.folder / FINAL, model_files(run.model, backend.weights(), run.corpus.tokenizer)
    )
    emit(
        events.RunFinished(
            time=time.time(),
            step=progress.step,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            seconds=time.perf_counter() - began,
            final=FINAL,
            whole_run_seconds=_whole_run(run, trained, validating, saving) if run.smoke else None,
        )
    )
    return 0


_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


class _Stopwatch:
    """Measures calls."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._calls = 0

    @property
    def mean(self) -> float:
        """Seconds of a call."""
        return self.seconds / max(1, self._calls)

    def around(self, function: Callable[[_Argument], _Result]) -> Callable[[_Argument], _Result]:
        """The same function, measured."""

        def measured(argument: _Argument) -> _Result:
            began = time.perf_counter()
            try:
                return function(argument)
            finally:
                self.seconds += time.perf_counter() - began
                self._calls += 1

        return measured


def _whole_run(run: Run, trained: float, validating: _Stopwatch, saving: _Stopwatch) -> float:
    """Seconds that the recipe itself would take, after a smoke run of it."""
    step = (trained - validating.seconds - saving.seconds) / run.plan.total_steps
    return (
        step * run.whole.total_steps
        + validating.mean * run.whole.validations
        + saving.mean * run.whole.checkpoints
    )


def _describe(run: Run, backend: Backend, emit: Emit) -> None:
    """Write down what is about to happen, before it does."""
    plan = run.plan
    conclusions: dict[str, Any] = {
        "device": backend.device,
        "parameters": backend.parameters,
        "vocabulary": run.model.vocab_size,
        "training tokens": len(run.corpus.training),
        "validation tokens": len(run.corpus.validation),
        "learning rate": f"{run.schedule.peak:g}, from {run.schedule.key}",
        **asdict(plan),
    }
    write_file(run.folder / "config.yaml", run.config.text.encode())
    write_file(run.folder / "resolved.yaml", resolved_yaml(run.config, conclusions).encode())
    emit(
        events.RunStarted(
            time=time.time(),
            name=run.folder.name,
            config=str(run.config.path),
            device=backend.device,
            parameters=backend.parameters,
            total_steps=plan.total_steps,
            ends_by=plan.ends_by,
            steps_per_epoch=plan.steps_per_epoch,
            effective_batch=plan.effective_batch,
            tokens_per_step=plan.tokens_per_step,
            smoke=run.smoke,
        )
    )
    for finding in run.config.warnings:
        message = f"{finding.place.label}: {finding.message}"
        emit(events.Warned(time=time.time(), message=message, config_path=finding.config_path))
    said = cautions(
        run.config.document,
        plan,
        sequences=run.sampler.sequences,
        validation_tokens=len(run.corpus.validation),
    )
    for message, key in said:
        emit(events.Warned(time=time.time(), message=message, config_path=key))


def _validator(run: Run, backend: Backend, emit: Emit) -> Callable[[int], float | None]:
    tokens, tokenizer = run.corpus.validation, run.corpus.tokenizer
    size = run.training.validation_batch_size or run.training.batch_size
    sampling = Sampling.of(run.config.document.eval_config)
    prompt = (tokens if len(tokens) else run.corpus.training)[:_PROMPT_TOKENS].tolist()

    def validate(step: int) -> float | None:
        random = np.random.default_rng((run.training.seed, step))
        count = min(_SAMPLE_TOKENS, 2 * run.model.max_sequence_length)
        text = tokenizer.decode(list(write(backend.decoder(), prompt, sampling, random, count)))
        begin = tokenizer.decode(prompt)
        emit(events.Sample(time=time.time(), step=step, prompt=begin, text=text))
        if len(tokens) < 2:
            return None
        return backend.loss(validation_batches(tokens, run.model.max_sequence_length, size))

    return validate


def _saver(run: Run, backend: Backend, emit: Emit) -> Callable[[Progress], None]:
    folder = run.folder / CHECKPOINTS
    setting = {"device": backend.device, "seed": run.training.seed, **backend.versions}

    def save(progress: Progress) -> None:
        path, size = save_checkpoint(
            folder,
            State(progress.step, progress.position, progress.best_validation_loss, setting),
            model_files(run.model, backend.weights(), run.corpus.tokenizer),
            backend.optimizer_state(),
            backend.random_state(),
        )
        keep_last(folder, run.training.keep_last_n)
        relative = path.relative_to(run.folder).as_posix()
        emit(events.CheckpointSaved(time=time.time(), step=progress.step, path=relative, size=size))

    return save


def _failed(run: Run, step: int, error: RunError) -> events.RunFailed:
    saved = checkpoints_in(run.folder / CHECKPOINTS)
    kept = f"the last checkpoint is {saved[-1].relative_to(run.folder)}" if saved else None
    advice = "; ".join(part for part in (error.advice, kept) if part)
    return events.RunFailed(
        time=time.time(),
        step=step,
        message=error.message,
        advice=advice or None,
        config_path=error.config_path,
    )
