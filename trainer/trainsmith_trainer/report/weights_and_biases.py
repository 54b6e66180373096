"""A run's metrics in Weights & Biases. This is the one module that imports `wandb`."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.history.record import read_history
from trainsmith_trainer.report.metrics import metrics_of

_KEY = "training_config.use_wandb"


class WeightsAndBiases:
    """Sends settings and metrics; neither texts that the model wrote, nor code, nor weights.

    `WANDB_MODE=offline` keeps everything in the run's folder, for `wandb sync` one day; it is
    wandb's own variable, as are those for its login and its server.
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
        """Send the event's numbers.

        Raises:
            RunError: the service cannot be reached, or does not know the user; only at the start.
        """
        if isinstance(event, events.RunStarted):
            self._run = self._begin(event)
        if self._run is None:
            return
        try:
            self._tell(event)
        except Exception as error:
            # A service that fails is no reason to end a run that has everything on its own disk.
            print(f"warning: Weights & Biases gets no more of this run: {error}", file=sys.stderr)
            self._run = None

    def _begin(self, event: events.RunStarted) -> Any:
        # wandb would send reports of its own crashes too; nobody asked for those.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        try:
            return wandb.init(
                project=self._training.wandb_project,
                name=self._training.wandb_run_name or event.name,
                id=_identity(self._folder, event),
                resume="allow",
                # Its service may be another process, in another folder.
                dir=self._folder.absolute(),
                config={**self._settings, "parameters": event.parameters, "device": event.device},
                settings=wandb.Settings(
                    console="off", disable_code=True, disable_git=True, disable_job_creation=True
                ),
            )
        except Exception as error:
            raise RunError(
                f"Weights & Biases could not be started: {' '.join(str(error).split())}",
                advice="log in with `wandb login`, or keep the metrics on this machine with the "
                "environment variable WANDB_MODE=offline, or write `use_wandb: false`",
                config_path=_KEY,
            ) from error

    def _tell(self, event: events.Event) -> None:
        if isinstance(event, (events.Step, events.Validation)):
            self._run.log(metrics_of(event), step=event.step)
        if isinstance(event, events.ENDINGS):
            self._run.finish(exit_code=1 if isinstance(event, events.RunFailed) else 0)
            self._run = None


def _identity(folder: Path, event: events.RunStarted) -> str:
    """The same each time that the run goes on: its name, and when it began for the first time."""
    history = read_history(folder)
    began = history.started["time"] if history else event.time
    return hashlib.sha256(f"{folder.name} {began}".encode()).hexdigest()[:16]
