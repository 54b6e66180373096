"""Which weights an adapter belongs to: the digests of their files, in `base.json`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.json_text import parse_json
from trainsmith_schemas.machines import is_elsewhere
from trainsmith_schemas.paths import is_folder
from trainsmith_system import limits
from trainsmith_system.reading import open_regular, read_bytes
from trainsmith_system.text import shortened
from trainsmith_trainer.hf.adapter import Adapter
from trainsmith_trainer.hf.safetensors_files import weight_files

BASE_FILE = "base.json"
_PIECE = 1 << 20

Digests = Mapping[str, str]
"""The SHA-256 of each file with weights, by the file's name."""

_LONGEST = 500
"""In characters, of a path in a message."""
_VALID = TypeAdapter(dict[str, str])


def digests_of(folder: Path) -> dict[str, str]:
    """The digests of a base, computed from its files.

    Raises:
        UnreadableModelError: a file is missing.
    """
    try:
        return {file.name: _digest(file) for file in weight_files(folder)}
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None


def stored_digests(digests: Digests) -> bytes:
    """The content of `base.json`."""
    return json.dumps({"sha256": digests}, indent=2).encode() + b"\n"


def recorded_digests(content: bytes) -> dict[str, str] | None:
    """The digests in a `base.json`; `None` if it is not valid."""
    try:
        return _VALID.validate_python(parse_json(content)["sha256"], strict=True)
    except (ValueError, ValidationError, KeyError, TypeError):
        return None


def find_base(adapter: Adapter, given: Path | None) -> Path:
    """The folder of an adapter's base, after comparing its weights with the recorded digests.

    PEFT's adapters have no digests. A relative path is looked up in the working directory first,
    then in the folders above the adapter. A path on another machine is not looked at: somebody
    else may have written it, and the user can give it.

    Args:
        adapter: the adapter.
        given: the folder that the user named, if any.

    Raises:
        UnreadableModelError: it is not found, or has other weights.
    """
    places = (Path(), adapter.folder, *adapter.folder.absolute().parents)
    homes = (str(Path.cwd()), str(adapter.folder.absolute()))
    named = ((place / adapter.base).absolute() for place in places if adapter.base)
    found = (folder for folder in named if not is_elsewhere(str(folder), homes))
    folder = given or next(filter(is_folder, found), None)
    if folder is None:
        written = (
            f"names {shortened(adapter.base, _LONGEST)!r}, and no such folder was found"
            if adapter.base
            else "names none"
        )
        raise UnreadableModelError(
            f"the base of the adapter in {adapter.folder} is needed, and its config {written}: "
            "pass the base's folder in --base"
        )
    refuse_another_base(adapter, folder)
    return folder


def refuse_another_base(adapter: Adapter, folder: Path) -> None:
    """Compare the weights in a folder with those that an adapter was trained on, if it says.

    Raises:
        UnreadableModelError: they differ, or a file cannot be read.
    """
    file = adapter.folder / BASE_FILE
    if not os.path.lexists(file):
        return
    try:
        recorded = recorded_digests(read_bytes(file, limits.MODEL_DESCRIPTION))
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    if recorded is None:
        raise UnreadableModelError(f"{file} is damaged: it has no digests")
    if recorded != digests_of(folder):
        raise UnreadableModelError(
            f"the adapter in {adapter.folder} was trained on other weights than those in {folder}"
        )


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(file) as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
