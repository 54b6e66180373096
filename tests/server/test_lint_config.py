"""Reading project files, and reporting their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.workspace.project_config import (
    Projects,
    merge,
    of_the_environment,
    read_project_file,
)


def _read(folder: Path, text: str) -> tuple[LintOptions, list[str]]:
    path = folder / ".trainsmith.yaml"
    path.write_text(text, encoding="utf-8")
    read = read_project_file(path, path.stat().st_size)
    return read.options, [
        f"{read.lines.line_of(fault.span[0]) + 1} `{text[slice(*fault.span)]}` {fault.message}"
        for fault in read.faults
    ]


def test_a_project_file_is_read(tmp_path: Path) -> None:
    text = "profile: tt-train\nrules:\n  lr-too-high: error\n  save-every-step: off\n"
    levels = {"lr-too-high": "error", "save-every-step": "off"}
    assert _read(tmp_path, text) == (LintOptions("tt-train", levels), [])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "profile: auto\nrules:\n", "rules: {}\n"])
def test_empty_settings(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, text) == (LintOptions(), [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("profil: tt-train\n", "1 `profil` there is no setting `profil`; did you mean `profile`?"),
        (
            "profile: tt-trian\n",
            "1 `tt-trian` there is no profile `tt-trian`, only `auto`, `trainsmith`, `tt-train`,"
            " `tt-train-flat`, `blacksmith`; did you mean `tt-train`?",
        ),
        (
            "rules:\n  lr-to-high: off\n",
            "2 `lr-to-high` there is no code `lr-to-high`; did you mean `lr-too-high`?",
        ),
        (
            "rules:\n  lr-too-high: warn\n",
            "2 `warn` there is no level `warn`, only `off`, `hint`, `information`, `warning`,"
            " `error`; did you mean `warning`?",
        ),
        (
            "privacy: local\n",
            "1 `local` there is no privacy `local`, only `unrestricted`, `local-only`;"
            " did you mean `local-only`?",
        ),
        ("rules: [lr-too-high]\n", "1 `[lr-too-high]` `rules` needs codes and their levels"),
        (
            "rules: {yaml-tab: off}\n",
            "1 `yaml-tab` `yaml-tab` is a syntax error: it can't be ignored or given another level",
        ),
        ("- rules\n", "1 `- rules` expected the keys `profile`, `rules`, `board`, `privacy`"),
    ],
)
def test_a_mistake_is_reported_and_left_out(tmp_path: Path, text: str, fault: str) -> None:
    assert _read(tmp_path, text) == (LintOptions(), [fault])


def test_a_mistake_does_not_affect_other_settings(tmp_path: Path) -> None:
    options, faults = _read(tmp_path, "profile: unknown\nrules: {lr-too-high: off}\n")
    assert options == LintOptions(None, {"lr-too-high": "off"})
    assert len(faults) == 1


@pytest.mark.parametrize("indent", ["", "  "])
def test_unknown_names_are_limited(tmp_path: Path, indent: str) -> None:
    """Each is compared with all names, and any folder may have such a file."""
    names = "".join(f"{indent}key_{number}: 1\n" for number in range(6000))
    path = tmp_path / ".trainsmith.yaml"
    path.write_text(("rules:\n" if indent else "") + names)
    assert 50 <= len(read_project_file(path, 0).faults) <= 102


def test_broken_yaml_is_reported(tmp_path: Path) -> None:
    options, faults = _read(tmp_path, "rules: {\n")
    assert options == LintOptions()
    assert faults


def test_an_alias_bomb_is_reported(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert _read(tmp_path, "\n".join(lines) + "\n")[1]


def test_the_nearest_file_is_used_and_read_again_when_it_changes(tmp_path: Path) -> None:
    recipe = tmp_path / "one" / "two" / "training.yaml"
    recipe.parent.mkdir(parents=True)
    projects = Projects()
    assert projects.around(recipe) is None
    (tmp_path / ".trainsmith.yaml").write_text("profile: tt-train\n", encoding="utf-8")
    above = projects.around(recipe)
    assert above
    assert above.options.profile == "tt-train"
    near = tmp_path / "one" / ".trainsmith.yaml"
    for profile in ("blacksmith", "tt-train-flat"):
        near.write_text(f"profile: {profile}\n", encoding="utf-8")
        found = projects.around(recipe)
        assert found
        assert found.options.profile == profile


def test_the_first_options_take_precedence() -> None:
    editor = LintOptions(None, {"lr-too-high": "off"})
    project = LintOptions("tt-train", {"lr-too-high": "error", "save-every-step": "hint"})
    levels = {"lr-too-high": "off", "save-every-step": "hint"}
    assert merge(editor, project) == LintOptions("tt-train", levels)  # pyright: ignore[reportArgumentType]


def test_a_file_below_does_not_permit_what_one_above_forbids(tmp_path: Path) -> None:
    recipe = tmp_path / "cloned" / "training.yaml"
    recipe.parent.mkdir()
    (tmp_path / ".trainsmith.yaml").write_text("privacy: local-only\nprofile: tt-train\n")
    (recipe.parent / ".trainsmith.yaml").write_text("privacy: unrestricted\n")
    project = Projects().around(recipe)
    assert project is not None
    assert project.path == recipe.parent / ".trainsmith.yaml"
    assert project.options.local_only
    assert project.options.profile is None


def test_a_misspelt_variable_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    for level, private in (("", False), ("unrestricted", False), ("Local-Only", True)):
        monkeypatch.setenv("TRAINSMITH_PRIVACY", level)
        assert of_the_environment().local_only is private
