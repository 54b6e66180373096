"""The files that documents name: where they are, and what they say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.paths import (
    ROOT_VARIABLES,
    UnsetVariableError,
    expand,
    files_at,
    is_pattern,
)
from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.paths import FolderEntry
from trainsmith_server.features.pretrained import with_folder, without_folder
from trainsmith_server.features.references import (
    Reference,
    file_references,
    folder_reference,
    model_references,
)
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.workspace.file_cache import FileCache
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.paths import path_of, uri_of

if TYPE_CHECKING:
    from trainsmith_schemas.sections.model import TransformerConfig

_TT_TRAIN_FOLDERS = (".", "configs", "model_configs", "configs/model_configs")
"""tt-train's own recipes write a model's path from its top, from `configs`, or as a bare name."""
_ANY_DEPTH = "**"
"""What stands for any folders in between."""
_FOLDERS_ABOVE = 4
"""How far above a recipe tt-train's top may be."""
_MOST_ENTRIES = 1000
"""How much of a folder is looked at while somebody types."""
_MOST_FILES = 2000
"""How many YAML files of a folder of the workspace are looked at."""
_MOST_FOLDERS = 20_000
"""In how many folders they are looked for."""
_OTHERS = ("node_modules", "venv", "__pycache__", "site-packages")
"""Folders of other people's files; those whose names begin with a dot are left out too."""
_LARGEST = 1_000_000
"""Bytes; a model file has a few hundred."""


class Files:
    """Files on the disk, with what is open in the editor laid over them."""

    def __init__(
        self,
        session: Session | None = None,
        options: Callable[[str], LintOptions | None] | None = None,
    ) -> None:
        self._session = session or Session()
        self._options = options or _no_options
        """What a file, by its URI, is judged by."""
        self._read = FileCache(self._analyze)
        self._descriptions = FileCache(_described)
        self.folders: tuple[Path, ...] = ()
        """The folders of the workspace; on the command line, the working directory."""

    def forget_analyses(self) -> None:
        """Forget what was read, since what files are judged by has changed."""
        self._read.clear()

    def find(self, uri: str, written: str, trainer: Trainer = "trainsmith") -> Path | None:
        """The file that a document means by a path, as its trainer would find it.

        It is looked for beside the document first, then in the workspace folder around it, which
        is the working directory of Run Training; for tt-train, also where its own files lie.
        """
        expanded = _expand(written)
        if expanded is None:
            return None
        for folder in self._bases(uri, trainer):
            path = Path(os.path.normpath(folder / expanded))
            try:
                if path.is_file():
                    return path
            except (OSError, ValueError):  # No path at all: too long, or with a null character.
                return None
        return None

    def is_there(self, uri: str, written: str, trainer: Trainer = "trainsmith") -> bool:
        """Whether a run would find what a document means by a path or a pattern.

        Nobody walks through all folders below one while somebody types: of `**`, it is believed.
        """
        if self.find(uri, written, trainer) is not None or _ANY_DEPTH in written:
            return True
        return bool(self._fitting(uri, written, trainer))

    def _fitting(self, uri: str, written: str, trainer: Trainer) -> list[Path]:
        """The files that fit a pattern, in the first folder where there are any."""
        expanded = _expand(written)
        if expanded is None or not is_pattern(expanded) or _ANY_DEPTH in expanded:
            return []
        found = (files_at(folder, expanded) for folder in self._bases(uri, trainer))
        return next(filter(None, found), [])

    def entries(self, uri: str, written: str) -> list[FolderEntry]:
        """What is in the folders that a document could mean by a path, each name once."""
        found: dict[str, FolderEntry] = {}
        for folder in self.places(uri, written):
            for entry in _scan(folder):
                found.setdefault(entry.name, entry)
        return list(found.values())

    def places(self, uri: str, written: str) -> Iterator[Path]:
        """Everything on the disk that a document could mean by a path, whether it is there."""
        expanded = _expand(written)
        if expanded is not None:
            yield from (folder / expanded for folder in self._bases(uri))

    def models(self, *analyses: Analysis) -> dict[str, Analysis]:
        """The model files that documents name, by their path as it is written there."""
        paths = self._model_paths(analyses)
        found = {name: model for name, path in paths.items() if (model := self._analysis(path))}
        return {name: self.whole(model) for name, model in found.items()}

    def whole(self, analysis: Analysis) -> Analysis:
        """A model file with what the folder of its `model_path` says; any other text as it is."""
        named = folder_reference(analysis)
        if named is None:
            return analysis
        path = self.find(analysis.uri, named.written)
        if path is None:
            return without_folder(analysis, named, self._looked_in(analysis, named.written) or ())
        return with_folder(analysis, named, self._description(path))

    def _description(self, path: Path) -> TransformerConfig | UnreadableModelError:
        """The model that a `config.json` describes."""
        try:
            return self._descriptions.get(path)
        except OSError as error:
            return UnreadableModelError(f"{path}: {error.strerror}")

    def data(self, *analyses: Analysis) -> dict[str, int]:
        """The bytes of the data that documents name, by the path or pattern as it is written."""
        paths: dict[str, list[Path]] = {}
        for one in analyses:
            for named in file_references(one):
                if named.key == "data_path":
                    path = self.find(one.uri, named.written, one.trainer)
                    several = (
                        [path] if path else self._fitting(one.uri, named.written, "trainsmith")
                    )
                    paths[named.written] = several
        return {name: sum(map(_size, several)) for name, several in paths.items() if several}

    def _model_paths(self, analyses: Iterable[Analysis]) -> dict[str, Path]:
        return {
            named.written: path
            for one in analyses
            for named in model_references(one)
            if (path := self.find(one.uri, named.written, one.trainer))
        }

    def missing(self, analysis: Analysis) -> dict[str, tuple[str, ...]]:
        """Where was looked for the files that a document names and that are not there.

        Paths of which nobody here can tell where they lead are left out: in a text without a
        place, with a variable that is not set, or below tt-train's own root if that is unknown.
        """
        trainer = analysis.trainer
        missing: dict[str, tuple[str, ...]] = {}
        for one in file_references(analysis):
            looked_in = self._looked_in(analysis, one.written)
            if (
                looked_in is not None
                and (one.key == "model_config" or trainer == "trainsmith")
                and not self.is_there(analysis.uri, one.written, trainer)
            ):
                missing[one.written] = looked_in
        return missing

    def _looked_in(self, analysis: Analysis, written: str) -> tuple[str, ...] | None:
        """Where a path of a document may lead; nothing where nobody here can tell."""
        path = _expand(written)
        if path is None or not self._is_known(analysis.uri, path, analysis.trainer):
            return None
        return (str(Path(path).parent),) if Path(path).is_absolute() else self._shown(analysis)

    def _is_known(self, uri: str, path: str, trainer: Trainer) -> bool:
        """Whether it can be told where a path leads."""
        if Path(path).is_absolute():
            return True
        return path_of(uri) is not None and (trainer == "trainsmith" or _tt_train() is not None)

    def _shown(self, analysis: Analysis) -> tuple[str, ...]:
        return tuple(map(str, self._bases(analysis.uri, "trainsmith")))

    def recipes_naming(self, uri: str) -> Iterator[tuple[Analysis, Reference]]:
        """The places in other open documents that name a model file."""
        path = path_of(uri)
        for other in self._session.uris() if path else ():
            for part in self._session.parts(other) if other != uri else ():
                for named in model_references(part):
                    if self.find(other, named.written, part.trainer) == path:
                        yield part, named

    def naming(self, uri: str) -> list[str]:
        """The other open documents that name a model file."""
        return list(dict.fromkeys(part.uri for part, _ in self.recipes_naming(uri)))

    def _bases(self, uri: str, trainer: Trainer = "trainsmith") -> Iterator[Path]:
        """The folders from which a path in a document may lead, the likeliest first."""
        path = path_of(uri)
        if path is None:
            return
        yield path.parent
        yield from (folder for folder in self.folders if folder in path.parents[1:])
        if trainer != "trainsmith":
            tops = [*path.parents[:_FOLDERS_ABOVE], *filter(None, (_tt_train(),))]
            yield from (top / folder for top in tops for folder in _TT_TRAIN_FOLDERS)

    def in_workspace(self) -> Iterator[Path]:
        """The YAML files of the workspace, but for those of runs and of other people's packages."""
        for folder in self.folders:
            found = (file for place in yaml_files(folder) for file in place)
            yield from islice(found, _MOST_FILES)

    def _analysis(self, path: Path) -> Analysis | None:
        """What a file says: as it is in the editor, or else on the disk."""
        for uri in self._session.uris():
            if path_of(uri) == path:
                return self._session.analysis(uri)
        return self.on_disk(uri_of(path))

    def on_disk(self, uri: str) -> Analysis | None:
        """What a file says on the disk; `None` where it is too large or cannot be read."""
        path = path_of(uri)
        if path is None:
            return None
        try:
            return self._read.get(path)
        except (OSError, UnicodeDecodeError):
            return None

    def _analyze(self, path: Path, size: int) -> Analysis | None:
        if size > _LARGEST:
            return None
        uri = uri_of(path)
        return analyze(path.read_bytes().decode("utf-8-sig"), uri, self._options(uri))


def _described(path: Path, size: int) -> TransformerConfig | UnreadableModelError:
    # Few recipes start from such a folder, and the server keeps what it imports.
    from trainsmith_schemas.families import hugging_face

    try:
        content = path.read_bytes() if size <= _LARGEST else b""
        return hugging_face.from_hugging_face(hugging_face.parse_description(content))
    except UnreadableModelError as error:
        return error


def _expand(written: str) -> str | None:
    """A path with its variables filled in; `None` where one is not set."""
    try:
        return expand(written, os.environ)
    except UnsetVariableError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # It is gone by now.
        return 0


def yaml_files(top: Path) -> Iterator[list[Path]]:
    """The YAML files of each folder below one, by name."""
    for at, (folder, below, files) in enumerate(os.walk(top)):
        below[:] = sorted(one for one in below if one not in _OTHERS and not one.startswith("."))
        if EVENTS in files:  # A run keeps copies of its recipe.
            below.clear()
        elif at > _MOST_FOLDERS:
            return
        else:
            yield [Path(folder, one) for one in sorted(files) if one.endswith((".yaml", ".yml"))]


def _no_options(_uri: str) -> None:
    return None


def _tt_train() -> Path | None:
    """The top of tt-train, where it is known."""
    root = next((found for name in ROOT_VARIABLES if (found := os.environ.get(name))), None)
    return Path(root) / "tt-train" if root else None


def _scan(folder: Path) -> list[FolderEntry]:
    """What is in a folder; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return [
                FolderEntry(entry.name, "folder" if entry.is_dir() else "file")
                for entry in islice(entries, _MOST_ENTRIES)
            ]
    except (OSError, ValueError):
        return []
