"""The environment of the tests is the same on any machine and in both languages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from environment import clean_variables
from skips import NO_NODE

HELPER = Path(__file__).parents[2] / "scripts" / "lib" / "environment.mjs"
PLAIN = {"PATH": "/bin", "HOME": "/home/me", "TMPDIR": "/tmp"}
ODD = {
    "PIP_CONFIG_FILE": "/etc/odd/pip.conf",
    "PIP_INDEX_URL": "http://127.0.0.1:9",
    "XDG_CONFIG_DIRS": "/etc/odd",
    "XDG_CACHE_HOME": "/no/such/folder",
    "GIT_CONFIG_GLOBAL": "/etc/odd/gitconfig",
    "GIT_DIR": "/no/such/folder",
    "npm_config_registry": "http://127.0.0.1:9",
    "LANG": "de_DE.ISO-8859-1",
    "LC_ALL": "C",
    "LANGUAGE": "de",
    "TZ": "Etc/GMT-13",
    "https_proxy": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "NODE_OPTIONS": "--no-warnings",
    "PYTHONPATH": "/no/such/folder",
    "PYTHONOPTIMIZE": "2",
    "PYTEST_ADDOPTS": "--collect-only",
    "OMP_NUM_THREADS": "3",
    "NO_COLOR": "1",
    "COLUMNS": "20",
}


def test_settings_of_the_machine_do_not_reach_the_tests() -> None:
    assert clean_variables({**PLAIN, **ODD}, "/home/test") == clean_variables(PLAIN, "/home/test")


def test_this_process_has_the_clean_environment() -> None:
    home = os.environ["TRAINSMITH_TEST_HOME"]
    assert Path.home() == Path(home)
    assert os.environ["PIP_CONFIG_FILE"] == os.devnull
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]


@pytest.mark.skipif(shutil.which("node") is None, reason=NO_NODE)
@pytest.mark.parametrize("hostile", [{}, {"TRAINSMITH_TEST_HOSTILE": "1"}])
def test_both_implementations_return_the_same_variables(hostile: dict[str, str]) -> None:
    variables = {**PLAIN, **ODD, **hostile}
    script = (
        f"import {{ cleanVariables }} from {json.dumps(HELPER.as_uri())};"
        f"console.log(JSON.stringify(cleanVariables({json.dumps(variables)}, '/home/test')));"
    )
    command = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == clean_variables(variables, "/home/test")
