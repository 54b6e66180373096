"""Compilers that libraries start work in a folder of our own, and link no file of a stranger's."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from skips import NO_COMPILER
from trainsmith_system.children import program_in_path
from trainsmith_trainer.backends.torch import compiling
from trainsmith_trainer.backends.torch.compilers import enclose_compilers, find_compiler
from trainsmith_trainer.backends.torch.compiling import require_compiler
from trainsmith_trainer.backends.torch.devices import choose_device
from trainsmith_trainer.errors import RunError
from traps import linked_trap

GCC = program_in_path("gcc")
pytestmark = pytest.mark.skipif(GCC is None or os.name == "nt", reason=NO_COMPILER)


@pytest.fixture(autouse=True)
def _stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder with a file that a linker finds there, and a cache folder of its own."""
    monkeypatch.setenv("TRAINSMITH_CACHE_DIR", str(tmp_path / "a cache" / "tokens"))
    for name in ("CC", "CXX"):
        monkeypatch.setenv(name, "")  # So that it is restored.
        monkeypatch.delenv(name)
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path / "workspace")
    linked_trap(Path(), tmp_path / "sprung")


def _build(compiler: str, folder: Path) -> None:
    """Build and load a library as Triton does: in the current folder, with absolute paths."""
    source, library = folder / "source.c", folder / "library.so"
    source.write_text("int answer(void) { return 42; }\n", encoding="utf-8")
    subprocess.check_call([compiler, str(source), "-O3", "-shared", "-fPIC", "-o", str(library)])
    assert ctypes.CDLL(str(library)).answer() == 42


@pytest.mark.skipif(sys.platform != "linux", reason="other linkers take no file of the folder")
def test_the_trap_springs_with_the_plain_compiler(tmp_path: Path) -> None:
    assert GCC
    _build(GCC, tmp_path)
    assert (tmp_path / "sprung").exists()


def test_no_file_of_the_current_folder_is_linked(tmp_path: Path) -> None:
    enclose_compilers()
    _build(os.environ["CC"], tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("variable", ["CC", "CXX"])
def test_the_compiler_of_the_user_starts_in_our_folder(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "my-g++"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\npwd > '{tmp_path}/seen'\necho \"$0 $@\"\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv(variable, "my-g++")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    enclose_compilers()
    started = os.environ[variable]
    assert Path(started).name == "my-g++"
    answer = subprocess.check_output([started, "a b", "'c'"], text=True)
    assert answer == f"{program} a b 'c'\n"
    assert (tmp_path / "seen").read_text().strip() == str(Path(started).parent)
    enclose_compilers()  # As another rank does, which inherits the variable.
    assert os.environ[variable] == started


def test_a_compiler_of_the_current_folder_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    trap = Path("gcc")
    trap.write_text("#!/bin/sh\n", encoding="utf-8")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", "")
    assert find_compiler("CC") is None
    monkeypatch.setenv("PATH", ".:")
    assert find_compiler("CC") is None


def test_a_gpu_s_compilers_are_enclosed_without_compile_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyTorch's own operations use Triton; the GPU is pretended."""
    pretended = {"is_available": True, "device_count": 1, "set_device": None}
    for name, answer in {**pretended, "get_device_name": "a GPU"}.items():
        monkeypatch.setattr(torch.cuda, name, Mock(return_value=answer))
    assert choose_device()[0].type == "cuda"
    assert Path(os.environ["CC"]).parent.parent.name == "compilers"


def test_windows_compiles_for_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling.sys, "platform", "win32")
    with pytest.raises(RunError, match="`compile` needs another system than Windows for a GPU"):
        require_compiler(torch.device("cuda"))


def test_a_cache_that_cannot_be_written_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRAINSMITH_CACHE_DIR", str(tmp_path / "file" / "tokens"))
    with pytest.raises(RunError, match="cannot be written: Not a directory") as raised:
        enclose_compilers()
    assert "TRAINSMITH_CACHE_DIR" in str(raised.value.advice)
