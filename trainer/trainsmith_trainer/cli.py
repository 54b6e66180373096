"""`trainsmith train` and `trainsmith generate`.

Tensor libraries are imported only when they are needed, so help and errors appear at once.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainsmith_system.terminal import say, write_pieces, write_result
from trainsmith_system.text import one_line
from trainsmith_trainer.backends.registry import (
    AUTO,
    BACKENDS,
    BackendError,
    LoadedBackend,
    available_backend,
    choose_backend,
    chosen_by_auto,
)
from trainsmith_trainer.distributed.rank import is_worker
from trainsmith_trainer.errors import RecipeError, ResumeError, RunError, RunNameError
from trainsmith_trainer.formatting import json_lines
from trainsmith_trainer.output_format import format_option
from trainsmith_trainer.requirements import (
    BESIDE_A_BACKEND,
    FOR_CHECKPOINTS,
    FOR_DRY_RUN,
    require_modules,
)
from trainsmith_trainer.run_dir.lookup import BASE_OPTION, PARENT_OPTION, folder_of

if TYPE_CHECKING:
    from trainsmith_trainer.backends.base import Purpose
    from trainsmith_trainer.config.load import Recipe
    from trainsmith_trainer.config.source import Override
    from trainsmith_trainer.run.resume import ResumePlan


_WHICH_BACKEND = (
    f"The tensor library to compute with: {', '.join(BACKENDS)}; "
    f"{AUTO} picks the first of {', '.join(chosen_by_auto())} that is available."
)


_CONFIG = click.argument(
    "config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CONFIG"
)
_SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Change one value for this run; may be repeated. "
    "transformer_config.KEY=VALUE changes the model file.",
)


@click.command()
@_CONFIG
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Train on this text instead of data_path.",
)
@_SETTINGS
@click.option(
    "--max-steps", type=click.IntRange(min=1), help="Stop after this many optimizer steps."
)
@click.option("--name", help="The name of the run and its folder. Default: CONFIG-001, -002, …")
@click.option(
    "--resume",
    is_flag=False,
    flag_value="",
    metavar="[PATH]",
    help="Resume the run --name, or the recipe's newest run, from its newest checkpoint; "
    "or resume from the checkpoint PATH. Put this option after CONFIG.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show at once what would run; nothing is run or written."
)
@click.option(
    "--smoke",
    is_flag=True,
    help="Run 20 steps that include everything: validation, checkpoints, the final model.",
)
@click.option(
    "--backend",
    metavar="NAME",
    help=f"{_WHICH_BACKEND} Default: the recipe's `backend`.",
)
@format_option("The output format of --dry-run.")
def train(
    config: Path,
    data: Path | None,
    settings: tuple[str, ...],
    max_steps: int | None,
    name: str | None,
    resume: str | None,
    dry_run: bool,
    smoke: bool,
    backend: str | None,
    output: str,
) -> None:
    """Train the model that a recipe describes.

    The run's folder is <checkpoint_dir>/<name>. Ctrl-C saves a checkpoint and stops; --resume
    continues as if the run had never stopped.

    Exits with 0 when the run finished, 1 when the recipe or its data is wrong or the run failed,
    2 when the command was called wrongly, 130 or 143 when it was stopped.
    """
    modes = {"--dry-run": dry_run, "--smoke": smoke, "--resume": resume is not None}
    if sum(modes.values()) > 1:
        chosen_modes = " and ".join(mode for mode, chosen in modes.items() if chosen)
        raise click.UsageError(f"{chosen_modes} exclude each other")
    if output != "text" and not dry_run:
        raise click.UsageError("--format is only for --dry-run")
    overrides = _overrides(settings, data, max_steps)
    if dry_run:
        sys.exit(_dry_run(config, overrides, name, backend, as_json=output == "json"))
    resume_path = None if resume is None else Path(resume)
    with _errors_shown():
        from trainsmith_trainer.config.backend_support import check_support
        from trainsmith_trainer.config.load import read_recipe, resolve

        recipe = read_recipe(config, overrides)
        # A backend that was named and cannot run is refused before a checkpoint is searched for.
        named = _named_backend(recipe, backend)
        plan = _plan_resume(recipe, name, resume_path)
        resolved = resolve(recipe, lambda: _spare_model(recipe, name, resume_path, plan))
        chosen = named or _backend(AUTO, "train")
        require_modules(BESIDE_A_BACKEND)
        resolved = check_support(resolved, chosen)
        if backend:
            resolved = replace(resolved, options=(*resolved.options, "--backend", backend))
        from trainsmith_trainer.run.training import run_training

        try:
            code = run_training(resolved, name, smoke=smoke, resume=plan, backend=chosen)
        except RunError as error:
            raise RecipeError((resolved.problem_of(error),)) from None
    sys.exit(code)


@click.command("data")
@_CONFIG
@_SETTINGS
@click.option(
    "--sequences",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="How many sequences to show.",
)
@format_option()
def show_data(config: Path, settings: tuple[str, ...], sequences: int, output: str) -> None:
    """Show what the trainer sees of a recipe's data.

    The first sequences are shown with the tokens that the loss counts, then the lengths of all
    documents, and duplicates. Nothing is trained.

    Exits with 1 when the recipe or its data is wrong.
    """
    require_modules(FOR_DRY_RUN)
    from trainsmith_trainer.config.load import load_config
    from trainsmith_trainer.data_view.lines import lines_of
    from trainsmith_trainer.data_view.view import refused, view_data

    resolved = None
    try:
        resolved = load_config(config, _overrides(settings, None, None))
        report, problems = view_data(resolved, sequences)
    except RecipeError as error:
        report, problems = refused(config, error.problems), error.problems
    except RunError as error:
        assert resolved is not None
        problems = (resolved.problem_of(error),)
        report = refused(config, problems, resolved)
    say(*(json_lines(report) if output == "json" else lines_of(report)))
    if output == "text":
        for problem in problems:
            say(*problem.lines(), error=True)
    sys.exit(1 if problems else 0)


def _overrides(
    settings: tuple[str, ...], data: Path | None, max_steps: int | None
) -> list[Override]:
    """The overrides that the options make."""
    from trainsmith_trainer.config.named_files import DATA_KEY
    from trainsmith_trainer.config.source import Override, parse_override

    try:
        overrides = [parse_override("--set", setting) for setting in settings]
    except ValueError as error:
        raise click.BadParameter(one_line(str(error)), param_hint="--set") from None
    if data is not None:
        overrides.append(Override(DATA_KEY, str(data.absolute()), f"--data {data}"))
    if max_steps is not None:
        key = ("training_config", "max_steps")
        overrides.append(Override(key, max_steps, f"--max-steps {max_steps}"))
    return overrides


def _dry_run(
    config: Path,
    overrides: list[Override],
    name: str | None,
    backend: str | None,
    *,
    as_json: bool,
) -> int:
    """Print what would run. The exit code is 1 if the recipe cannot run."""
    require_modules(FOR_DRY_RUN)
    from trainsmith_trainer.config.backend_support import check_support
    from trainsmith_trainer.config.load import read_recipe, resolve
    from trainsmith_trainer.run.dry_run import dry_run, lines_of, refused

    resolved = None
    try:
        recipe = read_recipe(config, overrides)
        # A dry run needs no backend, but says what the chosen one cannot do.
        chosen = _named_backend(recipe, backend) or available_backend()
        resolved = resolve(recipe)
        resolved = check_support(resolved, chosen) if chosen else resolved
        answer, problems = dry_run(resolved, name, chosen), ()
    except RunNameError as error:
        raise click.BadParameter(one_line(str(error)), param_hint="--name") from None
    except RecipeError as error:
        answer, problems = refused(config, error.problems), error.problems
    except RunError as error:
        assert resolved is not None
        problem = resolved.problem_of(error)
        answer, problems = refused(config, (problem,)), (problem,)
    if as_json:
        say(*json_lines(answer))
    else:
        say(*lines_of(answer))
        for problem in problems:
            say(*problem.lines(), error=True)
    return 0 if answer.outline else 1


@contextmanager
def _errors_shown() -> Generator[None, None, None]:
    """Turn errors before a run into messages and exit codes."""
    try:
        yield
    except RecipeError as error:
        for problem in error.problems:
            say(*problem.lines(), error=True)
        count = len(error.problems)
        say(f"{count} problem{'s' if count > 1 else ''}; nothing was run", error=True)
        sys.exit(1)
    except ResumeError as error:
        raise click.ClickException("\n".join(map(one_line, error.lines))) from None
    except RunNameError as error:
        raise click.BadParameter(one_line(str(error)), param_hint="--name") from None
    except OSError as error:
        raise click.ClickException(one_line(f"{error.filename}: {error.strerror}")) from None


def _plan_resume(recipe: Recipe, name: str | None, resume_path: Path | None) -> ResumePlan | None:
    """Where the run continues. Only rank 0 decides; it sends its state to the other ranks."""
    if resume_path is None or is_worker():
        return None
    require_modules(FOR_CHECKPOINTS)
    from trainsmith_trainer.run.resume import plan_resume

    parent = Path(recipe.document.training_config.checkpoint_dir)
    return plan_resume(parent, recipe.path, name, resume_path)


def _spare_model(
    recipe: Recipe, name: str | None, resume_path: Path | None, plan: ResumePlan | None
) -> Path | None:
    """The checkpoint with the model's shape, in case the folder of `model_path` was deleted."""
    if resume_path is not None and is_worker():
        from trainsmith_trainer.run.resume import plan_resume

        parent = Path(recipe.document.training_config.checkpoint_dir)
        with suppress(ResumeError):  # Rank 0 reports it.
            plan = plan_resume(parent, recipe.path, name, resume_path)
    return plan.checkpoint.path if plan and plan.checkpoint else None


@click.command()
@click.argument("run", metavar="RUN")
@PARENT_OPTION
@click.option("--prompt", help="The text to continue. Default: a newline.")
@click.option(
    "--chat",
    is_flag=True,
    help="Have a conversation: each line of the input is a message. "
    "With --prompt, only answer that message.",
)
@click.option(
    "--system",
    metavar="TEXT",
    help="With --chat, the system message that the conversation begins with.",
)
@click.option("--max-new-tokens", type=click.IntRange(min=1), default=300, show_default=True)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=0.8,
    show_default=True,
    help="0 always picks the likeliest token.",
)
@click.option(
    "--top-k",
    type=int,
    default=50,
    show_default=True,
    help="Sample from this many of the likeliest tokens; 0 is off.",
)
@click.option(
    "--top-p",
    type=click.FloatRange(min=0, max=1),
    default=1.0,
    show_default=True,
    help="Sample from the likeliest tokens that together have this probability; 1 is off.",
)
@click.option(
    "--repetition-penalty",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Make tokens that already appeared less likely; 1 is off.",
)
@click.option("--seed", type=click.IntRange(min=0), help="The same seed generates the same text.")
@BASE_OPTION
@click.option("--backend", default=AUTO, show_default=True, metavar="NAME", help=_WHICH_BACKEND)
def generate(
    run: str,
    parent: Path,
    prompt: str | None,
    chat: bool,
    system: str | None,
    max_new_tokens: int,
    temperature: float,
    top_k: int,
    top_p: float,
    repetition_penalty: float,
    seed: int | None,
    base: Path | None,
    backend: str,
) -> None:
    """Generate text with a trained model.

    RUN is the folder or the name of a run, or a model's folder. For a run without a final model,
    the newest checkpoint is used.
    """
    if system is not None and not chat:
        raise click.UsageError("--system is only for --chat")
    folder = folder_of(run, parent)
    chosen = _backend(backend, "generate")
    require_modules(BESIDE_A_BACKEND)
    import numpy as np

    from trainsmith_trainer.generation.chat import Conversation
    from trainsmith_trainer.generation.generate import generate_text
    from trainsmith_trainer.generation.model import GenerationError, load_model
    from trainsmith_trainer.generation.sampling import Sampling

    sampling = Sampling(temperature, top_k, top_p, repetition_penalty)
    random = np.random.default_rng(seed)
    try:
        model = load_model(folder, chosen.module, base)
        if chat:
            messages = [] if system is None else [{"role": "system", "content": system}]
            conversation = Conversation(model, sampling, max_new_tokens, random, messages)
            for text in _messages() if prompt is None else (prompt,):
                _write_answer(conversation.answer(text))
        else:
            text = "\n" if prompt is None else prompt
            _write_answer(generate_text(model, text, sampling, max_new_tokens, random))
    except (GenerationError, RunError) as error:
        raise click.ClickException(one_line(str(error))) from None


def _messages() -> Generator[str, None, None]:
    """The lines of standard input, until it ends; a terminal shows where to write."""
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if asks:
        say("Write a message and press Enter; Ctrl-D ends the conversation.", error=True)
    while True:
        if asks:
            write_result("> ")
        line = sys.stdin.readline(_LONGEST_MESSAGE)
        if not line:
            return
        if len(line) == _LONGEST_MESSAGE and not line.endswith("\n"):
            raise click.ClickException(
                f"a line has more than {_LONGEST_MESSAGE:,} characters: write a shorter message"
            )
        if line.strip():
            yield line.strip()


_LONGEST_MESSAGE = 1 << 20


def _write_answer(pieces: Iterable[str]) -> None:
    write_pieces(chain(pieces, ["\n"]))


def _named_backend(recipe: Recipe, option: str | None) -> LoadedBackend | None:
    """The backend that the option names, or else the recipe; `None` if neither does."""
    from trainsmith_trainer.config.backend_support import backend_of_recipe

    if option is None:
        return backend_of_recipe(recipe)
    return None if option == AUTO else _backend(option, "train")


def _backend(name: str, purpose: Purpose) -> LoadedBackend:
    try:
        return choose_backend(name, purpose)
    except BackendError as error:
        if name == AUTO:
            require_modules()  # It names everything that is missing at once.
        raise click.BadParameter(one_line(str(error)), param_hint="--backend") from None
