"""A run's metrics in Weights & Biases. This is the only module that imports `wandb`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_system.terminal import say
from trainsmith_system.writing import require_own_folder
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.history.record import read_history
from trainsmith_trainer.report.metrics import metrics_of

_KEY = "training_config.use_wandb"

_PRIVATE: dict[str, Any] = {
    "console": "off",
    "disable_code": True,
    "disable_git": True,
    "disable_job_creation": True,
    # By default wandb sends the command with its arguments, the paths of the program and of Python,
    # the names of the user and the machine, its hardware and load, and the installed packages.
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_save_requirements": False,
    "host": "",
    "program": "trainsmith",
}
"""Settings of wandb that leave what `WeightsAndBiases` sends, the operating system and versions."""


class WeightsAndBiases:
    """Sends settings, metrics and the device's name, but not generated text, code or weights.

    `WANDB_MODE=offline` keeps everything in the run's folder, for a later `wandb sync`. It is
    wandb's own variable, like those for its login and its server.
    """

    def __init__(self, folder: Path, document: TrainingDocument, model: TransformerConfig) -> None:
        self._folder = folder
        self._training = document.training_config
        self._settings = {
            **document.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "transformer_config": model.model_dump(mode="json", by_alias=True),
        }
        self._run: Any = None

    def __call__(self, event: events.Event) -> None:
        """Send the event's metrics.

        Raises:
            RunError: at the start, if the service cannot be reached or rejects the login.
        """
        if isinstance(event, events.RunStarted):
            self._run = self._begin(event)
        if self._run is None:
            return
        try:
            self._send(event)
        except Exception as error:
            # A failing service does not end the run, which has everything on disk.
            say(f"warning: nothing more is sent to Weights & Biases: {error}", error=True)
            self._run = None

    def _begin(self, event: events.RunStarted) -> Any:
        # By default wandb also sends reports of its own crashes, without the user's consent.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        # It would ask the first git on the `PATH` for the folder's repository; it needs neither.
        os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = os.devnull
        import wandb

        require_own_folder(self._folder / "wandb")
        try:
            return wandb.init(
                project=self._training.wandb_project,
                name=self._training.wandb_run_name or event.name,
                id=_identity(self._folder, event),
                resume="allow",
                # wandb's service may be a process in another working directory.
                dir=self._folder.absolute(),
                config={**self._settings, "parameters": event.parameters, "device": event.device},
                settings=wandb.Settings(**_PRIVATE),
            )
        except Exception as error:
            raise RunError(
                f"Weights & Biases could not be started: {' '.join(str(error).split())}",
                advice="log in with `wandb login`, or keep the metrics on this machine with the "
                "environment variable WANDB_MODE=offline, or write `use_wandb: false`",
                config_path=_KEY,
            ) from error

    def _send(self, event: events.Event) -> None:
        if isinstance(event, (events.Step, events.Validation)):
            self._run.log(metrics_of(event), step=event.step)
        if isinstance(event, events.ENDINGS):
            self._run.finish(exit_code=1 if isinstance(event, events.RunFailed) else 0)
            self._run = None


def _identity(folder: Path, event: events.RunStarted) -> str:
    """An id that stays the same when the run resumes: from its name and its first start."""
    history = read_history(folder)
    began = history.started.time if history else event.time
    return hashlib.sha256(f"{folder.name} {began}".encode()).hexdigest()[:16]
