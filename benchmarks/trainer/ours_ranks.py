"""`trainsmith train` on a mesh of processes, with and without communication."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import yaml
from ours import write_recipe
from shapes import Shape
from torch import Tensor


def write_mesh_recipe(folder: Path, shape: Shape, mesh: Sequence[int], steps: int) -> Path:
    """Write a recipe for a mesh and a number of steps, and return its path."""
    path = write_recipe(folder, shape)
    recipe = yaml.safe_load(path.read_text())
    recipe["training_config"] |= {"max_steps": steps, "validation_split": 0.0}
    recipe["device_config"] = {"mesh_shape": list(mesh), "enable_ddp": True}
    path.write_text(yaml.safe_dump(recipe))
    return path


def main() -> None:
    """Train some steps, and print the median time of a step in milliseconds.

    Arguments: the shape, the mesh, the number of steps, and how gradients are summed: `together` as
    in a run, `apart` not at all, over the network `during` or `after` the backward pass.
    """
    from trainsmith_trainer.backends.torch.backend import TorchBackend
    from trainsmith_trainer.backends.torch.group import Group
    from trainsmith_trainer.config.load import load_config
    from trainsmith_trainer.run.training import run_training

    def own_alone(_: Group, tensors: Sequence[Tensor]) -> list[Tensor]:
        return list(tensors)

    def decide_alone(_backend: TorchBackend, stop: bool) -> bool:
        return stop

    def share_nothing(_: Group, _numbers: int) -> bool:
        return how == "after"  # Sums that are not shared begin during the backward pass.

    mesh, steps, how = json.loads(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if how == "apart":
        # The ranks are forked from this process, so all of them have these functions.
        Group.all_reduce = own_alone  # pyright: ignore[reportAttributeAccessIssue]
        TorchBackend.should_stop = decide_alone  # pyright: ignore[reportAttributeAccessIssue]
    if how in ("during", "after"):
        Group.share_memory = share_nothing  # pyright: ignore[reportAttributeAccessIssue]
    with tempfile.TemporaryDirectory() as name:
        path = write_mesh_recipe(Path(name), Shape.from_argument(), mesh, steps)
        if run_training(load_config(path), None):
            sys.exit("the run failed")
        lines = (Path(name) / "runs" / "training-001" / "events.jsonl").read_text()
    times = [event["time"] for event in map(json.loads, lines.splitlines()) if "loss" in event]
    paces = sorted(after - before for before, after in pairwise(times[5:]))
    print(f"pace {1000 * paces[len(paces) // 2]}")


if __name__ == "__main__":
    main()
