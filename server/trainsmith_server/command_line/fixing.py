"""`trainsmith check --fix` and `--diff`: the safe fixes, applied to files."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from trainsmith_server.document.result import Analysis
from trainsmith_server.features.code_actions import apply, fix_all
from trainsmith_server.lint.analyze import analyze

_MOST_ROUNDS = 20
"""One fix may make room for another; fixes that undo each other must not go on for ever."""


def fixed(analysis: Analysis) -> Analysis:
    """The text after its safe fixes, applied until nothing changes; its line breaks stay."""
    crlf = "\r\n" in analysis.text
    for _ in range(_MOST_ROUNDS):
        edits = fix_all(analysis)
        if crlf:
            edits = tuple(
                replace(edit, new_text=edit.new_text.replace("\r\n", "\n").replace("\n", "\r\n"))
                for edit in edits
            )
        text = apply(analysis.text, edits)
        if text == analysis.text:
            break
        analysis = analyze(text, analysis.uri, analysis.options)
    return analysis


def unified_diff(path: str, before: str, after: str) -> str:
    """What changes in a file, as `diff -u` says it; empty where nothing does."""
    # Not `splitlines`, which also splits at characters that end no line.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    lines: list[str] = []
    for line in difflib.unified_diff(old, new, path, path):
        ended = line.endswith("\n")
        lines.append(line if ended else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def write_whole(path: Path, text: str) -> None:
    """Put a text in a file's place at once, with its permissions, or where no file is.

    Raises:
        OSError: the folder or the file cannot be written; the file is as it was.
    """
    path = path.resolve()  # A link stays a link.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """What the process takes away from the permissions of new files; it can only be swapped."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
