"""Texts that are too large to be read while somebody types, and what is said about them."""

from __future__ import annotations

from trainsmith_server.document.diagnostics import Diagnostic
from trainsmith_server.yaml.tree import Mapping, Tree
from trainsmith_server.yaml.values import construct

MAX_TEXT = 100_000
"""Characters. The longest known recipe has a twentieth of it; the worst text of this length, all
brackets and mistakes, is read within about a second."""
MAX_FILE = 2_000_000
"""Characters of a file of many documents, each of which may have `MAX_TEXT`."""

CODE = "too-large"
TITLE = "The file is too large to be checked"

_HEAD = 10_000
"""How many characters tell whether a large text is ours."""


def beginning(text: str) -> str:
    """The first lines of a large text."""
    end = text.rfind("\n", 0, _HEAD) + 1
    return text[: end or _HEAD]


def too_large(head: Tree, size: int) -> Diagnostic | None:
    """What is said about a text of so many characters, of which only the beginning was read.

    `None` where that is no document of ours, as in data files.
    """
    # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_schemas.sections.documents import recognise

    for document in head.documents:
        root = document.root
        if isinstance(root, Mapping) and root.entries and recognise(construct(root).value):
            message = (
                f"This file has {size:,} characters, and Trainsmith reads up to {MAX_TEXT:,}: "
                "nothing in it is checked, and there is no help in it. Take out what is no part of "
                "the recipe, or split the file"
            )
            key = root.entries[0].key
            return Diagnostic(CODE, "warning", message, (key.start, key.end))
    return None
