"""The choice of a backend: by name, recorded in the run, and refused if it is unfinished."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from workspace import Workspace

from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.device import BackendName
from trainsmith_trainer.backends import registry
from trainsmith_trainer.backends.registry import (
    AUTO,
    BACKENDS,
    BackendError,
    choose_backend,
)
from trainsmith_trainer.cli import generate, train

_REFUSALS = (
    ("absent", "there is no backend `absent`: choose one of auto, ttnn, torch, numpy"),
    (
        "stub",
        "it is unfinished, it lacks unsupported, may_copy_process, open_backend, open_decoder",
    ),
    ("away", "the backend `away` cannot {purpose} here: no such device"),
)

_REGISTERED = tuple(BACKENDS)


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """An unfinished backend, and one whose device is missing."""

    def no_device(_purpose: str) -> str:
        return "no such device"

    stub: Any = ModuleType("stub_backend")
    stub.unavailable = stub.load_library = lambda: ""
    away: Any = ModuleType("away_backend")
    away.unavailable = no_device
    for operation in registry.OPERATIONS[1:]:
        setattr(away, operation, None)
    for name, module in (("stub", stub), ("away", away)):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(BACKENDS, name, module.__name__)


@pytest.mark.parametrize(("backend", "message"), _REFUSALS)
@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--smoke",), ("--resume",)])
def test_train_refuses_unusable_backend(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    backend: str,
    message: str,
    options: tuple[str, ...],
) -> None:
    monkeypatch.chdir(workspace.path)
    result = CliRunner().invoke(train, ["training.yaml", "--backend", backend, *options])
    assert result.exit_code == 2
    assert message.format(purpose="train") in _unwrapped(result.output)
    assert not (workspace.path / "checkpoints").exists()


@pytest.mark.parametrize(("backend", "message"), _REFUSALS)
def test_generate_refuses_unusable_backend(
    workspace: Workspace, backend: str, message: str
) -> None:
    result = CliRunner().invoke(generate, [str(workspace.path), "--backend", backend])
    assert result.exit_code == 2
    assert message.format(purpose="generate") in _unwrapped(result.output)


@pytest.mark.parametrize("backend", _REGISTERED)
def test_registered_backend_trains_or_refuses(workspace: Workspace, backend: str) -> None:
    reason = import_module(BACKENDS[backend]).unavailable("train")
    if not reason:
        assert choose_backend(backend).name == backend
        return
    result = CliRunner().invoke(
        train, [str(workspace.path / "training.yaml"), "--backend", backend]
    )
    assert result.exit_code == 2
    assert f"the backend `{backend}` cannot train here: {reason}" in _unwrapped(result.output)


def test_auto_takes_first_available_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_backend().name == "torch"
    monkeypatch.delitem(BACKENDS, "torch")
    with pytest.raises(BackendError, match=r"`stub` cannot train here.*; .*`away`"):
        choose_backend()


def test_schema_lists_the_registered_backends() -> None:
    assert get_args(BackendName) == (AUTO, *_REGISTERED)


def test_recipe_names_the_backend_and_the_option_wins(workspace: Workspace) -> None:
    workspace.write_recipe(device_config={"backend": "numpy"})
    shown = workspace.command("train", "training.yaml", "--dry-run").stdout
    assert "\nbackend        numpy\n" in shown
    shown = workspace.command("train", "training.yaml", "--dry-run", "--backend", "auto").stdout
    assert (
        "\nbackend        torch: `auto` picks the first of ttnn, torch that can be used here\n"
        in shown
    )
    for name, options, device in (
        ("by-recipe", (), "CPU, with NumPy"),
        ("by-option", ("--backend", "torch"), "CPU, 1 thread"),
    ):
        run = workspace.command("train", "training.yaml", "--name", name, *options)
        assert run.returncode == 0, run.stderr
        started = workspace.events(name)[0]
        assert isinstance(started, events.RunStarted)
        assert started.device == device


def test_backend_of_the_recipe_that_cannot_run_is_refused_with_its_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKENDS, "numpy", "away_backend")
    monkeypatch.chdir(workspace.path)
    workspace.write_recipe(device_config={"backend": "numpy"})
    result = CliRunner().invoke(train, ["training.yaml"])
    assert result.exit_code == 1
    assert "error[backend] the backend `numpy` cannot train here: no such device" in result.output
    assert "backend: numpy" in result.output


def test_run_records_backend(finished: Workspace) -> None:
    (started,) = (one for one in finished.events() if isinstance(one, events.RunStarted))
    assert started.backend == "torch"
    folder = finished.run_folder()
    assert 'backend: "torch"' in (folder / "resolved.yaml").read_text(encoding="utf-8")


def test_memory_efficient_runner_trains_with_equal_losses(workspace: Workspace) -> None:
    for name in ("default", "memory_efficient"):
        result = workspace.command(
            *("train", "training.yaml", "--name", name),
            *("--set", f"transformer_config.runner_type={name}"),
        )
        assert result.returncode == 0, result.stderr
    default = _losses(workspace, "default")
    assert _losses(workspace, "memory_efficient") == pytest.approx(default, rel=1e-5)


def _losses(workspace: Workspace, name: str) -> list[float]:
    steps = (one for one in workspace.events(name) if isinstance(one, events.Step))
    return [step.loss for step in steps]


def _unwrapped(text: str) -> str:
    return " ".join(text.replace("│", " ").split())
