"""The reference pages that come with the server, and the line that explains a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FOLDERS = (_PACKAGE / "reference", _PACKAGE.parents[1] / "docs" / "reference")
"""In an installed package, and in a checkout."""
_PAGE = "rules.md"
_HEADING = re.compile(r"## ([\w-]+)")


def page_of(code: str) -> str | None:
    """The URI of the line that explains a code; `None` if there are no pages.

    VS Code opens such a URI at the line; other editors open the file.
    """
    return _pages().get(code)


@cache
def _pages() -> Mapping[str, str]:
    for folder in _FOLDERS:
        try:
            lines = (folder / _PAGE).read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        uri = (folder / _PAGE).as_uri()
        headings = ((number, _HEADING.fullmatch(line)) for number, line in enumerate(lines, 1))
        return {found[1]: f"{uri}#L{number}" for number, found in headings if found}
    return {}
