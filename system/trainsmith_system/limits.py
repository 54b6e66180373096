"""The largest files that are read as a whole. Real ones are far below; a larger one is refused."""

from __future__ import annotations

from trainsmith_system.reading import MIB

RECIPE = 10 * MIB
"""A recipe, a model file or the copies of them in a run's folder."""
PROJECT_CONFIG = 100_000
"""`.trainsmith.yaml`, which has a few hundred bytes."""
MODEL_DESCRIPTION = 10 * MIB
"""`config.json` and the other texts beside a model's weights."""
TOKENIZER = 256 * MIB
"""`tokenizer.json`; that of a vocabulary of 256,000 tokens has 33 MiB."""
RUN_TEXT = 64 * MIB
"""A text of a run or a checkpoint, such as `state.json`, `SHA256SUMS` or `experiments.md`."""
CHECKPOINT_TEXTS = TOKENIZER + RUN_TEXT
"""All texts of a checkpoint together, which are in memory at the same time."""
EVENTS = 1024 * MIB
"""`events.jsonl`, read line by line; some five million steps."""
ALL_EVENTS = 2 * EVENTS
"""`events.jsonl` of all runs in a folder."""
EVENT_LINE = MIB
"""One line of `events.jsonl`."""
OTHER_LINES = 10_000
"""Lines of `events.jsonl` that are not events; refusing one takes longer than reading one."""
SETTINGS = MIB // 4
"""`resolved.yaml`, the settings of a run, which are read for each run of a list."""
