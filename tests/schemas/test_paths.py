"""Variables in paths are expanded if they are tt-metal's; patterns match files."""

from __future__ import annotations

import fnmatch
import glob
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skips import NO_LINKS
from trainsmith_schemas.paths import (
    Search,
    TooManyEntriesError,
    UnsetVariableError,
    expand,
    files_at,
    is_pattern,
)

ENVIRONMENT = {"TT_METAL_HOME": "/tt", "OTHER": "/other"}


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("data/text.txt", "data/text.txt"),
        ("$TT_METAL_HOME/text.txt", "/tt/text.txt"),
        ("${TT_METAL_HOME}/a/${TT_METAL_HOME}", "/tt/a//tt"),
        ("$TT_METAL_HOMES/text.txt", "$TT_METAL_HOMES/text.txt"),
        ("${TT_METAL_HOME/text.txt", "${TT_METAL_HOME/text.txt"),
        ("$OTHER/text.txt", "$OTHER/text.txt"),
    ],
)
def test_expand(written: str, expanded: str) -> None:
    assert expand(written, ENVIRONMENT) == expanded


def test_unset_variable_is_refused() -> None:
    with pytest.raises(UnsetVariableError, match="`TT_METAL_RUNTIME_ROOT` is not set"):
        expand("${TT_METAL_RUNTIME_ROOT}/text.txt", ENVIRONMENT)


PARTS = st.sampled_from(
    ["a", "b", "*", "**", "?", "*.txt", "a*", ".*", "[ab]", "[!a]*", "..", "[", "[[]a]", "*a*b*"]
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder tree with every kind of name at three levels, in folders for every `..`."""
    top = tmp_path_factory.mktemp("tree") / "1" / "2" / "3" / "4"
    top.mkdir(parents=True)
    names = ("a", "b", ".a", "[a]")
    for folder in (top, *(top / one for one in names), *(top / one / "ab" for one in names)):
        folder.mkdir(exist_ok=True)
        for name in ("a.txt", "b.txt", ".a.txt", "x"):
            (folder / name).touch()
    if os.name != "nt":
        (top / "link").symlink_to(top / "a")
        (top / "broken").symlink_to("nowhere")
    return top


@given(parts=st.lists(PARTS, min_size=1, max_size=4))
@settings(deadline=None, derandomize=True)
def test_patterns_match_what_glob_matches(tree: Path, parts: list[str]) -> None:
    pattern = "/".join(parts)
    if not is_pattern(pattern):
        return
    theirs = {tree / one for one in glob.iglob(pattern, root_dir=tree, recursive=True)}  # noqa: PTH207
    wanted = sorted({os.path.normpath(one) for one in theirs if one.is_file()})
    for written, folder in ((pattern, tree), (f"{tree}/{pattern}", Path())):
        found = files_at(folder, written, Search(100_000))
        assert found == sorted(set(found))
        assert sorted({os.path.normpath(one) for one in found}) == wanted


@pytest.mark.parametrize("pattern", ["**", "**/*.txt", "*/*", "**/**/**/x", "**/*/**/*/**"])
def test_search_ends_after_a_number_of_entries(tree: Path, pattern: str) -> None:
    with pytest.raises(TooManyEntriesError, match="20 entries"):
        files_at(tree, pattern, Search(20))
    search = Search(20)
    for _ in range(2):
        with pytest.raises(TooManyEntriesError):
            files_at(tree, pattern, search)


@pytest.mark.parametrize(
    "pattern", ["*" * 5000, "[" * 100_000, "*/" * 3000, "\0*", "\ud800*", "a" * 300 + "*", "a/*/"]
)
def test_strange_patterns_match_nothing(tree: Path, pattern: str) -> None:
    assert files_at(tree, pattern, Search(100_000)) == []


@pytest.mark.parametrize(
    ("part", "translated"),
    [("[a]*x", 1), ("[a]*" * 63, 1), ("[a]*" * 64, 0), ("[[:" * 1000, 0)],
)
def test_each_part_of_a_pattern_is_translated_once(
    tree: Path, monkeypatch: pytest.MonkeyPatch, part: str, translated: int
) -> None:
    seen: list[str] = []

    def translate(pattern: str) -> str:
        seen.append(pattern)
        return real(pattern)

    real = fnmatch.translate
    monkeypatch.setattr(fnmatch, "translate", translate)
    assert files_at(tree, f"**/{part}", Search(100_000)) == []
    assert len(seen) == translated


@pytest.mark.skipif(os.name == "nt", reason=NO_LINKS)
def test_a_tree_that_contains_itself_is_searched_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "a.txt").touch()
    found = files_at(tmp_path, "**/*.txt", Search(1000))
    assert tmp_path / "a.txt" in found
