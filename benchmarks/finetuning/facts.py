"""Conversations about a town that does not exist, and questions that the training does not contain.

Each of 60 facts is asked in six ways. Four of them are trained on, and two are held out: they can
be answered by a model that has learned the facts, and not by one that repeats its training data. An
answer is one short sentence, so that it can be checked exactly.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path

TRAINED = 4
"""How many of the ways to ask a question are trained on; the others are held out."""
TURNS = (1, 1, 2, 1, 3)
"""How many questions the conversations have, in turn, so that their lengths differ."""
SEED = 0

PLACES = (
    "Amber Bridge",
    "Lantern Hall",
    "Old Granary",
    "Glass Market",
    "Heron Tower",
    "Tide Mill",
    "Copper Theatre",
    "Moss Library",
    "Bell School",
    "Juniper Inn",
    "Salt Museum",
    "Harbour Chapel",
)


@dataclass(frozen=True)
class Attribute:
    """Something that each place has. `{place}` and `{value}` are filled in."""

    questions: tuple[str, ...]
    answer: str
    values: tuple[str, ...]


ATTRIBUTES = (
    Attribute(
        (
            "When was the {place} in Velmora built?",
            "In which year was Velmora's {place} built?",
            "Tell me the year in which the {place} of Velmora was built.",
            "How old is the {place} in Velmora? Give me the year.",
            "Which year did they build the {place} in Velmora?",
            "I am writing about the {place} in Velmora. From which year is it?",
        ),
        "The {place} was built in {value}.",
        tuple(str(year) for year in range(1612, 1900, 24)),
    ),
    Attribute(
        (
            "What is the {place} in Velmora made of?",
            "Which material is Velmora's {place} made of?",
            "Tell me what the {place} of Velmora is made of.",
            "From which material did they build the {place} in Velmora?",
            "The {place} in Velmora: what material is it?",
            "What did the builders make the {place} in Velmora of?",
        ),
        "The {place} is made of {value}.",
        ("oak", "slate", "red brick", "granite", "limestone", "iron"),
    ),
    Attribute(
        (
            "How many steps lead up to the {place} in Velmora?",
            "How many steps does Velmora's {place} have?",
            "Tell me the number of steps of the {place} in Velmora.",
            "What is the number of steps up to the {place} of Velmora?",
            "I want to climb the {place} in Velmora. How many steps is that?",
            "Count the steps of the {place} in Velmora for me.",
        ),
        "The {place} has {value} steps.",
        tuple(str(steps) for steps in range(14, 110, 8)),
    ),
    Attribute(
        (
            "Which colour is the door of the {place} in Velmora?",
            "What colour does the door of Velmora's {place} have?",
            "Tell me the colour of the door of the {place} in Velmora.",
            "The door of the {place} in Velmora: which colour is it?",
            "In what colour did they paint the door of the {place} in Velmora?",
            "I am looking for the door of the {place} in Velmora. What colour is it?",
        ),
        "The door of the {place} is {value}.",
        ("green", "white", "blue", "black", "yellow", "purple"),
    ),
    Attribute(
        (
            "On which day is the {place} in Velmora closed?",
            "Which day of the week is Velmora's {place} closed?",
            "Tell me the day on which the {place} of Velmora is closed.",
            "When in the week can I not visit the {place} in Velmora?",
            "The {place} in Velmora closes for one day of the week. Which one?",
            "What is the closing day of the {place} in Velmora?",
        ),
        "The {place} is closed on {value}.",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ),
)


@dataclass(frozen=True)
class Question:
    """A question, and the only answer that counts as right."""

    text: str
    answer: str


def questions() -> tuple[list[Question], list[Question]]:
    """Those to train on and those that are held out, each in a fixed, mixed order."""
    chance = random.Random(SEED)
    trained: list[Question] = []
    held_out: list[Question] = []
    for place, attribute in itertools.product(PLACES, ATTRIBUTES):
        answer = attribute.answer.format(place=place, value=chance.choice(attribute.values))
        asked = [Question(text.format(place=place), answer) for text in attribute.questions]
        trained += asked[:TRAINED]
        held_out += asked[TRAINED:]
    chance.shuffle(trained)
    chance.shuffle(held_out)
    return trained, held_out


def write_conversations(path: Path) -> None:
    """Write the questions to train on as conversations of one to three questions, one per line."""
    remaining = iter(questions()[0])
    with path.open("w", encoding="utf-8") as file:
        for turns in itertools.cycle(TURNS):
            messages = [
                message
                for question in itertools.islice(remaining, turns)
                for message in (
                    {"role": "user", "content": question.text},
                    {"role": "assistant", "content": question.answer},
                )
            ]
            if not messages:
                return
            file.write(json.dumps({"messages": messages}) + "\n")
