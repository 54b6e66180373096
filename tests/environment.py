"""The environment of all Python tests, which does not depend on the machine's settings.

`environment.json` beside this file lists what is kept and what is set.
`scripts/lib/environment.mjs` reads it too, for the tests in TypeScript.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

HOME = "TRAINSMITH_TEST_HOME"
"""If this variable is set, the environment is clean already; its value is the home folder."""
HOSTILE = "TRAINSMITH_TEST_HOSTILE"


def clean_variables(variables: Mapping[str, str], home: str) -> dict[str, str]:
    """The part of an environment that tests get; `home` is their home folder."""
    rules = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    case = re.IGNORECASE if sys.platform == "win32" else 0
    kept = re.compile("|".join(rules["keeps"]), case)
    result = {name: value for name, value in variables.items() if kept.fullmatch(name)}
    user = variables.get("HOME") or str(Path.home())
    for name, below in rules["belowTheUsersHome"].items():
        result.setdefault(name, str(Path(user, below)))
    sets = {**rules["sets"], **(rules["setsWhenHostile"] if variables.get(HOSTILE) else {})}
    for name, value in sets.items():
        result[name] = value.replace("{home}", home).replace("{null}", os.devnull)
    return {**result, HOME: home}


def clean_environment() -> None:
    """Clean this process's environment, unless the parent process has done so."""
    if os.environ.get(HOME):
        return
    name = "home with späces-" if os.environ.get(HOSTILE) else "trainsmith-home-"
    home = tempfile.mkdtemp(prefix=name)
    clean = clean_variables(os.environ, home)
    os.environ.clear()
    os.environ.update(clean)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if sys.platform != "win32":
        time.tzset()
