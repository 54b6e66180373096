"""The extension's commands, and where VS Code offers them."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.editor.names import FILES, LESSONS_VIEW, RECIPES, RUNNING, RUNS_VIEW

_RECIPE = f"resourcePath in {RECIPES}"
TRUSTED = "isWorkspaceTrusted"
_RUNNABLE = f"{_RECIPE} && {TRUSTED}"
_FILE = f"resourcePath in {FILES}"
_TITLE = "view/title"
_ONE = "!listMultiSelection"
_RESUMABLE = "viewItem =~ /stopped|failed|interrupted/"


@dataclass(frozen=True)
class Command:
    """A command of the palette or of a menu."""

    id: str
    title: str
    icon: str | None = None
    when: str | None = None
    """When the palette and the menus offer it, as a VS Code `when` clause."""
    menus: tuple[tuple[str, str], ...] = ()
    """The menus that contain it, each with its group in that menu."""
    view: str = RUNS_VIEW
    """The view, if one of those menus is `view/title`."""
    on_runs: tuple[tuple[str, str], ...] = ()
    """Its groups in the context menu of the runs view, each with a `when` clause for the run."""
    asks: bool = False
    """Whether it asks for a recipe if the editor has none; then the palette always offers it."""
    palette: bool = True
    """Whether the palette has it. Commands that apply to a selected run are not there."""
    key: str | None = None
    """Its key in the runs view."""


CATEGORY = "Trainsmith"
COMMANDS = (
    Command(
        "trainsmith.runTraining",
        "Run Training",
        icon="$(play)",
        when=_RUNNABLE,
        asks=True,
        menus=(("editor/title/run", "navigation@1"), ("explorer/context", "trainsmith@1")),
    ),
    Command(
        "trainsmith.dryRun",
        "Dry Run",
        icon="$(checklist)",
        when=_RUNNABLE,
        asks=True,
        menus=(("editor/title/run", "navigation@2"), ("explorer/context", "trainsmith@2")),
    ),
    Command(
        "trainsmith.smokeRun",
        "Smoke Run",
        icon="$(beaker)",
        when=_RUNNABLE,
        asks=True,
        menus=(("editor/title/run", "navigation@3"), ("explorer/context", "trainsmith@3")),
    ),
    Command(
        "trainsmith.runWithOverrides",
        "Run with Overrides",
        icon="$(settings)",
        when=_RUNNABLE,
        asks=True,
        menus=(("editor/title/run", "navigation@4"), ("explorer/context", "trainsmith@4")),
    ),
    Command(
        "trainsmith.showData",
        "Show Data",
        icon="$(database)",
        when=_RUNNABLE,
        asks=True,
        menus=(("editor/title/run", "navigation@5"), ("explorer/context", "trainsmith@5")),
    ),
    Command(
        "trainsmith.stopTraining",
        "Stop Training",
        icon="$(debug-stop)",
        when=RUNNING,
        menus=(("editor/title", "navigation@1"),),
    ),
    # In the title itself, because VS Code updates the run button's menu only together with it.
    Command(
        "trainsmith.showTraining",
        "Show Training",
        icon="$(graph-line)",
        when=_RECIPE,
        menus=(("editor/title", "navigation@2"),),
    ),
    Command("trainsmith.compareWithLastRun", "Compare with Last Run", icon="$(diff)", when=_RECIPE),
    Command(
        "trainsmith.resumeTraining", "Resume Training", icon="$(debug-continue)", when=_RUNNABLE
    ),
    Command(
        "trainsmith.newRecipe",
        "New Training Config",
        icon="$(new-file)",
        menus=(("file/newFile", "file@1"),),
    ),
    Command("trainsmith.convert", "Convert to Another Trainer", when=_FILE),
    Command("trainsmith.saveAsNextVersion", "Save as Next Version", when=_RECIPE),
    Command("trainsmith.sortKeys", "Sort Keys", when=_FILE),
    Command("trainsmith.addSection", "Add Missing Section", when=_FILE),
    Command("trainsmith.chooseProfile", "Choose Profile", when=_FILE),
    Command("trainsmith.openLesson", "Open Lesson", icon="$(mortar-board)"),
    Command(
        "trainsmith.resetProgress",
        "Reset Progress",
        icon="$(discard)",
        menus=((_TITLE, "navigation@1"),),
        view=LESSONS_VIEW,
    ),
    Command(
        "trainsmith.setUpEnvironment", "Set Up Training Environment", when="isWorkspaceTrusted"
    ),
    Command("trainsmith.showDevices", "Show Devices", when="isWorkspaceTrusted"),
    Command("trainsmith.restartServer", "Restart Language Server"),
    Command(
        "trainsmith.compareRuns",
        "Compare Runs",
        icon="$(git-compare)",
        menus=((_TITLE, "navigation@1"),),
        on_runs=(("inline@1", "!(viewItem =~ /alone/)"), ("1_compare@1", "true")),
    ),
    Command(
        "trainsmith.diffRecipes",
        "Diff Recipes",
        icon="$(diff)",
        on_runs=(("1_compare@2", "true"),),
        palette=False,
    ),
    Command(
        "trainsmith.markBaseline",
        "Mark as Baseline",
        icon="$(pinned)",
        on_runs=(("1_compare@3", f"{_ONE} && !(viewItem =~ /baseline/)"),),
        palette=False,
    ),
    Command(
        "trainsmith.clearBaseline",
        "Clear Baseline",
        on_runs=(("1_compare@3", f"{_ONE} && viewItem =~ /baseline/"),),
        palette=False,
    ),
    Command(
        "trainsmith.resumeRun",
        "Resume",
        icon="$(debug-continue)",
        on_runs=(("inline@2", _RESUMABLE), ("2_run@1", f"{_ONE} && {_RESUMABLE}")),
        palette=False,
    ),
    Command(
        "trainsmith.generateText",
        "Generate Text",
        icon="$(sparkle)",
        on_runs=(("2_run@2", _ONE),),
        palette=False,
    ),
    Command(
        "trainsmith.restoreRecipe",
        "Restore Recipe from Run",
        on_runs=(("2_run@3", _ONE),),
        palette=False,
    ),
    Command(
        "trainsmith.writeConclusion",
        "Write Conclusion",
        icon="$(note)",
        on_runs=(("2_run@4", _ONE),),
        palette=False,
    ),
    Command(
        "trainsmith.openRunFolder",
        "Reveal Run Folder",
        on_runs=(("3_files@1", _ONE),),
        palette=False,
    ),
    Command(
        "trainsmith.deleteRuns",
        "Delete",
        icon="$(trash)",
        on_runs=(("4_delete@1", "!(viewItem =~ /running/)"),),
        palette=False,
        key="Delete",
    ),
    Command(
        "trainsmith.refreshRuns",
        "Refresh Runs",
        icon="$(refresh)",
        menus=((_TITLE, "navigation@2"),),
    ),
)


def command(name: str) -> Command:
    """The command whose id ends with `name`."""
    return next(one for one in COMMANDS if one.id == f"trainsmith.{name}")
