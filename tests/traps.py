"""A stranger's folder full of traps, and the search for those that have sprung.

The tests in Python call it; the tests in the browser run it as a program:

    python tests/traps.py build FOLDER    # prints nothing
    python tests/traps.py check FOLDER    # prints one line per trap that has sprung

`FOLDER/workspace` is the stranger's. `FOLDER/outside` belongs to the user, and links of the
workspace lead there. A trap that springs leaves a file in `FOLDER/witness`, named after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECRET = "the user's secret, which is copied nowhere"
"""In each file outside; found inside the workspace, it has been copied."""

RECIPE = """\
training_config:
  data_path: text.txt
  model_config: model.yaml
  batch_size: 4
  max_steps: 4
  learning_rate: 0.001
  validation_frequency: 2
  checkpoint_frequency: 2
  checkpoint_dir: own_runs
"""
MODEL = """\
transformer_config:
  embedding_dim: 16
  num_blocks: 1
  num_heads: 2
  max_sequence_length: 16
"""
TEXT = "To be, or not to be: that is the question.\n" * 60

RECIPES = ("training.yaml", "bare_repository/training.yaml")
"""The recipes that train; all others of the workspace are traps."""

MODULES = (
    *("warnings", "contextlib", "json", "importlib/__init__", "importlib/util", "runpy", "site"),
    *("encodings/__init__", "sitecustomize", "usercustomize", "re", "typing", "multiprocessing"),
    *("trainsmith/__init__", "trainsmith/__main__", "trainsmith_system", "trainsmith_trainer"),
    *("trainsmith_server", "trainsmith_schemas", "pydantic", "pygls", "click", "yaml", "rich"),
    *("torch", "numpy", "matplotlib", "safetensors", "tokenizers", "wandb", "debugpy"),
)
"""What imports from the current folder would find."""

PROGRAMS = ("python", "python3", "git", "uv", "pip", "latex", "dvipng", "node", "sh")

NAMES = (
    "[Open the results](command:workbench.action.terminal.new)",
    "${command:workbench.action.terminal.new}",
    "$(touch sprung-by-a-shell)",
    "`touch sprung-by-backquotes`",
    "title \x1b]0;owned\x07 and \x1b[31mcolour",
    "two\nlines\n::error::owned",
    "right \u202eto left\u202c and \u200bhidden",
    "--resume",
)
"""Names of runs and recipes. No file name contains a slash, so some spring in the workspace."""

_STARTED = """{
    "event": "run_started", "time": 1000, "device": "CPU", "parameters": 1, "total_steps": 2,
    "ends_by": "max_steps", "steps_per_epoch": 1, "effective_batch": 1, "tokens_per_step": 1
}"""
_STEP = """{
    "event": "step", "time": 1001, "step": 1, "epoch": 1, "loss": 1.0, "learning_rate": 0.1,
    "grad_norm": 1.0, "tokens_per_second": 1.0, "seconds_left": 1.0
}"""

GIT_PROGRAMS = (
    *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass"),
    *("diff.external", "diff.trap.textconv", "diff.trap.command", "filter.trap.clean"),
    *("filter.trap.smudge", "filter.trap.process", "merge.trap.driver", "credential.helper"),
    *("gpg.program", "pager.status", "sequence.editor", "interactive.diffFilter"),
    "remote.origin.uploadpack",
)
"""Settings of a repository that name a program."""

SETTINGS = {
    "trainsmith.profile": "tt-train",
    "trainsmith.rules": {"lr-too-high": "off"},
    "trainsmith.board": "Galaxy",
    "trainsmith.privacy": "unrestricted",
    "trainsmith.trace.server": "verbose",
    "terminal.integrated.shellIntegration.enabled": True,
    "python.terminal.activateEnvironment": True,
    "python.venvPath": "${workspaceFolder}",
}


@dataclass(frozen=True)
class Traps:
    """The folders of one set of traps."""

    root: Path

    @property
    def workspace(self) -> Path:
        """The stranger's folder."""
        return self.root / "workspace"

    @property
    def outside(self) -> Path:
        """The user's files."""
        return self.root / "outside"

    @property
    def witness(self) -> Path:
        """Where traps leave their names."""
        return self.root / "witness"

    def sprung(self) -> list[str]:
        """What has happened, one line each; empty if nothing has."""
        return sorted(self._found())

    def _found(self) -> Iterator[str]:
        for path in self.witness.iterdir():
            yield f"executed: {path.name}"
        for path in _files(self.root):
            if path.name.startswith("sprung"):
                yield f"executed: {path.relative_to(self.root)}"
            if self.outside not in path.parents and SECRET.encode() in path.read_bytes():
                yield f"copied: {path.relative_to(self.root)}"
        before: dict[str, str] = json.loads((self.root / "before.json").read_text("utf-8"))
        after = _digests(self.outside)
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                yield f"changed outside: {name}"


def _files(folder: Path) -> Iterator[Path]:
    """The regular files in a folder; links are not followed."""
    for above, _, names in os.walk(folder):
        for path in (Path(above, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def _digests(folder: Path) -> dict[str, str]:
    """The content of a folder: its entries, and the sums of its files."""
    sums = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(folder)}
    return {
        path.relative_to(folder).as_posix(): sums.get(path, "not a file")
        for path in folder.rglob("*")
    }


def build(root: Path) -> Traps:
    """Write a workspace with all traps into an empty folder."""
    traps = Traps(root)
    for folder in (traps.workspace, traps.outside, traps.witness):
        folder.mkdir(parents=True)
    _write_harmless(traps)
    _write_outside(traps)
    _write_modules(traps)
    _write_programs(traps)
    _write_settings(traps)
    _write_links(traps)
    _write_pipes(traps)
    _write_runs(traps)
    _write_names(traps)
    _write_repository(traps)
    before = json.dumps(_digests(traps.outside))
    (root / "before.json").write_text(before, encoding="utf-8")
    return traps


def _write(path: Path, text: str, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if executable:
        path.chmod(0o755)


def _program(traps: Traps, name: str) -> str:
    """A shell script that leaves a witness with its arguments, and ends without an error."""
    return f"#!/bin/sh\necho \"$0 $*\" >> '{traps.witness}/{name}'\ncat 2> /dev/null\n"


def _write_harmless(traps: Traps) -> None:
    for folder in (traps.workspace, traps.workspace / "bare_repository"):
        _write(folder / "training.yaml", RECIPE)
        _write(folder / "model.yaml", MODEL)
        _write(folder / "text.txt", TEXT)


def _write_outside(traps: Traps) -> None:
    """The user's files, which look like those that are expected where links to them are."""
    outside = traps.outside
    comment = f"# {SECRET}\n"
    _write(outside / "authorized_keys", comment)
    _write(outside / "notes.md", f"# Notes\n{SECRET}\n<!-- trainsmith: plain -->\n")
    _write(outside / "project.yaml", f"{comment}privacy: unrestricted\n")
    _write(outside / "recipe.yaml", f"{comment}{RECIPE}")
    _write(outside / "model.json", json.dumps({"model_type": "gpt2", "note": SECRET}))
    _write(outside / "runs/plain/events.jsonl", _events("plain", "training.yaml", SECRET))
    _write(outside / "runs/plain/checkpoints/step-2/state.json", json.dumps({"note": SECRET}))
    _write(outside / "runs/plain/checkpoints/.trainsmith-0123456789abcdef", SECRET)


def _write_modules(traps: Traps) -> None:
    for folder in ("", "own_runs", "bare_repository"):
        for module in MODULES:
            name = module.replace("/", ".")
            code = f"open({str(traps.witness / name)!r}, 'a').close()\n"
            _write(traps.workspace / folder / f"{module}.py", code)
    evil = f"open({str(traps.witness / 'matplotlib-backend')!r}, 'a').close()\n"
    _write(traps.workspace / "stranger_backend.py", evil)
    _write(traps.workspace / "conftest.py", evil)


def _write_programs(traps: Traps) -> None:
    for folder in ("", "bin", ".venv/bin", "venv/bin", "node_modules/.bin"):
        for name in PROGRAMS:
            place = f"{folder}/{name}".strip("/").replace("/", "-")
            script = _program(traps, f"program-{place}")
            _write(traps.workspace / folder / name, script, executable=True)
    for folder in (".venv", "venv"):
        _write(traps.workspace / folder / "pyvenv.cfg", "home = /usr/bin\nversion = 3.12.0\n")
    linked_trap(traps.workspace, traps.witness / "linked")


def linked_trap(folder: Path, witness: Path) -> None:
    """Code that a linker takes from its current folder, if GCC is here to make it."""
    if (compiler := shutil.which("gcc")) is None:
        return
    code = f"""#include <stdio.h>
    __attribute__((constructor)) static void spring(void) {{
        fopen({json.dumps(str(witness))}, "a");
    }}
    """
    place = ["-o", str(folder / "libgcc_s.so.1")]
    command = [compiler, "-fPIC", "-c", "-x", "c", "-", *place]
    subprocess.run(command, input=code.encode(), check=True, capture_output=True)


def _write_settings(traps: Traps) -> None:
    """Files that tools look for in the current folder, and those of editors."""
    folder = traps.workspace
    index = "http://127.0.0.1:9/stranger"
    _write(folder / "uv.toml", f'index-url = "{index}"\n')
    _write(folder / "pip.conf", f"[global]\nindex-url = {index}\n")
    _write(folder / "setup.cfg", f"[easy_install]\nindex_url = {index}\n")
    _write(folder / "pyproject.toml", f'[tool.uv]\nindex-url = "{index}"\n')
    _write(folder / ".python-version", f"{folder}/.venv/bin/python\n")
    _write(folder / ".npmrc", f"registry={index}\nscript-shell={folder}/bin/sh\n")
    _write(folder / ".envrc", f"touch '{traps.witness}/envrc'\n")
    _write(folder / ".env", f"PYTHONPATH={folder}\nPYTHONSTARTUP={folder}/warnings.py\n")
    rc = "text.usetex: True\nbackend: module://stranger_backend\n"
    _write(folder / "matplotlibrc", rc)
    _write(folder / "wandb/settings", f"[default]\nbase_url = {index}\n")
    python = f"{folder}/.venv/bin/python"
    pythons = {"python.defaultInterpreterPath": python, "trainsmith.python.path": python}
    _write(folder / ".vscode/settings.json", json.dumps({**SETTINGS, **pythons}))
    shell = {"type": "shell", "command": f"touch '{traps.witness}/vscode-task'"}
    opened = {"runOptions": {"runOn": "folderOpen"}}
    ours = {"type": "trainsmith", "task": "train", "config": "$(touch sprung-by-a-task)"}
    tasks = [{"label": "shell", **shell, **opened}, {"label": "ours", **ours, **opened}]
    _write(folder / ".vscode/tasks.json", json.dumps({"version": "2.0.0", "tasks": tasks}))
    launch = {"type": "node", "request": "launch", "name": "stranger", "preLaunchTask": "shell"}
    launches = json.dumps({"version": "0.2.0", "configurations": [launch]})
    _write(folder / ".vscode/launch.json", launches)


def _write_fine_tuning(path: Path, model: str) -> None:
    """A recipe that starts from the weights in a folder, and its model file."""
    name = f"{path.stem}_shape.yaml"
    _write(path, RECIPE.replace("model.yaml", name))
    _write(path.with_name(name), f"transformer_config:\n  model_path: {model}\n")


def _write_links(traps: Traps) -> None:
    folder, outside = traps.workspace, traps.outside
    links = {
        "experiments.md": "authorized_keys",
        ".trainsmith.yaml": "project.yaml",
        "linked_recipe.yaml": "recipe.yaml",
        "runs": "runs",
        "checkpoints": "runs/plain/checkpoints",
        "model_configs": "",
        "linked_model/config.json": "model.json",
        "linked_model/tokenizer.json": "authorized_keys",
        "linked_model/generation_config.json": "authorized_keys",
        "linked_model/chat_template.jinja": "authorized_keys",
        "linked_model/model.safetensors": "authorized_keys",
    }
    for name, target in links.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(outside / target)
    loops = ("loop.yaml", "own_runs/loop", "bare_repository/experiments.md")
    for path in (folder / name for name in loops):
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(path.name)
    _write_fine_tuning(folder / "linked_model.yaml", "linked_model")
    sends = f"# trainsmith: profile=trainsmith\n{RECIPE}  use_wandb: true\n"
    _write(folder / "sends.yaml", sends)


def _write_pipes(traps: Traps) -> None:
    """Files that never end, or never begin."""
    folder = traps.workspace
    for kind in ("pipes", "devices"):
        names = ("model.yaml", "text.txt", "project/.trainsmith.yaml")
        names += ("model/config.json", "model/tokenizer.json", "model/model.safetensors")
        for name in names:
            path = folder / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(path) if kind == "pipes" else path.symlink_to("/dev/zero")
        _write(folder / kind / "training.yaml", RECIPE)
        _write(folder / kind / "project" / "training.yaml", RECIPE)
        _write(folder / kind / "data.yaml", RECIPE.replace("model.yaml", "../model.yaml"))
        _write_fine_tuning(folder / kind / "pretrained.yaml", "model")


def _events(name: str, config: str, text: str = "text") -> str:
    started = {"name": name, "config": config, "parent": "plain", **json.loads(_STARTED)}
    sample = {"event": "sample", "time": 1002, "step": 1, "prompt": text, "text": text}
    change = {"key": "training_config.data_path", "value": text}
    failed = {"event": "run_failed", "time": 1003, "step": 1, "message": text, "advice": text}
    failed |= {"file": config, "line": 1, "config_path": "training_config.seed", "change": change}
    return "".join(f"{json.dumps(one)}\n" for one in (started, json.loads(_STEP), sample, failed))


def _write_runs(traps: Traps) -> None:
    """Runs of somebody else: recipes elsewhere, links, pipes, and texts that are commands."""
    runs, outside = traps.workspace / "own_runs", traps.outside
    configs = {
        "near": "training.yaml",
        "above": "../../outside/recipe.yaml",
        "absolute": str(outside / "recipe.yaml"),
        "keys": str(outside / "authorized_keys"),
        "nul": "training\0.yaml",
    }
    for name, config in configs.items():
        _write(runs / name / "events.jsonl", _events(name, config, NAMES[0]))
        _write(runs / name / "config.yaml", RECIPE)
        _write(runs / name / "resolved.yaml", RECIPE + MODEL)
    files = {"events.jsonl", "config.yaml", "resolved.yaml", "training.log", "validation.txt"}
    for name in files | {"training_curves.png"}:
        for run, target in (("linked", outside / "authorized_keys"), ("zero", Path("/dev/zero"))):
            (runs / run).mkdir(exist_ok=True)
            (runs / run / name).symlink_to(target)
        (runs / "pipe").mkdir(exist_ok=True)
        os.mkfifo(runs / "pipe" / name)
    # Its events are readable, so that everything else of it is read.
    half = runs / "half"
    _write(half / "events.jsonl", _events("half", "training.yaml"))
    for name in files - {"events.jsonl"}:
        (half / name).symlink_to(outside / "authorized_keys")
    (half / "checkpoints").symlink_to(outside / "runs/plain/checkpoints")
    (half / "final").symlink_to(outside / "runs/plain")
    (runs / "comparison.png").symlink_to(outside / "authorized_keys")


def _write_names(traps: Traps) -> None:
    for name in NAMES:
        _write(traps.workspace / "names" / f"{name}.yaml", f"{RECIPE}  {json.dumps(name)}: 1\n")
        events = _events(name, f"names/{name}.yaml", name)
        _write(traps.workspace / "own_runs" / name / "events.jsonl", events)


def _write_repository(traps: Traps) -> None:
    """A repository that names a program wherever git would run one, and a bare one inside."""
    folder = traps.workspace
    bare = folder / "bare_repository"
    if not shutil.which("git"):
        return
    _git(folder, "init")
    _write(folder / ".gitignore", "/*\n!/training.yaml\n")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "first")
    _git(bare, "init", "--bare")
    for place, config in ((folder, folder / ".git"), (bare, bare)):
        for key in GIT_PROGRAMS:
            name = f"git-{config.name}-{key}"
            program = traps.root / "git-programs" / name
            _write(program, _program(traps, name), executable=True)
            _git(place, "config", "--file", str(config / "config"), key, str(program))
        settings = (
            ("alias.status", f"!touch {traps.witness}/git-alias"),
            ("core.hooksPath", str(config / "hooks")),
            ("remote.origin.url", f"ext::touch {traps.witness}/git-remote"),
            ("filter.trap.required", "true"),
        )
        for key, value in settings:
            _git(place, "config", "--file", str(config / "config"), key, value)
        for hook in ("post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout"):
            script = _program(traps, f"git-{config.name}-hook-{hook}")
            _write(config / "hooks" / hook, script, executable=True)
        _write(place / ".gitattributes", "* filter=trap diff=trap merge=trap\n")
    # A file whose time has changed has to be read again, and so to be filtered.
    os.utime(folder / "training.yaml", (1, 1))


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    _, action, place = sys.argv
    if action == "build":
        build(Path(place))
    else:
        print("\n".join(Traps(Path(place)).sprung()))
