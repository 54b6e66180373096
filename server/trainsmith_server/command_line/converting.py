"""`trainsmith convert`: converts a file's recipes to another trainer."""

from __future__ import annotations

from pathlib import Path

from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.command_line.fixing import unified_diff
from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.features.edits.conversion import convert_document
from trainsmith_server.features.edits.layout import CannotMoveError
from trainsmith_server.lint.analyze import analyze
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_system.terminal import write_result
from trainsmith_system.writing import replace_file


class ConversionError(Exception):
    """A file can't be converted; the message explains why."""


def convert_file(path: Path, trainer: Trainer, output: Path | None, *, diff: bool) -> None:
    """Convert a file and print the result, print a diff, or write the result.

    Raises:
        ConversionError: the file can't be read, converted or written; nothing was written.
    """
    try:
        text = read_bytes(path, limits.RECIPE).decode("utf-8")
        converted = apply_edits(
            text, convert_document(analyze(text, path.absolute().as_uri()), trainer)
        )
        if diff:
            write_result(unified_diff(str(path), text, converted))
        elif output:
            replace_file(output, converted.encode())
        else:
            write_result(converted)
    except CannotMoveError as error:
        raise ConversionError(f"{path}: {error}") from None
    except UnicodeDecodeError as error:
        raise ConversionError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise ConversionError(f"{error.filename or path}: {error.strerror}") from None
