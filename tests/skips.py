"""Reasons for skipping a test, which say how to run it; `npm test` lists them at the end."""

from __future__ import annotations

NO_CORPUS = (
    "public recipes are not beside this checkout: put YAML files of other projects into folders "
    "of ../shared/corpus to test with them"
)
NO_NEOVIM = "Neovim is not installed: put nvim on the PATH to test it as an editor"
NO_NODE = "Node.js is not on the PATH: install it to compare the environments of both languages"
NO_SMALL_DISK = "a full disk has to be mounted: run the tests as root on Linux to test it"
NO_MEMORY_LIMIT = "only Linux limits and reports a process's memory: run the tests on Linux"
NO_PROC = "processes are found through /proc: run the tests on Linux to test several ranks"
NO_GIT = "git is not on the PATH: install it to test what is asked of a repository"
NO_LINKS = "Windows has no pipes, and links for administrators only: run this on Linux or macOS"
NO_COMPILER = "GCC is not installed: put gcc on the PATH to test what a linker takes from a folder"
