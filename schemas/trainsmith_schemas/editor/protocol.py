"""The names that the editor, the server and the manifest share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

LANGUAGE_SERVER_ID = "trainsmith"
TASK_TYPE = "trainsmith"
TaskName = Literal["train", "dryRun", "smoke", "resume"]
"""What a VS Code task of ours does with a recipe."""
TASKS: tuple[TaskName, ...] = get_args(TaskName)

RECIPES = "trainsmith.recipes"
"""VS Code's context key for the paths of the training recipes."""
FILES = "trainsmith.files"
"""The context key for the paths of everything that is ours: recipes, model files and so on."""
RUNNING = "trainsmith.running"
"""The context key for whether a run is under way."""

RUNS_VIEW = "trainsmith.runsView"
"""The view of all runs of the workspace, in the activity bar's container."""

LESSONS_VIEW = "trainsmith.lessonsView"
"""The view of the lessons and their headings, beside that of the runs."""

RECIPE_CLEAN = "trainsmith.recipeClean"
"""The context key that is set for a moment when a recipe was found without errors and warnings."""
RUN_FINISHED = "trainsmith.runFinished"
"""The context key that is set for a moment when a run has reached its last step."""
RUNS_COMPARED = "trainsmith.runsCompared"
"""The context key that is set for a moment when runs were shown beside each other."""
LESSON_READ = "trainsmith.lessonRead"
"""The context key that is set for a moment when a lesson was read to its end."""

ACHIEVEMENTS = (RECIPE_CLEAN, RUN_FINISHED, RUNS_COMPARED, LESSON_READ)
"""The context keys that complete the steps of the walkthrough: what was really done."""

CONTEXT_KEYS = (RECIPES, FILES, RUNNING, *ACHIEVEMENTS)
VIEWS = (RUNS_VIEW, LESSONS_VIEW)

_RECIPE = f"resourcePath in {RECIPES}"
_RUNNABLE = f"{_RECIPE} && isWorkspaceTrusted"
_FILE = f"resourcePath in {FILES}"
_TITLE = "view/title"
_ONE = "!listMultiSelection"
_RESUMABLE = "viewItem =~ /stopped|failed|interrupted/"


@dataclass(frozen=True)
class Command:
    """A command of the palette."""

    id: str
    title: str
    icon: str | None = None
    when: str | None = None
    """Where the palette and the menus offer it, as a VS Code `when` clause."""
    menus: tuple[tuple[str, str], ...] = ()
    """The menus that have it too, each with its group in there."""
    view: str = RUNS_VIEW
    """The view whose title it is for, where a view's title is one of those menus."""
    on_runs: tuple[tuple[str, str], ...] = ()
    """Its groups in the menu of a run of the runs' view, each with the runs that have it there."""
    palette: bool = True
    """The palette has it; what only makes sense for a run that was pointed at is not there."""
    key: str | None = None
    """The key that does it in the runs' view."""


CATEGORY = "Trainsmith"
COMMANDS = (
    Command(
        "trainsmith.runTraining",
        "Run Training",
        icon="$(play)",
        when=_RUNNABLE,
        menus=(("editor/title/run", "navigation@1"), ("explorer/context", "trainsmith@1")),
    ),
    Command(
        "trainsmith.dryRun",
        "Dry Run",
        icon="$(checklist)",
        when=_RUNNABLE,
        menus=(("editor/title/run", "navigation@2"), ("explorer/context", "trainsmith@2")),
    ),
    Command(
        "trainsmith.smokeRun",
        "Smoke Run",
        icon="$(beaker)",
        when=_RUNNABLE,
        menus=(("editor/title/run", "navigation@3"), ("explorer/context", "trainsmith@3")),
    ),
    Command(
        "trainsmith.runWithOverrides",
        "Run with Overrides",
        icon="$(settings)",
        when=_RUNNABLE,
        menus=(("editor/title/run", "navigation@4"), ("explorer/context", "trainsmith@4")),
    ),
    Command(
        "trainsmith.stopTraining",
        "Stop Training",
        icon="$(debug-stop)",
        when=RUNNING,
        menus=(("editor/title", "navigation@1"),),
    ),
    # In the title itself, since VS Code looks at the run button's menu again only along with it.
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
    """A command by the last part of its id."""
    return next(one for one in COMMANDS if one.id == f"trainsmith.{name}")


CREATE_NEXT_VERSION = "trainsmith.createNextVersion"
"""The server's command that copies a recipe to the next free name: `run.yaml` to `run_v2.yaml`.

Its argument is the recipe's URI, and so is its answer.
"""

RUN_PLAN = "trainsmith/runPlan"
DOCUMENT_STATUS = "trainsmith/documentStatus"
RUNS = "trainsmith/runs"
TEMPLATES = "trainsmith/templates"
SETTINGS = "trainsmith/settings"
CHECK_OVERRIDES = "trainsmith/checkOverrides"
WRITE_OVERRIDES = "trainsmith/writeOverrides"
"""The edit that writes overrides into the files that they concern, as LSP's `WorkspaceEdit`."""

CODE_ACTION_KINDS = {
    "sort": "source.sort.trainsmith",
    "convert": "refactor.rewrite.convert.trainsmith",
    "addSection": "refactor.rewrite.section.trainsmith",
}
"""The kinds of the edits that a command of the palette makes too."""

REQUESTS = (
    RUN_PLAN,
    DOCUMENT_STATUS,
    RUNS,
    TEMPLATES,
    SETTINGS,
    CHECK_OVERRIDES,
    WRITE_OVERRIDES,
)


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DocumentParams(_Message):
    """Ask about a document, open or not."""

    uri: str
    """The document's URI."""


class MissingFile(_Message):
    """A file that a run needs and that is not there."""

    key: str
    """The key that names it, with its section."""
    written: str
    """The path as it is written; empty where the key is absent."""


class RunPlan(_Message):
    """What Run Training needs to know of a document: the answer of `trainsmith/runPlan`."""

    document: str | None
    """The kind of document, `training` for a recipe; `None` for any other file."""
    checkpointDir: str  # noqa: N815 - LSP writes names in camel case.
    """The folder of the runs, relative to the working directory."""
    errors: int
    """How many errors the document has; the trainer would refuse it."""
    warnings: int
    missing: list[MissingFile]
    """The data or the model file, where a run would not find it."""


class Setting(_Message):
    """A setting of a recipe or of its model file. `trainsmith/settings` answers with all."""

    key: str
    """The key with its section, as the trainer's `--set` takes it."""
    value: str
    """Its value as YAML: as it is written, or else the default; empty where there is none."""
    written: bool
    """It stands in the file."""
    about: str
    """What it does, in a sentence or two."""
    expected: str
    """What may be written, in words: `a whole number, at least 1`."""
    choices: list[str]
    """All that may be written, where there are only so many."""


class OverrideParams(_Message):
    """A recipe and settings for one run: `trainsmith/checkOverrides` and its like."""

    uri: str
    """The recipe's URI."""
    overrides: list[str]
    """Each as the trainer's `--set` takes it: `training_config.batch_size=16`."""


class OverrideProblem(_Message):
    """What overrides would make wrong: `trainsmith/checkOverrides` answers with all."""

    severity: Literal["error", "warning", "information"]
    message: str


class ProfileChoice(_Message):
    """A trainer that a document can be judged for."""

    name: str
    """The name in settings and comments."""
    title: str
    """The name in sentences."""
    about: str
    """Which programs it stands for, as Markdown."""


class DocumentStatus(_Message):
    """What a document is and whom it is judged for: the answer of `trainsmith/documentStatus`."""

    document: str | None
    """The kind of document; `None` for a file that is not ours."""
    profile: ProfileChoice | None
    """The trainer that it is judged for; `None` for a file that is not ours."""
    chosenBy: Literal["comment", "settings", "keys"]  # noqa: N815
    """What says so: a comment in it, the editor's or the project's settings, or its own keys."""
    choices: list[ProfileChoice]
    """The trainers that read such a document."""


class Run(_Message):
    """A run of a recipe, as its folder tells. `trainsmith/runs` answers with the newest first."""

    name: str
    folder: str
    """The absolute path of the run's folder."""
    started: float
    """Seconds since 1970."""
    smoke: bool
    """It is a short run that tries everything."""
    state: Literal["unfinished", "finished", "stopped", "failed"]
    """How it ended; an unfinished one is under way, or was killed."""
    step: int
    """The last step that it took."""
    totalSteps: int  # noqa: N815
    """Steps after which it ends."""
    loss: float | None
    """The training loss of that step."""
    validationLoss: float | None  # noqa: N815
    """The last validation's loss."""


class Template(_Message):
    """Text to begin with."""

    label: str
    about: str
    text: str


class Templates(_Message):
    """What a new recipe is made from: the answer of `trainsmith/templates`."""

    recipes: list[Template]
    """Whole recipes, each with the `device_config` of one device at its end."""
    devices: list[Template]
    """The `device_config` of each board, whose name is the label."""
    model: str
    """A model file."""


MESSAGES: tuple[type[BaseModel], ...] = (
    DocumentParams,
    OverrideParams,
    OverrideProblem,
    Setting,
    RunPlan,
    DocumentStatus,
    Run,
    Templates,
)
