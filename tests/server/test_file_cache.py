"""Results of reading files are kept up to what they may cost together."""

from __future__ import annotations

from pathlib import Path

from trainsmith_server.workspace.file_cache import FileCache


def test_the_results_that_were_not_asked_for_the_longest_are_dropped(tmp_path: Path) -> None:
    read: list[str] = []

    def length(path: Path, size: int) -> int:
        read.append(path.name)
        return size

    def ask(names: str) -> str:
        read.clear()
        assert [cache.get(tmp_path / name) for name in names] == [10] * len(names)
        return "".join(read)

    for name in "abc":
        (tmp_path / name).write_text("x" * 10, encoding="utf-8")
    cache = FileCache(length, most=25, cost=lambda size: size)
    assert ask("abab") == "ab"
    assert ask("ac") == "c"
    assert ask("acb") == "b"
    assert ask("a") == "a"
    (tmp_path / "b").write_text("y" * 10 + "\n", encoding="utf-8")
    assert cache.get(tmp_path / "b") == 11
    cache.clear()
    assert ask("ca") == "ca"
    assert ask("ca") == ""


def test_a_result_that_costs_too_much_is_returned_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x" * 30, encoding="utf-8")
    cache = FileCache(lambda _path, size: [size], most=25, cost=lambda size: size)
    assert cache.get(tmp_path / "a") is not cache.get(tmp_path / "a")
