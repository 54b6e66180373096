"""The names that the editor, the server and the manifest share.

This module does not import pydantic, so that the server can use it before it loads any schema.
"""

from __future__ import annotations

from typing import Literal, get_args

LANGUAGE_SERVER_ID = "trainsmith"
TASK_TYPE = "trainsmith"
TASK_VARIABLE = "TRAINSMITH_TASK"
"""The environment variable with which a task identifies its run, which writes it in its events."""
TaskName = Literal["train", "dryRun", "smoke", "resume"]
"""What one of our VS Code tasks does with a recipe."""
TASKS: tuple[TaskName, ...] = get_args(TaskName)

RECIPES = "trainsmith.recipes"
"""The VS Code context key for the paths of all training recipes."""
FILES = "trainsmith.files"
"""The context key for the paths of all of our documents: recipes, model files and so on."""
RUNNING = "trainsmith.running"
"""The context key for whether a run is in progress."""

RUNS_VIEW = "trainsmith.runsView"
"""The view of all runs in the workspace, in our activity bar container."""

LESSONS_VIEW = "trainsmith.lessonsView"
"""The view of lessons and their headings, in the same container."""

RECIPE_CLEAN = "trainsmith.recipeClean"
"""The context key that is set briefly when a recipe has no errors and no warnings."""
RUN_FINISHED = "trainsmith.runFinished"
"""The context key that is set briefly when a run reaches its last step."""
RUNS_COMPARED = "trainsmith.runsCompared"
"""The context key that is set briefly when runs are compared."""
LESSON_READ = "trainsmith.lessonRead"
"""The context key that is set briefly when a lesson has been read to its end."""

ACHIEVEMENTS = (RECIPE_CLEAN, RUN_FINISHED, RUNS_COMPARED, LESSON_READ)
"""The context keys that complete steps of the walkthrough when the user has done them."""

CONTEXT_KEYS = (RECIPES, FILES, RUNNING, *ACHIEVEMENTS)
VIEWS = (RUNS_VIEW, LESSONS_VIEW)

CREATE_NEXT_VERSION = "trainsmith.createNextVersion"
"""The server command that copies a recipe to the next free name: `run.yaml` to `run_v2.yaml`.

Its argument is the recipe's URI; its result is the copy's URI.
"""

SUGGEST_AGAIN = "editor.action.triggerSuggest"
"""VS Code's own command that opens the completions at the cursor.

The server sends it only to editors that list it in their experimental capability `commands`.
"""

RUN_PLAN = "trainsmith/runPlan"
DOCUMENT_STATUS = "trainsmith/documentStatus"
RUNS = "trainsmith/runs"
RUNNING_RUNS = "trainsmith/runningRuns"
TEMPLATES = "trainsmith/templates"
SETTINGS = "trainsmith/settings"
CHECK_OVERRIDES = "trainsmith/checkOverrides"
WRITE_OVERRIDES = "trainsmith/writeOverrides"
"""Returns a `WorkspaceEdit` that writes overrides into the recipe and its model file."""

CODE_ACTION_KINDS = {
    "sort": "source.sort.trainsmith",
    "convert": "refactor.rewrite.convert.trainsmith",
    "addSection": "refactor.rewrite.section.trainsmith",
}
"""The kinds of code actions that are also commands in the palette."""

REQUESTS = (
    RUN_PLAN,
    DOCUMENT_STATUS,
    RUNS,
    RUNNING_RUNS,
    TEMPLATES,
    SETTINGS,
    CHECK_OVERRIDES,
    WRITE_OVERRIDES,
)
