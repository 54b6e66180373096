"""`experiments.md`: an entry for each run, with a place for the user's conclusion.

A run writes only between its two marks. Everything else belongs to the user and is never changed:
the file is read and written as bytes, a new entry is appended, and the entry of a resumed run is
replaced only if the text between its marks still has the digest in the second mark.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from trainsmith_schemas.paths import is_file_name
from trainsmith_schemas.quantities import loss_text, plural
from trainsmith_schemas.runs.reports import RunRecord
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_system.text import markdown, one_line, printable
from trainsmith_system.updating import update_file
from trainsmith_trainer.formatting import change_text, duration
from trainsmith_trainer.user_cache import cache_folder, name_for

_HEAD = b"# Experiments\n"
_CONCLUSION = b"\n**Conclusion:** \n"
_UNKNOWN = "not known yet: it is running, or was killed and not resumed"
_LAST = 20
_SAMPLE_LENGTH = 300


def note_run(path: Path, run: RunRecord, sample: str | None) -> None:
    """Write a run's record into its entry; create the file, or the entry, if it does not exist.

    Several runs may do so at the same time.

    Args:
        path: the file.
        run: the record.
        sample: the last sample of the model's text.

    Raises:
        OSError: the file cannot be read or written; it is unchanged.
    """
    lock = cache_folder() / "locks" / f"{name_for(path)}.lock"
    body = _body(run, sample)
    update_file(path, limits.RUN_TEXT, lambda before: _noted(before, run.name, body), lock=lock)


def without_result(path: Path) -> list[str]:
    """The last runs in the file whose entries say that their result is not known.

    Raises:
        OSError: the file cannot be read.
    """
    content = read_bytes(path, limits.RUN_TEXT) if path.exists() else b""
    marks = dict.fromkeys(match.group(1) for match in _ANY_BEGIN.finditer(content))
    names = [name.decode("utf-8", "replace") for name in list(marks)[-_LAST:]]
    return [name for name in names if is_file_name(name) and _is_waiting(content, name)]


def _is_waiting(content: bytes, name: str) -> bool:
    span = _own_entry(content, name)
    return span is not None and _UNKNOWN.encode() in content[slice(*span)]


def _noted(before: bytes, name: str, body: bytes) -> bytes:
    """The content of the file with the entry of a run."""
    entry = _marked(name, body)
    found = _own_entry(before, name)
    if found:
        begin, end = found
        return before[:begin] + entry + before[end:]
    again = ", continued" if _begin_mark(name) in before else ""
    heading = f"## {markdown(name)}{again}\n\n".encode()
    gap = _HEAD + b"\n" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    return before + gap + heading + entry + _CONCLUSION


def _begin_mark(name: str) -> bytes:
    # A name must not end the comment. The extension looks for the same mark.
    return f"<!-- trainsmith: {one_line(name).replace('>', '&gt;')} -->\n".encode()


def _end_mark(body: bytes) -> bytes:
    return f"<!-- trainsmith: end {hashlib.sha256(body).hexdigest()[:16]} -->\n".encode()


def _marked(name: str, body: bytes) -> bytes:
    return _begin_mark(name) + body + _end_mark(body)


_ANY_BEGIN = re.compile(rb"^<!-- trainsmith: (?!end )([^>\n]+) -->\n", re.MULTILINE)
_ANY_END = re.compile(rb"<!-- trainsmith: end [0-9a-f]{16} -->\n")


def _own_entry(content: bytes, name: str) -> tuple[int, int] | None:
    """The span of the last entry of a run, unless it was edited."""
    begin = content.rfind(_begin_mark(name))
    if begin < 0:
        return None
    body_begin = begin + len(_begin_mark(name))
    end = _ANY_END.search(content, body_begin)
    if end is None or end.group() != _end_mark(content[body_begin : end.start()]):
        return None
    return begin, end.end()


def _body(run: RunRecord, sample: str | None) -> bytes:
    """A run's record in Markdown. None of its text can look like a mark."""
    lines = "\n".join(_lines(run, sample)) + "\n"
    return lines.replace("<!--", "<! --").encode("utf-8", "replace")


def _lines(run: RunRecord, sample: str | None) -> Iterator[str]:
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    yield f"- {began}, recipe `{_name(run.config)}`, folder `{_name(run.folder)}`"
    yield f"- {markdown(changes_text(run))}"
    yield f"- Result: {markdown(_result(run))}"
    if sample:
        shown = sample[:_SAMPLE_LENGTH] + ("…" if len(sample) > _SAMPLE_LENGTH else "")
        yield "- Sample:"
        yield ""
        yield from (f"      {line}" for line in printable(shown).splitlines())


def _name(text: str) -> str:
    """A name between backquotes."""
    return one_line(text).replace("`", "'")


def _result(run: RunRecord) -> str:
    if run.state in ("running", "interrupted"):
        return _UNKNOWN
    steps = f"{run.state} after {plural(run.step, 'step')} in {duration(run.seconds)}"
    reason = f" ({run.reason})" if run.reason else ""
    losses = [f"training loss {loss_text(run.loss)}"] if run.loss is not None else []
    if run.validation_loss is not None:
        losses.append(f"validation loss {loss_text(run.validation_loss)}")
    if run.best_validation_loss is not None and run.best_step != run.step:
        losses.append(f"at best {loss_text(run.best_validation_loss)} at step {run.best_step}")
    return ", ".join((steps + reason, *losses))


def changes_text(run: RunRecord) -> str:
    """What changed since the previous run, in a sentence."""
    if run.parent is None:
        return "The first run of this recipe"
    if run.changes is None:
        return f"Since {run.parent}: not known, its settings cannot be read"
    if not run.changes:
        return f"Since {run.parent}: nothing"
    matter = [change for change in run.changes if change.matters]
    changes = "; ".join(change_text(change) for change in run.changes)
    caution = " (more than one thing changed: no single one explains the result)"
    return f"Since {run.parent}: {changes}{caution if len(matter) > 1 else ''}"
