"""`experiments.md`: an entry for each run, and no loss of the user's text."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace import Workspace

from patience import PATIENCE
from trainsmith_schemas.runs.layout import EXPERIMENTS
from trainsmith_schemas.runs.reports import Difference, RunRecord
from trainsmith_system import updating
from trainsmith_trainer.history.experiments import note_run, without_result
from trainsmith_trainer.user_cache import VARIABLE


def _run(name: str, **changes: object) -> RunRecord:
    facts = {
        "name": name,
        "folder": f"checkpoints/{name}",
        "config": "training.yaml",
        "state": "stopped",
        "smoke": False,
        "started": 0.0,
        "seconds": 65.0,
        "step": 10,
        "total_steps": 20,
        "loss": 1.5,
        "validation_loss": 1.75,
        "best_validation_loss": 1.7,
        "best_step": 5,
        "reason": None,
        "parent": None,
        "changes": None,
    }
    return RunRecord.model_validate({**facts, **changes})


def test_run_gets_entry_with_space_for_conclusion(tmp_path: Path) -> None:
    changes = [
        Difference(what="learning rate", keys=[], values=["1", "2"], matters=True),
        Difference(what="log_level", keys=[], values=["INFO", "DEBUG"], matters=False),
    ]
    note_run(tmp_path / EXPERIMENTS, _run("one", state="finished"), "To be\nor not")
    note_run(tmp_path / EXPERIMENTS, _run("two", parent="one", changes=changes), None)
    text = (tmp_path / EXPERIMENTS).read_text(encoding="utf-8")
    assert text.startswith("# Experiments\n\n## one\n\n<!-- trainsmith: one -->\n")
    assert "- The first run of this recipe\n" in text
    assert (
        "- Result: finished after 10 steps in 1:05, training loss 1.5000, validation loss 1.7500, "
        "at best 1.7000 at step 5\n"
    ) in text
    assert "      To be\n      or not\n" in text
    assert "- Since one: learning rate 1 → 2; log_level INFO → DEBUG\n" in text
    assert text.count("**Conclusion:** \n") == 2


def test_no_text_of_a_run_is_markup(tmp_path: Path) -> None:
    hostile = "a--><img src=x>`![x](https://host/p.png) [y]: \\[z](w)"
    changes = [Difference(what="data", keys=[], values=["a", hostile], matters=True)]
    run = _run(hostile, parent="one", changes=changes, reason=hostile, config=hostile)
    for _ in range(2):
        note_run(tmp_path / EXPERIMENTS, run, None)
    text = (tmp_path / EXPERIMENTS).read_text(encoding="utf-8")
    assert text.count("## ") == 1
    outside = re.sub(r"\\.|<!--.*?-->|`[^`\n]*`", "", text)
    assert not re.search(r"[<\[]", outside), outside


def test_several_changes_add_caution(tmp_path: Path) -> None:
    changes = [
        Difference(what=what, keys=[], values=["1", "2"], matters=True) for what in ("a", "b")
    ]
    note_run(tmp_path / EXPERIMENTS, _run("two", parent="one", changes=changes), None)
    assert "more than one thing changed" in (tmp_path / EXPERIMENTS).read_text(encoding="utf-8")


def test_resumed_run_updates_its_entry(tmp_path: Path) -> None:
    path = tmp_path / EXPERIMENTS
    note_run(path, _run("one"), "<!-- trainsmith: end 0000000000000000 -->\n<!-- trainsmith: x -->")
    path.write_bytes(path.read_bytes() + b"It was warm.\n")
    note_run(path, _run("one", state="finished"), None)
    text = path.read_text(encoding="utf-8")
    assert text.count("## one\n") == 1
    assert "stopped" not in text
    assert text.endswith("**Conclusion:** \nIt was warm.\n")


def test_strange_text_takes_no_time(tmp_path: Path) -> None:
    """Each mark would be compared with all that follow; half a megabyte took minutes."""
    path = tmp_path / EXPERIMENTS
    path.write_bytes(b"<!-- trainsmith: a" * 30_000)
    assert without_result(path) == []


@pytest.mark.parametrize("before", [b"", b"My notes", b"My notes\r\n", b"\xff\xfe\x00"])
def test_existing_file_is_appended_to(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / EXPERIMENTS
    if before:
        path.write_bytes(before)
    note_run(path, _run("one"), None)
    assert path.read_bytes().startswith(before)
    assert b"## one\n" in path.read_bytes()


def test_symbolic_link_and_mode_are_preserved(tmp_path: Path) -> None:
    real = tmp_path / "real.md"
    note_run(real, _run("one"), None)
    real.chmod(0o640)
    (tmp_path / EXPERIMENTS).symlink_to(real)
    note_run(tmp_path / EXPERIMENTS, _run("one", state="finished"), None)
    assert (tmp_path / EXPERIMENTS).is_symlink()
    assert b"finished" in real.read_bytes()
    assert real.stat().st_mode & 0o777 == 0o640


_REGION = re.compile(
    rb"<!-- trainsmith: (\w+) -->\n(?:(?!<!--).)*?<!-- trainsmith: end \w{16} -->\n", re.DOTALL
)
_PIECES = st.one_of(
    st.binary(min_size=1, max_size=30),
    st.sampled_from(
        [
            b"<!-- trainsmith: a -->\n",
            b"<!-- trainsmith: end 0123456789abcdef -->\n",
            b"## a\n\n",
            b"**Conclusion:** it helped\n",
            b"\r\n",
        ]
    ),
)


@given(
    actions=st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.sampled_from(["a", "b"])),
            st.tuples(st.floats(0, 1), _PIECES),
        ),
        max_size=12,
    )
)
def test_user_text_is_never_lost(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[object, object]]
) -> None:
    """Text may be written anywhere at any time, even into the entries and the marks."""
    path = tmp_path_factory.mktemp("notes") / EXPERIMENTS
    for number, (action, what) in enumerate(actions):
        before = path.read_bytes() if path.exists() else b""
        if action == "run":
            note_run(path, _run(str(what), step=number), "sample" if number % 2 else None)
            _assert_only_own_entry_changed(before, path.read_bytes(), str(what).encode())
        else:
            assert isinstance(action, float)
            assert isinstance(what, bytes)
            place = int(action * len(before))
            path.write_bytes(before[:place] + what + before[place:])


def _assert_only_own_entry_changed(before: bytes, after: bytes, name: bytes) -> None:
    """Either something was added at the end, or one whole region was replaced by another."""
    if after.startswith(before):
        return
    candidates = [match for match in _REGION.finditer(before) if match.group(1) == name]
    assert any(
        after.startswith(before[: match.start()]) and after.endswith(before[match.end() :])
        for match in candidates
    )


_NOTE_RUNS = """
import sys
from pathlib import Path
from trainsmith_schemas.runs.reports import RunRecord
from trainsmith_trainer.history.experiments import note_run

path, run = Path(sys.argv[1]), RunRecord.model_validate_json(sys.argv[2])
for number in range(20):
    for state in ("stopped", "finished"):
        changed = {"name": f"{run.name}{number}", "state": state}
        note_run(path, run.model_copy(update=changed), None)
"""


def test_several_processes_lose_no_result(tmp_path: Path) -> None:
    """Each process notes 20 runs and their results, as fast as it can."""
    path = tmp_path / EXPERIMENTS
    writers = [
        subprocess.Popen([sys.executable, "-c", _NOTE_RUNS, path, _run(name).model_dump_json()])
        for name in "abc"
    ]
    assert [writer.wait(PATIENCE) for writer in writers] == [0, 0, 0]
    text = path.read_text(encoding="utf-8")
    assert text.count("finished after 10 steps") == 60
    assert "stopped after" not in text
    assert len(re.findall(r"^## [abc]\d+$", text, re.MULTILINE)) == 60


def test_text_saved_during_a_change_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / EXPERIMENTS
    note_run(path, _run("one"), None)
    read = updating.read_bytes
    saves = iter([b"Saved meanwhile.\n"])

    def read_before_a_save(path: Path, *args: object, **options: object) -> bytes:
        content = read(path, *args, **options)  # type: ignore[arg-type]
        path.write_bytes(content + next(saves, b""))
        return content

    monkeypatch.setattr(updating, "read_bytes", read_before_a_save)
    note_run(path, _run("one", state="finished"), None)
    text = path.read_text(encoding="utf-8")
    assert "finished" in text
    assert text.endswith("Saved meanwhile.\n")


def test_results_are_noted_without_a_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "cache"))
    for state in ("stopped", "finished"):
        note_run(tmp_path / EXPERIMENTS, _run("one", state=state), None)
    assert "finished" in (tmp_path / EXPERIMENTS).read_text(encoding="utf-8")


def test_a_file_that_is_saved_again_and_again_does_not_halt_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / EXPERIMENTS
    note_run(path, _run("one"), None)
    read = updating.read_bytes

    def read_before_a_save(path: Path, *args: object, **options: object) -> bytes:
        content = read(path, *args, **options)  # type: ignore[arg-type]
        path.write_bytes(content + b"x")
        return content

    monkeypatch.setattr(updating, "read_bytes", read_before_a_save)
    monkeypatch.setattr(updating, "_PATIENCE", 0.0)
    with pytest.raises(TimeoutError, match="changing it for too long"):
        note_run(path, _run("one", state="finished"), None)


def test_next_run_notes_result_of_run_killed_before_its_note(workspace: Workspace) -> None:
    path = workspace.path / EXPERIMENTS
    assert workspace.command("train", "training.yaml", "--max-steps", "2").returncode == 0
    noted = path.read_bytes()
    path.unlink()
    running = _run("training-001", state="running")
    note_run(path, running, None)  # What a run has written when it is killed.
    assert workspace.command("train", "training.yaml", "--max-steps", "3").returncode == 0
    text = path.read_text(encoding="utf-8")
    assert "not known yet" not in text
    [result] = re.findall(r"^- Result: finished after 2 steps.*$", text, re.MULTILINE)
    assert result.encode() in noted


def test_killed_run_has_entry(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"max_steps": 100_000})
    with workspace.start("train", "training.yaml") as process:
        log = workspace.run_folder() / "training.log"
        while not (log.exists() and "  loss " in log.read_text(encoding="utf-8")):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    path = workspace.path / EXPERIMENTS
    assert "- Result: not known yet" in path.read_text(encoding="utf-8")
    path.write_bytes(path.read_bytes() + b"I wonder.\n")
    resumed = workspace.command("train", "training.yaml", "--resume", "--max-steps", "100")
    assert resumed.returncode in (0, 1)
    text = path.read_text(encoding="utf-8")
    assert text.count("## training-001\n") == 1
    assert "not known yet" not in text
    assert text.endswith("I wonder.\n")


def test_experiments_file_is_next_to_recipe(workspace: Workspace) -> None:
    for options in (["--smoke"], ["--max-steps", "2"], ["--max-steps", "3"]):
        assert workspace.command("train", "training.yaml", *options).returncode == 0
    text = (workspace.path / EXPERIMENTS).read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["training-001", "training-002"]
    assert "- Since training-001: length 2 steps → 3 steps\n" in text


def test_unwritable_experiments_file_does_not_fail_run(workspace: Workspace) -> None:
    (workspace.path / EXPERIMENTS).mkdir()
    result = workspace.command("train", "training.yaml", "--max-steps", "1")
    assert result.returncode == 0
    assert f"{EXPERIMENTS} was not written: it is a folder" in result.stderr
