"""The names that the editor, the server and the manifest share.

It imports no pydantic, so the server reads them before it loads any schema.
"""

from __future__ import annotations

from typing import Literal, get_args

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
