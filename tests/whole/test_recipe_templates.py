"""New recipes, each with the model file that is written beside it, really train."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from patience import PATIENCE
from trainsmith_schemas.editor.messages import Template
from trainsmith_server.features.templates import all_templates

TEMPLATES = all_templates()
TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind\n" * 200


@pytest.mark.parametrize("template", TEMPLATES.recipes, ids=lambda one: one.label)
def test_a_new_recipe_trains(template: Template, tmp_path: Path) -> None:
    for name, text in (
        ("training.yaml", template.text),
        ("model_configs/model.yaml", TEMPLATES.model),
        ("data/text.txt", TEXT),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "trainsmith"]
    checked = subprocess.run(
        [*command, "check", "."], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    assert checked.stdout.strip() == "2 files checked, nothing to report", checked.stdout
    train = [*command, "train", "training.yaml", "--name", "run", "--max-steps", "3"]
    trained = subprocess.run(
        train, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert trained.returncode == 0, trained.stderr
    assert "warning" not in trained.stderr
    events = (tmp_path / "checkpoints/run/events.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [event["loss"] for event in map(json.loads, events) if event["event"] == "step"]
    assert losses[-1] < losses[0]
