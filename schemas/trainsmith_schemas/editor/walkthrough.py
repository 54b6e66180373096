"""VS Code's walkthrough of Trainsmith. A step is complete when the thing was really done."""

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
    """Plain text; a link alone on its line is a button."""
    done: str
    """The context key that completes it."""
    picture: str
    """What the picture shows, for those who don't see it."""


STEPS = (
    Step(
        "recipe",
        "Write a sound recipe",
        "A recipe is a YAML file that says how a model is trained. Hover over a key to read what "
        "it does, and take a Quick Fix where something is underlined.\n"
        "[New Training Config](command:trainsmith.newRecipe)\n"
        "Done when a recipe in the editor has no errors and no warnings.",
        RECIPE_CLEAN,
        "A recipe in the editor, with a finding and the fix for it.",
    ),
    Step(
        "run",
        "Train it",
        "With the recipe in the editor, press the play button above it. The run has a terminal of "
        "its own, and its curves stand beside the recipe.\n"
        "[Run Training](command:trainsmith.runTraining)\n"
        "Done when a run has reached its last step.",
        RUN_FINISHED,
        "The loss of a run, which falls from step to step.",
    ),
    Step(
        "compare",
        "Change one thing, and compare",
        "Change one number, run again, and see what it did: settings, curves and samples of both "
        "runs beside each other.\n"
        "[Compare Runs](command:trainsmith.compareRuns)\n"
        "Done when two runs were compared.",
        RUNS_COMPARED,
        "The losses of two runs in one chart; one of them falls further.",
    ),
    Step(
        "lesson",
        "Learn the craft",
        "Lessons whose code runs: which numbers matter, how to read a curve, what to try next.\n"
        "[Open Lesson](command:trainsmith.openLesson)\n"
        "Done when a lesson was read to its end.",
        LESSON_READ,
        "A lesson with its sections; the first ones are marked as read.",
    ),
)
