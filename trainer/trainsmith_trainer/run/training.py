"""One run, from a resolved config to a finished folder.

`run_training` prepares and opens everything; `_train_and_report` trains and reports how the run
ended. `loop.train` takes the steps.
"""

from __future__ import annotations

import time
import traceback
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.quantities import plural, size
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import EVENTS, FINAL, LOG, STOP
from trainsmith_system.lock import HeldError, hold
from trainsmith_system.writing import open_to_append, write_folder
from trainsmith_trainer.backends.allocation import return_freed_memory
from trainsmith_trainer.backends.base import Arrays, Backend, CompilingBackend
from trainsmith_trainer.backends.registry import LoadedBackend, choose_backend
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.distributed.launch import Ranks, open_ranks
from trainsmith_trainer.distributed.rank import LostRankError, RankInfo, rank_under_torchrun
from trainsmith_trainer.errors import ResumeError
from trainsmith_trainer.report import open_report, open_trackers
from trainsmith_trainer.report.progress import tell
from trainsmith_trainer.run.checkpointing import path_of, restore, saver, weights_at
from trainsmith_trainer.run.failures import failed, is_expected
from trainsmith_trainer.run.folder import clean_up, describe, refuse_other_entries
from trainsmith_trainer.run.initial_weights import load_adapter_weights, load_pretrained_weights
from trainsmith_trainer.run.loop import Emit, LoopHooks, Progress, train
from trainsmith_trainer.run.memory import Fit, fit_of
from trainsmith_trainer.run.prepare import Run, prepare, read_inputs
from trainsmith_trainer.run.resume import ResumePlan
from trainsmith_trainer.run.saved_files import saved_files
from trainsmith_trainer.run.signals import StopRequest, stop_on_signals
from trainsmith_trainer.run.timing import Stopwatch, seconds_of
from trainsmith_trainer.run.validation import validator
from trainsmith_trainer.run.watchdog import watch
from trainsmith_trainer.run.worker import run_worker, synchronize


def run_training(
    config: ResolvedConfig,
    name: str | None,
    *,
    smoke: bool = False,
    resume: ResumePlan | None = None,
    backend: LoadedBackend | None = None,
) -> int:
    """Train the model of a resolved recipe, in the run's own folder.

    Args:
        config: the recipe.
        name: the run's name, if the user chose one.
        smoke: take only a few steps, with everything that happens in a run.
        resume: where the run continues; without it, a new run starts.
        backend: the backend to use; without it, the one that the recipe names.

    Returns:
        The exit code: 0, or 1 if the run failed, or 128 plus the signal that stopped it.

    Raises:
        RunError: the data does not fit the recipe, or the run's folder has entries of others.
        RunNameError: the name is taken.
        ResumeError: the run cannot continue from there.
    """
    backend = backend or choose_backend(config.document.device_config.backend)
    devices = derived.device_count(config.document)
    timeout = config.document.device_config.ddp_timeout
    rank_info = rank_under_torchrun(devices, timeout)
    if rank_info and rank_info.rank:
        return run_worker(lambda: read_inputs(config, backend, smoke=smoke), rank_info)
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signals())
        run = prepare(config, name, backend, smoke=smoke, resume=resume)
        fit = _fit(run)
        # Ranks are forked before anything else is opened, so that they do not inherit it.
        ranks = stack.enter_context(_open_ranks(run, rank_info, devices))
        if devices > 1:
            stack.enter_context(watch(stop, ranks))
        refuse_other_entries(run.folder)
        try:
            stack.enter_context(hold(run.folder / EVENTS))
        except HeldError:
            raise ResumeError(f"the run {run.folder.name} is running in another process") from None
        clean_up(run)
        notes = None if smoke else config.path.parent
        trackers = open_trackers(config, run.folder)
        log_level = run.inputs.training.log_level
        emit = stack.enter_context(open_report(run.folder, log_level, notes, trackers))
        if fit.problem:
            emit(events.Warned(time=time.time(), message=fit.problem))
        return _train_and_report(run, emit, stop, ranks)


def _fit(run: Run) -> Fit:
    """Say what the run needs. Where memory is scarce, freed memory is returned to the system."""
    inputs, document = run.inputs, run.inputs.config.document
    steps = inputs.plan.total_steps
    fit = fit_of(document, inputs.model, inputs.corpus, steps, inputs.backend.name)
    if fit.free:
        needed = f"memory: about {size(fit.needed.total)} at the peak, besides the program itself"
        tell(f"{needed}, {fit.free_text}")
    if fit.is_scarce:
        return_freed_memory()
    return fit


def _open_ranks(
    run: Run, rank_info: RankInfo | None, devices: int
) -> AbstractContextManager[Ranks, bool | None]:
    inputs, library, body = run.inputs, run.inputs.backend.module, None
    if rank_info is None and devices > 1:
        library.load_library()
        if library.may_copy_process():
            body = partial(run_worker, lambda: inputs)
    smoke = ("--smoke",) if inputs.smoke else ()
    # If the folder of `model_path` was deleted, the other ranks read the shape from a checkpoint.
    saved = run.resume.checkpoint.path if run.resume.checkpoint else None
    resume = ("--resume", str(saved)) if saved and inputs.config.pretrained else ()
    arguments = ("train", str(inputs.config.path), *inputs.config.options, *smoke, *resume)
    timeout = inputs.config.document.device_config.ddp_timeout
    return open_ranks(rank_info, devices, timeout, arguments, body)


def _train_and_report(run: Run, emit: Emit, stop: StopRequest, ranks: Ranks) -> int:
    """Train, and emit the last event: finished, stopped or failed.

    Returns:
        The exit code.
    """
    began = time.perf_counter()
    inputs, library, steps_taken = run.inputs, run.inputs.backend.module, run.resume.step

    def emit_and_count(event: events.Event) -> None:
        nonlocal steps_taken
        steps_taken = event.step if isinstance(event, events.Step) else steps_taken
        emit(event)

    try:
        weights = _pretrained_weights(run)
        library.load_library()
        ranks.wait_until_announced()
        backend = library.open_backend(
            inputs.model,
            inputs.training,
            ranks.rank_info,
            weights,
            inputs.lora,
            shard=inputs.shards,
        )
        del weights  # The backend has its own, and a run takes long.
        resolved = describe(run, backend, emit)
        progress = synchronize(inputs, backend, restore(run, backend, emit))
        validating, saving = Stopwatch(), Stopwatch()

        def stop_requested() -> bool:
            stop.look_for(run.folder / STOP)
            return backend.should_stop(stop())

        hooks = LoopHooks(
            emit=emit_and_count,
            validate=validating.timed(validator(inputs, backend, emit)),
            save=saving.timed(saver(run, backend, resolved, emit)),
            stop_requested=stop_requested,
        )
        if isinstance(backend, CompilingBackend):
            backend.when_compiled(
                lambda kernels: emit(events.Compiling(time=time.time(), kernels=kernels))
            )
        if inputs.training.compile:
            tell("compiling the model's blocks; the first step takes longer")
        training_began = time.perf_counter()
        progress = train(backend, inputs.sampler, inputs.schedule, inputs.plan, hooks, progress)
        trained = time.perf_counter() - training_began
        unfinished = progress.step < inputs.plan.total_steps
        if stop.signal and unfinished and not progress.ends_early(inputs.plan):
            emit(_stopped(run, progress.step, stop))
            return stop.exit_code
        _write_final_model(run, _final_weights(run, backend, progress))
        whole_run_seconds = seconds_of(
            inputs.whole, done=inputs.plan, trained=trained, validating=validating, saving=saving
        )
        estimate = whole_run_seconds if inputs.smoke else None
        emit(_finished(run, progress, time.perf_counter() - began, estimate))
        return 0
    except LostRankError as error:
        if stop.signal:  # A rank that did not answer was ended, and a checkpoint was saved.
            emit(_stopped(run, steps_taken, stop))
            return stop.exit_code
        emit(failed(run, steps_taken, ranks.name_the_lost(error)))
    except Exception as error:
        if not is_expected(error):
            with open_to_append(run.folder / LOG) as log:
                log.write(traceback.format_exc().encode("utf-8", "replace"))
        emit(failed(run, steps_taken, error))
    return 1


def _pretrained_weights(run: Run) -> Arrays | None:
    """The weights of `model_path`, unless a checkpoint has later ones; LoRA's has no others."""
    config, model = run.inputs.config, run.inputs.model
    if config.pretrained is None or (run.resume.checkpoint and not run.inputs.lora):
        return None
    weights = load_pretrained_weights(config.pretrained, model)
    starts = run.resume.checkpoint is None
    return {**weights, **load_adapter_weights(config, model)} if starts else weights


def _final_weights(run: Run, backend: Backend, progress: Progress) -> Arrays:
    """The weights of the final model: the last ones, or the best ones of a run that ended early."""
    if progress.ends_early(run.inputs.plan) and progress.best is not None:
        return weights_at(run, progress.best.step)
    # With parts on all ranks, they are together in the last checkpoint.
    return weights_at(run, progress.step) if backend.sharded else backend.weights()


def _write_final_model(run: Run, weights: Arrays) -> None:
    write_folder(run.folder / FINAL, saved_files(run, weights, final=True))


def _stopped(run: Run, step: int, stop: StopRequest) -> events.RunStopped:
    return events.RunStopped(
        time=time.time(), step=step, reason=stop.reason, resume=run.resume_command
    )


def _finished(
    run: Run, progress: Progress, seconds: float, estimate: float | None
) -> events.RunFinished:
    reason = None
    if progress.ends_early(run.inputs.plan):
        reason = (
            f"ended early, after {plural(progress.stale_validations, 'validation')} without a "
            "better loss"
        )
        if progress.best:
            reason += f"; the model has the weights of step {progress.best.step}"
    return events.RunFinished(
        time=time.time(),
        step=progress.step,
        loss=progress.loss,
        validation_loss=progress.validation_loss,
        seconds=seconds,
        final=FINAL,
        best_checkpoint=path_of(progress.best) if progress.best else None,
        whole_run_seconds=estimate,
        reason=reason,
    )
