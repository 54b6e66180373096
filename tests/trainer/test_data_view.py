"""`trainsmith data` shows what the trainer sees."""

from __future__ import annotations

import json
from typing import Any

from workspace import Workspace

from trainsmith_schemas.runs.reports import DataReport, DataView

_EXAMPLES = [{"prompt": f"{n}+1=", "response": str(n + 1)} for n in range(20)]


def _write(workspace: Workspace, examples: list[Any] = _EXAMPLES, **training: Any) -> None:
    workspace.write("sums.jsonl", "\n".join(map(json.dumps, examples)))
    training = {"data_path": "sums.jsonl", "validation_split": 0.0, **training}
    workspace.write_recipe(training_config=training)


def _report(workspace: Workspace, *options: str, code: int = 0) -> DataReport:
    done = workspace.command("data", "training.yaml", "--format", "json", *options)
    assert (done.returncode, done.stderr) == (code, "")
    return DataReport.model_validate_json(done.stdout)


def _view(workspace: Workspace, *options: str, code: int = 0) -> DataView:
    view = _report(workspace, *options, code=code).view
    assert view
    return view


def test_each_sequence_is_an_example_with_its_place(workspace: Workspace) -> None:
    _write(workspace)
    view = _view(workspace, "--sequences", "20")
    assert len(view.sequences) == 20
    for sequence in view.sequences:
        (place,) = sequence.places
        number = int(place.removeprefix("sums.jsonl:")) - 1
        prompt, answer = sequence.pieces
        assert (prompt.text, prompt.counted) == (f"{number}+1=", False)
        assert (answer.text, answer.counted) == (f"{number + 1}<|endoftext|>", True)
        assert sequence.counted_tokens == answer.tokens
    assert (view.training.documents, view.training.examples) == (20, 20)
    assert sum(each.documents for each in view.training.lengths) == 20
    assert view.training.lengths[0].first == len("0+1=1") + 1
    assert view.training.duplicates is None
    assert view.validation is None


def test_packed_sequence_shows_where_its_documents_begin(workspace: Workspace) -> None:
    _write(workspace, packing=True)
    sequence = _view(workspace).sequences[0]
    assert len(sequence.places) == 2
    assert [piece.begins_document for piece in sequence.pieces] == [True, False, True, False]


def test_plain_text_is_one_document_with_all_tokens_counted(workspace: Workspace) -> None:
    view = _view(workspace, "--sequences", "1")
    (sequence,) = view.sequences
    assert (sequence.places, sequence.tokens, sequence.counted_tokens) == ([], 16, 16)
    assert (
        "".join(piece.text for piece in sequence.pieces)
        in (workspace.path / "text.txt").read_text()
    )
    assert view.validation
    assert view.training.lengths == []


def test_examples_that_are_too_long_are_errors_and_the_others_are_shown(
    workspace: Workspace,
) -> None:
    _write(workspace, [*_EXAMPLES, {"prompt": "1" * 40, "response": "2"}])
    report = _report(workspace, code=1)
    assert "1 of 21 examples is longer than the 16 tokens" in report.errors[0].message
    assert report.view
    assert report.view.training.lengths[-1].last >= 42
    assert [each.too_long for each in report.view.training.lengths if each.too_long] == [1]
    done = workspace.command("data", "training.yaml")
    assert done.returncode == 1
    assert "too long" in done.stdout
    assert "overlong" in done.stderr


def test_duplicates_are_counted_with_their_places(workspace: Workspace) -> None:
    _write(workspace, [*_EXAMPLES, _EXAMPLES[4], _EXAMPLES[4]])
    same = _view(workspace).training.duplicates
    assert same
    assert (same.documents, same.place, same.same_as) == (2, "sums.jsonl:21", "sums.jsonl:5")


def test_text_marks_counted_tokens_and_escapes_control_characters(workspace: Workspace) -> None:
    _write(workspace, [{"prompt": "a\x1b[31m\nb", "response": "c"}])
    done = workspace.command("data", "training.yaml")
    assert "   a\\u001b[31m\\nb⟦c<|endoftext|>⟧\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_report_names_the_files_that_determine_it(workspace: Workspace) -> None:
    _write(workspace, [{"question": "a"}])
    report = _report(workspace, code=1)
    assert report.view is None
    assert set(report.files) == {"training.yaml", "model.yaml", "sums.jsonl"}
    workspace.write("training.yaml", "training_config:\n  batch_size: many\n")
    assert _report(workspace, code=1).files == ["training.yaml"]


def test_data_that_cannot_be_read_is_an_error(workspace: Workspace) -> None:
    _write(workspace, [{"question": "a"}])
    done = workspace.command("data", "training.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "sums.jsonl:1: no example is in this, found `question`" in done.stderr


def test_texts_are_never_too_long(workspace: Workspace) -> None:
    for name in "ab":
        workspace.write(f"{name}.txt", f"{name} small text. " * 20)
    view = _view(workspace, "--set", "training_config.data_path='?.txt'")
    assert view.training.documents == 2
    assert [each.too_long for each in view.training.lengths] == [0] * len(view.training.lengths)


def test_places_skip_files_that_are_named_twice(workspace: Workspace) -> None:
    _write(workspace, data_path=["sums.jsonl", "again.jsonl", "more.jsonl"])
    (workspace.path / "again.jsonl").symlink_to("sums.jsonl")
    workspace.write("more.jsonl", json.dumps({"prompt": "7+7=", "response": "14"}))
    view = _view(workspace, "--sequences", "21")
    assert view.training.files == ["sums.jsonl", "more.jsonl"]
    assert "more.jsonl:1" in [place for one in view.sequences for place in one.places]


def test_long_sequence_is_shown_in_part(workspace: Workspace) -> None:
    examples = [{"prompt": "a" * 5000, "response": "b"}]
    _write(workspace, examples)
    length = ("--set", "transformer_config.max_sequence_length=6000")
    (sequence,) = _view(workspace, *length).sequences
    assert (sequence.tokens, sequence.left_out) == (5001, 5001 - 4096)
    assert sum(piece.tokens for piece in sequence.pieces) == 4096
