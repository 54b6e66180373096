"""Files that may be anything are read within bounds, and nothing is written behind a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deep import deep_folder
from skips import NO_LINKS
from trainsmith_system.folders import is_same, remove_tree, walk
from trainsmith_system.lock import HeldError, hold, is_held
from trainsmith_system.reading import RefusedFileError, RegularFile, open_regular, read_bytes
from trainsmith_system.writing import (
    link_target,
    open_to_append,
    remove_folder,
    remove_leftovers,
    replace_file,
    write_file,
    write_folder,
)

posix = pytest.mark.skipif(os.name != "posix", reason=NO_LINKS)


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", 5) == b"12345"
    with pytest.raises(RefusedFileError, match="larger than"):
        read_bytes(tmp_path / "file", 4)


@posix
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedFileError, match="not a regular file"):
        read_bytes(tmp_path / "pipe", 10)
    with pytest.raises(OSError, match="pipe"):
        open_to_append(tmp_path / "pipe")


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin"])
def test_a_link_to_a_device_is_refused(tmp_path: Path, device: str) -> None:
    (tmp_path / "link").symlink_to(device)
    with pytest.raises(OSError, match="link"):
        read_bytes(tmp_path / "link", 10)


@pytest.mark.parametrize("name", ["nul\0", "half \ud800", "x" * 300])
def test_a_name_that_no_file_can_have_is_an_os_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011
        open_regular(tmp_path / name)


@posix
def test_a_link_is_followed_only_where_this_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"secret")
    (tmp_path / "link").symlink_to("target")
    assert read_bytes(tmp_path / "link", 10) == b"secret"
    with pytest.raises(RefusedFileError, match="symbolic link"):
        read_bytes(tmp_path / "link", 10, follow_links=False)
    assert not is_held(tmp_path / "link")


@posix
def test_writing_replaces_a_link_and_spares_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"keep")
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"keep"
    assert not (tmp_path / "link").is_symlink()


@posix
def test_nothing_is_appended_or_locked_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"keep")
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(RefusedFileError):
        open_to_append(tmp_path / "link")
    with pytest.raises(RefusedFileError), hold(tmp_path / "link"):
        pass
    assert (tmp_path / "target").read_bytes() == b"keep"


@posix
def test_a_link_into_another_folder_is_not_written_through(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "keys").write_bytes(b"keep")
    (inside / "recipe.yaml").symlink_to(outside / "keys")
    with pytest.raises(RefusedFileError, match="in another folder"):
        replace_file(inside / "recipe.yaml", b"new")
    assert (outside / "keys").read_bytes() == b"keep"


@posix
def test_a_link_beside_its_target_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "target").chmod(0o640)
    (tmp_path / "link").symlink_to("target")
    assert link_target(tmp_path / "link").name == "target"
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"new"
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o640


@posix
def test_nothing_behind_a_linked_folder_is_removed(tmp_path: Path) -> None:
    outside, link = tmp_path / "outside", tmp_path / "checkpoints"
    write_folder(outside, {f".trainsmith-{'0' * 16}": b"leftover"})
    link.symlink_to(outside)
    with pytest.raises(RefusedFileError):
        remove_leftovers(link)
    remove_folder(link)
    assert not link.is_symlink()
    link.symlink_to(outside)
    write_folder(link, {"new": b""})
    assert [path.name for path in link.iterdir()] == ["new"]
    assert len(list(outside.iterdir())) == 1


@posix
def test_a_private_file_is_private_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes").write_bytes(b"old")
    (tmp_path / "notes").chmod(0o600)
    seen: list[int] = []
    replace = Path.replace

    def watched(source: Path, target: Path) -> Path:
        seen.append(source.stat().st_mode & 0o777)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", watched)
    replace_file(tmp_path / "notes", b"new")
    assert seen == [0o600]


def test_only_our_own_leftovers_are_removed(tmp_path: Path) -> None:
    for name in (f".trainsmith-{'a' * 16}", ".trainsmith-notes", ".recipe.yaml.123", "file"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".trainsmith-notes", ".recipe.yaml.123", "file"}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "final", {"old": b"1"})
    write_folder(tmp_path / "final", {"new": b"2"})
    assert [path.name for path in (tmp_path / "final").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_leftovers_of_any_depth_are_walked_and_removed(tmp_path: Path) -> None:
    with deep_folder(tmp_path / ".trainsmith-0123456789abcdef", ""):
        assert sum(len(files) for _, _, files in walk(tmp_path)) == 1
        remove_leftovers(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"not a folder")
    write_folder(tmp_path / "folder", {"a": b"1"})
    assert (tmp_path / "folder" / "a").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@posix
def test_links_in_a_tree_are_removed_and_their_targets_stay(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    inner = tmp_path / "tree" / "a" / "b"
    inner.mkdir(parents=True)
    for place in (tmp_path / "tree", inner):
        (place / "folder").symlink_to(tmp_path / "kept")
        (place / "file").symlink_to(tmp_path / "kept" / "file")
    assert [folder for folder, _, _ in walk(tmp_path / "tree")][1:] == [inner.parent, inner]
    remove_tree(tmp_path / "tree")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").exists()
    (tmp_path / "link").symlink_to("kept")
    with pytest.raises(RefusedFileError):
        remove_tree(tmp_path / "link")


@posix
def test_a_link_to_itself_is_an_os_error(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("link")
    with pytest.raises(OSError, match="link"):
        replace_file(link, b"")
    with pytest.raises(OSError, match="link"):
        read_bytes(link, 10)
    assert not is_same(link, tmp_path)


def test_a_file_without_content_at_the_moment_is_an_error() -> None:
    """Some files in Linux's `/proc` are regular, and behave like this pipe."""
    waiting, writer = os.pipe()
    os.set_blocking(waiting, False)
    with RegularFile(waiting) as file:
        for read in (file.read, file.readall, lambda: file.readinto(bytearray(9))):
            with pytest.raises(BlockingIOError, match="no content at the moment"):
                read()
    os.close(writer)


@posix
def test_a_look_at_a_lock_does_not_keep_others_from_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import fcntl

    path = tmp_path / "events"
    path.touch()
    with path.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)

        def look_away(_seconds: float) -> None:
            fcntl.flock(looking, fcntl.LOCK_UN)

        monkeypatch.setattr("trainsmith_system.lock.sleep", look_away)
        with hold(path):
            assert is_held(path)


def test_a_lock_that_stays_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, waits = tmp_path / "events", list[float]()
    monkeypatch.setattr("trainsmith_system.lock.sleep", waits.append)
    with hold(path), pytest.raises(HeldError), hold(path):
        pass
    assert len(waits) == 4
