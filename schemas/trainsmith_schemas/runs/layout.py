"""The names of the files and folders that runs write."""

EVENTS = "events.jsonl"
"""Everything that happened, one event per line."""
RECIPE = "config.yaml"
"""The recipe as it was written."""
RESOLVED = "resolved.yaml"
"""Every value that the run used and where it came from; each checkpoint has a copy."""
LOG = "training.log"
SAMPLES = "validation.txt"
"""The texts that the model generated."""
CURVES = "training_curves.png"
CHECKPOINTS = "checkpoints"
FINAL = "final"
"""The final model, in the format that `transformers` reads."""
STOP = "stop"
"""A file that asks the run to stop after its current step; the run removes it."""
SMOKE_MARK = "smoke-run.txt"
"""Marks the folder of a smoke run, which the next smoke run replaces."""

EXPERIMENTS = "experiments.md"
"""Notes beside the recipe, outside the runs' folders: one entry per run."""

CLOCKS_DIFFER = 3600.0
"""How far the clocks of machines that share a disk may differ, in seconds. A run that begins later
than that in the future was written by somebody else."""
