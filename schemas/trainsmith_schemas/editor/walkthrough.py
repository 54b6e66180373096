"""VS Code's walkthrough of Trainsmith. A step completes when the user has done what it says."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.editor.names import (
    LESSON_READ,
    RECIPE_CLEAN,
    RUN_FINISHED,
    RUNS_COMPARED,
)

TITLE = "Get Started with Trainsmith"
DESCRIPTION = "Write a recipe, train it, change one thing, compare."


@dataclass(frozen=True)
class Step:
    """A step of the walkthrough."""

    id: str
    """Its picture is `extension/media/walkthrough/<id>.svg`."""
    title: str
    description: str
    """Plain text. A link on a line of its own becomes a button."""
    done: str
    """The context key that completes it."""
    picture: str
    """The picture's alternative text."""


STEPS = (
    Step(
        "recipe",
        "Write a sound recipe",
        "A recipe is a YAML file that describes how a model is trained. Hover over a key to read "
        "what it does, and use a Quick Fix if something is underlined.\n"
        "[New Training Config](command:trainsmith.newRecipe)\n"
        "Done when a recipe in the editor has no errors and no warnings.",
        RECIPE_CLEAN,
        "A recipe in the editor, with a finding and its fix.",
    ),
    Step(
        "run",
        "Train it",
        "With the recipe in the editor, press the play button above it. The run gets its own "
        "terminal, and its curves appear next to the recipe.\n"
        "[Run Training](command:trainsmith.runTraining)\n"
        "Done when a run has reached its last step.",
        RUN_FINISHED,
        "The loss of a run, falling from step to step.",
    ),
    Step(
        "compare",
        "Change one thing, and compare",
        "Change one number, run again, and see the effect: the settings, curves and samples of "
        "both runs, side by side.\n"
        "[Compare Runs](command:trainsmith.compareRuns)\n"
        "Done when you have compared two runs.",
        RUNS_COMPARED,
        "The losses of two runs in one chart; one of them falls further.",
    ),
    Step(
        "lesson",
        "Learn the craft",
        "Lessons whose code runs: which numbers matter, how to read a curve, what to try next.\n"
        "[Open Lesson](command:trainsmith.openLesson)\n"
        "Done when you have read a lesson to its end.",
        LESSON_READ,
        "A lesson with its sections, the first of which are marked as read.",
    ),
)
