"""One run, from a resolved config to a finished folder."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.runs import events
from trainsmith_trainer.backends.base import Arrays, Backend
from trainsmith_trainer.backends.registry import LoadedBackend, choose_backend
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.distributed.launch import Ranks, open_ranks
from trainsmith_trainer.distributed.rank import LostRankError, RankInfo, rank_under_torchrun
from trainsmith_trainer.generation.detokenize import detokenize
from trainsmith_trainer.generation.sampling import Sampling, write
from trainsmith_trainer.hf.export import model_files
from trainsmith_trainer.hf.model_dir import FINAL
from trainsmith_trainer.history.record import EVENTS
from trainsmith_trainer.report import open_report, open_trackers
from trainsmith_trainer.report.snapshot import resolved_yaml
from trainsmith_trainer.run.checkpointing import path_of, restore, saver
from trainsmith_trainer.run.failures import failed, is_expected
from trainsmith_trainer.run.initial_weights import load_pretrained_weights
from trainsmith_trainer.run.loop import Emit, LoopHooks, train
from trainsmith_trainer.run.plan import plan_warnings
from trainsmith_trainer.run.prepare import Run, prepare, read_inputs
from trainsmith_trainer.run.provenance import provenance
from trainsmith_trainer.run.resume import SETTINGS_FILE, ResumeError, put_damaged_aside
from trainsmith_trainer.run.signals import StopRequest, stop_on_signals
from trainsmith_trainer.run.timing import Stopwatch, seconds_of
from trainsmith_trainer.run.worker import run_worker, synchronize
from trainsmith_trainer.run_dir.create import CHECKPOINTS, SMOKE_MARK
from trainsmith_trainer.storage.atomic import (
    remove_folder,
    remove_leftovers,
    write_file,
    write_folder,
)
from trainsmith_trainer.storage.lock import HeldError, hold

_PROMPT_TOKENS = 32
_SAMPLE_TOKENS = 200


def run_training(
    config: ResolvedConfig,
    name: str | None,
    *,
    smoke: bool = False,
    resume: Path | None = None,
    backend: LoadedBackend | None = None,
) -> int:
    """Train as a config says, in a folder of its own.

    Args:
        config: the recipe.
        name: the run's name, if the user wants a certain one.
        smoke: take a few steps only, with everything that happens in a run.
        backend: computes; without it, the first one that is available.
        resume: go on from this checkpoint, or from the newest one (`resume.LATEST`).

    Returns:
        The exit code: 0, or 1 for a run that failed, or 128 and the signal that stopped it.

    Raises:
        RunError: the data does not suit the recipe; there is no folder then.
        RunNameError: the name is taken.
        ResumeError: the run cannot go on from there.
    """
    backend = backend or choose_backend()
    devices = derived.device_count(config.document)
    rank_info = rank_under_torchrun(devices)
    if rank_info and rank_info.rank:
        return run_worker(lambda: read_inputs(config, backend, smoke=smoke), rank_info)
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signals())
        run = prepare(config, name, backend, smoke=smoke, resume=resume)
        # Copies of this process have nothing of what is opened from here on.
        ranks = stack.enter_context(_open_ranks(run, rank_info, devices))
        try:
            stack.enter_context(hold(run.folder / EVENTS))
        except HeldError:
            raise ResumeError(f"the run {run.folder.name} is going on in another process") from None
        _tidy(run)
        notes = None if smoke else config.path.parent
        trackers = open_trackers(config, run.folder)
        emit = stack.enter_context(open_report(run.folder, run.training.log_level, notes, trackers))
        return _run_to_an_end(run, emit, stop, ranks)


def _open_ranks(
    run: Run, rank_info: RankInfo | None, devices: int
) -> AbstractContextManager[Ranks, bool | None]:
    body = None
    if rank_info is None and devices > 1:
        run.backend.module.load_library()
        if run.backend.module.may_copy_process():
            body = partial(run_worker, lambda: run)
    smoke = ("--smoke",) if run.smoke else ()
    # Where the folder of `model_path` is gone, the other ranks take the model's shape from there.
    saved = run.start.checkpoint.path if run.start.checkpoint else None
    resume = ("--resume", str(saved)) if saved and run.config.pretrained else ()
    arguments = ("train", str(run.config.path), *run.config.options, *smoke, *resume)
    return open_ranks(rank_info, devices, arguments, body)


def _tidy(run: Run) -> None:
    """Clear away what a killed process has left; the folder is this process's alone now."""
    (run.folder / CHECKPOINTS).mkdir(exist_ok=True)
    for folder in (run.folder, run.folder / CHECKPOINTS):
        remove_leftovers(folder)
    if run.start.folder:
        put_damaged_aside(run.folder, run.start.checkpoint)
        _keep_as_it_was(run.folder / FINAL, _step_before(run))
        if not run.smoke:
            (run.folder / SMOKE_MARK).unlink(missing_ok=True)


def _run_to_an_end(run: Run, emit: Emit, stop: StopRequest, ranks: Ranks) -> int:
    steps_taken = _step_before(run)

    def emit_and_count(event: events.Event) -> None:
        nonlocal steps_taken
        steps_taken = event.step if isinstance(event, events.Step) else steps_taken
        emit(event)

    try:
        return _run(run, emit_and_count, stop, ranks)
    except LostRankError as error:
        emit(failed(run, steps_taken, ranks.name_the_lost(error)))
    except Exception as error:
        if not is_expected(error):
            with (run.folder / "training.log").open("a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
        emit(failed(run, steps_taken, error))
    return 1


def _run(run: Run, emit: Emit, stop: StopRequest, ranks: Ranks) -> int:
    began = time.perf_counter()
    run.backend.module.load_library()
    ranks.wait_until_announced()
    backend = run.backend.module.open_backend(
        run.model, run.training, ranks.rank_info, _pretrained_weights(run)
    )
    resolved = _describe(run, backend, emit)
    progress = synchronize(run, backend, restore(run, backend, emit))
    validating, saving = Stopwatch(), Stopwatch()
    hooks = LoopHooks(
        emit=emit,
        validate=validating.timed(_validator(run, backend, emit)),
        save=saving.timed(saver(run, backend, resolved, emit)),
        stop_requested=lambda: backend.should_stop(stop()),
    )
    training_began = time.perf_counter()
    progress = train(backend, run.sampler, run.schedule, run.plan, hooks, progress)
    trained = time.perf_counter() - training_began
    if stop.signal and progress.step < run.plan.total_steps:
        emit(
            events.RunStopped(
                time=time.time(),
                step=progress.step,
                reason=stop.reason,
                resume=run.resume_command,
            )
        )
        return stop.exit_code
    weights, tokenizer = backend.weights(), run.corpus.tokenizer
    final = model_files(run.model, weights, tokenizer, run.special_tokens, run.companions)
    write_folder(run.folder / FINAL, final)
    emit(
        events.RunFinished(
            time=time.time(),
            step=progress.step,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            seconds=time.perf_counter() - began,
            final=FINAL,
            best_checkpoint=path_of(progress.best) if progress.best else None,
            whole_run_seconds=seconds_of(
                run.whole, done=run.plan, trained=trained, validating=validating, saving=saving
            )
            if run.smoke
            else None,
        )
    )
    return 0


def _pretrained_weights(run: Run) -> Arrays | None:
    """Those of `model_path`, unless there is a checkpoint with later ones."""
    if run.config.pretrained is None or run.start.checkpoint:
        return None
    return load_pretrained_weights(run.config.pretrained, run.model)


def _describe(run: Run, backend: Backend, emit: Emit) -> bytes:
    """Write down what is about to happen, before it does.

    Returns:
        Every value of the run, as `resolved.yaml` holds them.
    """
    plan, start, step = run.plan, run.start, _step_before(run)
    conclusions: dict[str, Any] = {
        "backend": run.backend.name,
        "device": backend.device,
        "parameters": backend.parameters,
        "vocabulary": run.model.vocab_size,
        "training_tokens": len(run.corpus.training),
        "validation_tokens": len(run.corpus.validation),
        "data_sha256": run.corpus.digest,
        "learning_rate": run.schedule.peak,
        "learning_rate_key": run.schedule.key,
        **asdict(plan),
    }
    made_with = provenance(run.config, backend.versions)
    resolved = resolved_yaml(run.config, conclusions, made_with).encode()
    _write_keeping(run.folder / "config.yaml", run.config.text.encode(), step)
    _write_keeping(run.folder / SETTINGS_FILE, resolved, step)
    emit(
        events.RunStarted(
            time=time.time(),
            name=run.folder.name,
            config=str(run.config.path),
            backend=run.backend.name,
            device=backend.device,
            parameters=backend.parameters,
            model_path=run.model.model_path or None,
            total_steps=plan.total_steps,
            ends_by=plan.ends_by,
            steps_per_epoch=plan.steps_per_epoch,
            effective_batch=plan.effective_batch,
            tokens_per_step=plan.tokens_per_step,
            steps_before=step,
            resumed_from=start.origin,
            parent=start.parent,
            smoke=run.smoke,
        )
    )
    for problem in run.config.warnings:
        message = f"{problem.origin.label}: {problem.message}"
        emit(events.Warned(time=time.time(), message=message, config_path=problem.config_path))
    said = plan_warnings(run.config.document, plan, run.corpus, run.sampler.sequences)
    for message, key in (*backend.warnings, *said):
        emit(events.Warned(time=time.time(), message=message, config_path=key))
    return resolved


def _write_keeping(path: Path, content: bytes, step: int) -> None:
    """Write a file; another one that was there stays, with the step up to which it counted."""
    if path.exists() and path.read_bytes() != content:
        _keep_as_it_was(path, step)
    write_file(path, content)


def _keep_as_it_was(path: Path, step: int) -> None:
    """Rename what counted up to a step, if it is there; of two from one step the newer stays."""
    kept = path.with_name(f"{path.stem}.until-step-{step:06d}{path.suffix}")
    if path.is_dir() and kept.exists():
        remove_folder(kept)
    if path.exists():
        path.replace(kept)


def _step_before(run: Run) -> int:
    return run.start.checkpoint.state.step if run.start.checkpoint else 0


def _validator(run: Run, backend: Backend, emit: Emit) -> Callable[[int], float | None]:
    tokenizer = run.corpus.tokenizer
    sampling = Sampling.of(run.config.document.eval_config)
    prompt = run.corpus.prompt(_PROMPT_TOKENS)

    def validate(step: int) -> float | None:
        random = np.random.default_rng((run.training.seed, step))
        count = min(_SAMPLE_TOKENS, 2 * run.model.max_sequence_length)
        written = write(backend.decoder(), prompt, sampling, random, count, tokenizer.end)
        text = "".join(detokenize(tokenizer, prompt, written))
        begin = tokenizer.decode(prompt)
        emit(events.Sample(time=time.time(), step=step, prompt=begin, text=text))
        return backend.loss(run.validation_batches()) if run.validates else None

    return validate
