"""Modules that wait until something of theirs is used."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from trainsmith_trainer.quick_imports import DEFERRED

_TORCH = sorted(DEFERRED[("torch", "2.13.")])
_WAITING = (
    "[name for name in names if vars(sys.modules[name]).get('__getattr__')"
    " and sys.modules[name].__getattr__.__module__ == 'trainsmith_trainer.quick_imports']"
)


def _python(code: str) -> Any:
    """What some code says on its last line, as JSON; it knows the modules' `names`."""
    before = (
        "import json, sys\n"
        "from trainsmith_trainer.quick_imports import quick_imports\n"
        f"names = {_TORCH}\n"
    )
    command = [sys.executable, "-c", before + code]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_training_needs_none_of_the_modules_that_wait() -> None:
    code = (
        "from trainsmith_schemas.sections.model import TransformerConfig\n"
        "from trainsmith_schemas.sections.training import TrainingConfig\n"
        "from trainsmith_trainer.backends import load_library\n"
        "from trainsmith_trainer.backends import open_backend\n"
        "from trainsmith_trainer.data.batches import Batch\n"
        "model = TransformerConfig(vocab_size=8, max_sequence_length=4, embedding_dim=8,\n"
        "                          num_heads=2, num_blocks=1, dropout_prob=0.1)\n"
        "backend = open_backend(model, TrainingConfig())\n"
        "import numpy as np\n"
        "tokens = np.zeros((2, 4), np.int64)\n"
        "backend.gradient([Batch(tokens, tokens)])\n"
        "backend.update(0.1)\n"
        f"print(json.dumps({_WAITING}))"
    )
    assert _python(code) == _TORCH


def test_a_module_that_waited_is_whole_when_it_is_used() -> None:
    code = (
        "with quick_imports():\n"
        "    import torch, torch.distributions\n"
        "normal = torch.distributions.Normal(0.0, 1.0)\n"
        "print(json.dumps([normal.mean.item(), callable(torch.export.export)]))"
    )
    assert _python(code) == [0.0, True]


def test_a_version_that_nobody_tried_is_imported_as_it_wants() -> None:
    code = (
        "from trainsmith_trainer import quick_imports as module\n"
        "module._version = lambda _: '2.14.0'\n"
        "with quick_imports():\n"
        "    import torch\n"
        f"print(json.dumps({_WAITING}))"
    )
    assert _python(code) == []
