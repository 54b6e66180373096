"""The limit on the size of texts, and the diagnostic of texts that exceed it."""

from __future__ import annotations

from trainsmith_server.document.diagnostics import Diagnostic
from trainsmith_server.yaml.tree import Mapping, Tree
from trainsmith_server.yaml.values import construct

MAX_TEXT = 100_000
"""In characters. The longest known recipe has a twentieth of this; the worst text of this size, all
brackets and mistakes, is analysed in about a second."""
MAX_FILE = 2_000_000
"""In characters, for a file of many documents, each of which may have `MAX_TEXT`."""
MAX_PARTS = 500
"""The most documents of a file that are analysed separately: each of them costs something."""

CODE = "too-large"
TITLE = "The file is too large to check"

_HEAD = 10_000
"""The number of characters that are read to recognise a large text."""


def beginning(text: str) -> str:
    """The first lines of a large text."""
    end = text.rfind("\n", 0, _HEAD) + 1
    return text[: end or _HEAD]


def too_large(head: Tree, size: int) -> Diagnostic | None:
    """The diagnostic of a large text, of which only the head was read.

    `None` if the head is not a known document, as in data files.
    """
    # The schemas take a while to import, and `initialize` does not need them.
    from trainsmith_schemas.sections.documents import recognise

    for document in head.documents:
        root = document.root
        if isinstance(root, Mapping) and root.entries and recognise(construct(root).value):
            message = (
                f"This file has {size:,} characters, and Trainsmith reads up to {MAX_TEXT:,}: "
                "nothing in it is checked, and there are no hovers or completions. Remove what "
                "does not belong to the recipe, or split the file"
            )
            key = root.entries[0].key
            return Diagnostic(CODE, "warning", message, (key.start, key.end))
    return None
