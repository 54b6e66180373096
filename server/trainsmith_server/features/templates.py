"""Recipes for an empty file, and the device section of each board."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.editor import messages
from trainsmith_schemas.families.gpt2.family import TEMPLATE as MODEL
from trainsmith_schemas.trainers.boards import BOARDS, Board


@dataclass(frozen=True, slots=True)
class Template:
    """Text to start from."""

    label: str
    about: str
    text: str


RECIPES = (
    Template(
        "Quick Start",
        "Trainsmith recipe: a first run",
        """\
# A first run with the defaults.
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 8
  gradient_accumulation_steps: 4
  learning_rate: 0.0001
  max_steps: 500
  validation_frequency: 50
  checkpoint_frequency: 100
  checkpoint_dir: "checkpoints"

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Research",
        "Trainsmith recipe: an experiment with frequent measurements",
        """\
# An experiment: frequent validation, a fixed seed, every detail in the log.
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 8
  gradient_accumulation_steps: 4
  learning_rate: 0.0001
  max_steps: 1000
  validation_frequency: 25
  checkpoint_frequency: 50
  keep_last_n: 5
  checkpoint_dir: "checkpoints"
  log_level: "DEBUG"
  use_wandb: false  # true sends the metrics to Weights & Biases

eval_config:
  temperature: 0.0  # always the likeliest token, so samples can be compared

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Production",
        "Trainsmith recipe: a model for production",
        """\
# A model for production: larger batches, gradient clipping, less frequent validation.
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 16
  gradient_accumulation_steps: 2
  learning_rate: 0.0001
  max_steps: 500
  use_clip_grad_norm: true
  clip_grad_norm_max_norm: 1.0
  validation_frequency: 100
  checkpoint_frequency: 250
  keep_last_n: 3
  checkpoint_dir: "checkpoints"
  log_level: "INFO"

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Scenario: private data",
        "Trainsmith recipe: data that must not leave the machine, such as patients' notes",
        """\
# Nothing leaves the machine; `privacy: local-only` in .trainsmith.yaml checks that.
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 4
  gradient_accumulation_steps: 8
  learning_rate: 5.0e-5  # low, since there is little data
  max_steps: 1000
  validation_frequency: 25
  checkpoint_frequency: 50
  checkpoint_dir: "checkpoints"
  log_level: "INFO"
  use_wandb: false

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Scenario: code translator",
        "Trainsmith recipe: a few hundred examples, and a new version every few hours",
        """\
# A few hundred examples: short runs, many versions. Made for an N300, mesh_shape [1, 2].
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 16
  gradient_accumulation_steps: 2
  learning_rate: 0.0001
  max_steps: 300
  validation_frequency: 50
  checkpoint_frequency: 100
  checkpoint_dir: "checkpoints"
  use_wandb: false  # true compares the versions in the project named below
  wandb_project: "code-translator"

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Scenario: research",
        "Trainsmith recipe: runs that differ in one setting and are compared",
        """\
# Runs to compare: the same seed, greedy samples, every detail in the log.
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 8
  gradient_accumulation_steps: 4
  learning_rate: 0.0001
  max_steps: 1000
  validation_frequency: 25
  checkpoint_frequency: 50
  checkpoint_dir: "checkpoints"
  log_level: "DEBUG"
  use_wandb: false  # true compares the runs in the project named below
  wandb_project: "ablations"

eval_config:
  temperature: 0.0  # always the likeliest token, so samples can be compared

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
    Template(
        "Scenario: production pipeline",
        "Trainsmith recipe: the same run every week, on eight devices",
        """\
# The same run every week, on new data. Made for eight devices in a row, mesh_shape [1, 8].
training_config:
  seed: 42
  data_path: "data/text.txt"
  model_config: "model_configs/model.yaml"
  batch_size: 32
  gradient_accumulation_steps: 1
  learning_rate: 0.0001
  max_steps: 500
  use_clip_grad_norm: true
  clip_grad_norm_max_norm: 1.0
  validation_frequency: 100
  checkpoint_frequency: 250
  keep_last_n: 3
  checkpoint_dir: "checkpoints"
  use_wandb: false  # true compares the weeks in the project named below
  wandb_project: "weekly"

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
""",
    ),
)


def _device_section(board: Board) -> Template:
    several = board.devices > 1
    about = f"{board.devices} devices that share each batch" if several else "one device"
    text = (
        "device_config:\n"
        f"  enable_ddp: {'true' if several else 'false'}\n"
        f"  mesh_shape: {list(board.mesh_shape)}"
    )
    return Template(f"device_config: {board.name}", about, text)


DEVICE_SECTIONS = tuple(_device_section(board) for board in BOARDS)


def all_templates() -> messages.Templates:
    """The templates for new recipes."""

    def message(label: str, one: Template) -> messages.Template:
        return messages.Template(label=label, about=one.about, text=one.text)

    return messages.Templates(
        recipes=[message(one.label, one) for one in RECIPES],
        devices=[
            message(board.name, one) for board, one in zip(BOARDS, DEVICE_SECTIONS, strict=True)
        ],
        model=MODEL,
    )
