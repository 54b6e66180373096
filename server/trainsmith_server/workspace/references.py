"""Finds and reads the files that documents name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.paths import (
    ROOT_VARIABLES,
    Search,
    TooManyEntriesError,
    UnsetVariableError,
    any_file_at,
    expand,
    files_at,
    is_file,
    is_folder,
    is_pattern,
)
from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.file_problems import Missing
from trainsmith_server.features.overlong_examples import Lengths
from trainsmith_server.features.paths import YAML, FolderEntry, nearby
from trainsmith_server.features.pretrained import with_folder, without_folder
from trainsmith_server.features.references import (
    Reference,
    file_references,
    folder_reference,
    model_references,
)
from trainsmith_server.lint.analyze import analyze, kind_at_a_glance
from trainsmith_server.lint.size import MAX_TEXT
from trainsmith_server.workspace.checked import (
    LARGEST,
    MOST_BYTES,
    MOST_FILES,
    Checked,
    cost_if_ours,
    cost_of_tree,
)
from trainsmith_server.workspace.example_lengths import example_lengths
from trainsmith_server.workspace.file_cache import FileCache
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.paths import path_of, uri_of
from trainsmith_system.folders import walk
from trainsmith_system.reading import read_bytes

if TYPE_CHECKING:
    from trainsmith_schemas.sections.model import TransformerConfig

_TT_TRAIN_FOLDERS = (".", "configs", "model_configs", "configs/model_configs")
"""Paths of model files in tt-train's own recipes are relative to these folders."""
_FOLDERS_ABOVE = 4
"""The maximum number of levels between a recipe and tt-train's root folder."""
_MOST_ENTRIES = 1000
"""The maximum number of entries of a folder that completion lists."""
_MOST_KINDS = 200
"""The maximum number of YAML files of a folder of which completion reads the kind."""
_MOST_SEARCHED = 2000
"""The maximum number of entries of folders that are searched for missing files at a keystroke."""
_MOST_MEASURED = 10_000
"""The same for the sizes of the data, which hints show."""
_MOST_SAMPLED = 3
"""The maximum number of data files of a recipe whose first examples are read."""
_MOST_FOLDERS = 20_000
"""The maximum number of folders that are searched for them."""
_OTHERS = ("node_modules", "venv", "__pycache__", "site-packages")
"""Folders of dependencies, which are skipped, as are folders whose names start with a dot."""


class Files:
    """Files on disk, overlaid with the documents that are open in the editor."""

    def __init__(
        self,
        session: Session | None = None,
        options: Callable[[str], LintOptions | None] | None = None,
    ) -> None:
        self._session = session or Session()
        self._options = options or _no_options
        """Returns the settings for a file, by its URI."""
        self._read = FileCache(self._analyze, most=MOST_BYTES, cost=cost_of_tree)
        self._costs = FileCache(cost_if_ours)
        self._descriptions = FileCache(_described)
        self._lengths = FileCache(example_lengths)
        self._kinds = FileCache(_kind_of)
        self.folders: tuple[Path, ...] = ()
        """The folders of the workspace; on the command line, the working directory."""

    def forget_analyses(self) -> None:
        """Discard what was read, after the settings have changed."""
        self._read.clear()

    def find(self, uri: str, written: str, trainer: Trainer = "trainsmith") -> Path | None:
        """The file at a path in a document, as its trainer would find it.

        The path is relative to the document's folder, or to its workspace folder, which is the
        working directory of **Run Training**; for tt-train, also to the folders of its own files.
        """
        return next(filter(is_file, self.places(uri, written, trainer)), None)

    def absent(self, uri: str, written: Iterable[str]) -> list[str]:
        """Those paths and patterns in a document at which a run would find no file.

        Patterns that cover too many entries of folders are not among them, nor are paths on other
        machines.
        """
        search = Search(_MOST_SEARCHED, self._bases(uri))
        return [one for one in written if self._is_there(uri, one, "trainsmith", search) is False]

    def _is_there(self, uri: str, written: str, trainer: Trainer, search: Search) -> bool | None:
        """Whether a run would find a file at a path or pattern; `None` if that is not known."""
        if self._is_elsewhere(uri, written, trainer):
            return None
        if self.find(uri, written, trainer) is not None:
            return True
        expanded = _expand(written)
        if expanded is None or not is_pattern(expanded):
            return False
        try:
            return any(any_file_at(base, expanded, search) for base in self._bases(uri, trainer))
        except TooManyEntriesError:
            return None

    def entries(self, uri: str, written: str) -> list[FolderEntry]:
        """The entries of the folders that a path in a document can refer to, without duplicates."""
        found: dict[str, tuple[Path, FolderEntry]] = {}
        for folder in self.places(uri, written):
            for entry in _scan(folder):
                found.setdefault(entry.name, (folder / entry.name, entry))
        texts = (one for one in found.values() if one[1].name.endswith(YAML))
        for path, entry in islice(texts, _MOST_KINDS):
            found[entry.name] = (path, replace(entry, document=self._kind(path)))
        return [entry for _, entry in found.values()]

    def _kind(self, path: Path) -> str | None:
        """The kind of our document that a file is, judged quickly; `None` for other files."""
        try:
            return self._kinds.get(path)
        except (OSError, UnicodeDecodeError):
            return None

    def places(self, uri: str, written: str, trainer: Trainer = "trainsmith") -> Iterator[Path]:
        """All locations that a path in a document can refer to, whether they exist or not.

        Those on other machines than the user's folders are left out: whoever looks at one connects
        to a machine that the document names.
        """
        search = Search(0, self._bases(uri, trainer))
        return filter(search.may_enter, self._all_places(uri, written, trainer))

    def _all_places(self, uri: str, written: str, trainer: Trainer) -> Iterator[Path]:
        expanded = _expand(written)
        if expanded is not None:
            for folder in self._bases(uri, trainer):
                yield Path(os.path.normpath(folder / expanded))

    def _is_elsewhere(self, uri: str, written: str, trainer: Trainer) -> bool:
        """Whether all locations that a path can refer to are on other machines."""
        everywhere = list(self._all_places(uri, written, trainer))
        return bool(everywhere) and not any(self.places(uri, written, trainer))

    def models(self, *analyses: Analysis) -> dict[str, Analysis]:
        """The model files that documents name, by their path as written."""
        paths = self._model_paths(analyses)
        found = {name: model for name, path in paths.items() if (model := self._analysis(path))}
        return {name: self.whole(model) for name, model in found.items()}

    def whole(self, analysis: Analysis) -> Analysis:
        """A model file merged with the config in its `model_path`; other texts are unchanged."""
        named = folder_reference(analysis)
        if named is None:
            return analysis
        path = self.find(analysis.uri, named.written)
        if path is None:
            unknown = self._is_elsewhere(analysis.uri, named.written, "trainsmith")
            looked_in = None if unknown else self._looked_in(analysis, named.written)
            return without_folder(analysis, named, looked_in or ())
        return with_folder(analysis, named, self._description(path))

    def _description(self, path: Path) -> TransformerConfig | UnreadableModelError:
        """The model that a `config.json` describes."""
        try:
            return self._descriptions.get(path)
        except OSError as error:
            return UnreadableModelError(f"{path}: {error.strerror}")

    def data(self, *analyses: Analysis) -> dict[str, int]:
        """The sizes in bytes of the data that documents name, by the path or pattern as written.

        Patterns that cover too many entries of folders are left out.
        """
        paths: dict[str, list[Path]] = {}
        homes = (base for one in analyses for base in self._bases(one.uri, one.trainer))
        search = Search(_MOST_MEASURED, homes)
        for one in analyses:
            for named in file_references(one):
                if named.key == "data_path":
                    paths[named.written] = self._data_at(one, named.written, search)
        return {name: sum(map(_size, several)) for name, several in paths.items() if several}

    def examples(self, analysis: Analysis) -> dict[str, Lengths]:
        """The lengths of the first examples in the first `.jsonl` files, by paths as written."""
        found: dict[str, Lengths] = {}
        data = (one.written for one in file_references(analysis) if one.key == "data_path")
        for written in islice((one for one in data if one.endswith(".jsonl")), _MOST_SAMPLED):
            with suppress(OSError):
                path = self.find(analysis.uri, written, analysis.trainer)
                found[written] = self._lengths.get(path) if path else ()
        return found

    def _data_at(self, analysis: Analysis, written: str, search: Search) -> list[Path]:
        if path := self.find(analysis.uri, written, analysis.trainer):
            return [path]
        expanded = _expand(written)
        if expanded is None or not is_pattern(expanded):
            return []
        bases = self._bases(analysis.uri, "trainsmith")
        try:
            return next(filter(None, (files_at(base, expanded, search) for base in bases)), [])
        except TooManyEntriesError:
            return []

    def _model_paths(self, analyses: Iterable[Analysis]) -> dict[str, Path]:
        return {
            named.written: path
            for one in analyses
            for named in model_references(one)
            if (path := self.find(one.uri, named.written, one.trainer))
        }

    def missing(self, analysis: Analysis) -> dict[str, Missing]:
        """The files that a run does not find, or perhaps does not, by their path as written.

        Paths that can't be resolved are left out: those of an untitled document, with a variable
        that is not set, or relative to tt-train's root if that is unknown.
        """
        trainer = analysis.trainer
        missing: dict[str, Missing] = {}
        search = Search(_MOST_SEARCHED, self._bases(analysis.uri, trainer))
        for one in file_references(analysis):
            looked_in = self._looked_in(analysis, one.written)
            if looked_in is None or (one.key != "model_config" and trainer != "trainsmith"):
                continue
            there = self._is_there(analysis.uri, one.written, trainer, search)
            if self._is_elsewhere(analysis.uri, one.written, trainer):
                missing[one.written] = Missing(looked_in, elsewhere=True)
            elif there is None:
                missing[one.written] = Missing(looked_in, _MOST_SEARCHED)
            elif not there:
                near = nearby(one.written, one.key, partial(self.entries, analysis.uri))
                missing[one.written] = Missing(looked_in, nearby=near)
        return missing

    def _looked_in(self, analysis: Analysis, written: str) -> tuple[str, ...] | None:
        """The folders in which a path is searched; `None` if it can't be resolved."""
        path = _expand(written)
        if path is None or not self._is_known(analysis.uri, path, analysis.trainer):
            return None
        return (str(Path(path).parent),) if Path(path).is_absolute() else self._shown(analysis)

    def _is_known(self, uri: str, path: str, trainer: Trainer) -> bool:
        """Whether a path can be resolved."""
        if Path(path).is_absolute():
            return True
        return path_of(uri) is not None and (trainer == "trainsmith" or _tt_train() is not None)

    def _shown(self, analysis: Analysis) -> tuple[str, ...]:
        return tuple(map(str, self._bases(analysis.uri, "trainsmith")))

    def recipes_naming(self, uri: str) -> Iterator[tuple[Analysis, Reference]]:
        """The references to a model file in other open documents."""
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
        """The folders that a path in a document can be relative to, in order of precedence."""
        path = path_of(uri)
        if path is None:
            return
        yield path.parent
        yield from (folder for folder in self.folders if folder in path.parents[1:])
        if trainer != "trainsmith":
            tops = [*path.parents[:_FOLDERS_ABOVE], *filter(None, (_tt_train(),))]
            yield from (top / folder for top in tops for folder in _TT_TRAIN_FOLDERS)

    def checked(self) -> Checked:
        """Decides which files of the workspace are checked, from the first one on."""
        return Checked(self._costs)

    def in_workspace(self) -> Iterator[Path]:
        """The YAML files of the workspace, except those of runs and dependencies."""
        for folder in self.folders:
            found = (file for place in yaml_files(folder) for file in place)
            yield from islice(found, MOST_FILES)

    def _analysis(self, path: Path) -> Analysis | None:
        """The analysis of a file, as open in the editor, or else on disk."""
        for uri in self._session.uris():
            if path_of(uri) == path:
                return self._session.analysis(uri)
        return self.on_disk(uri_of(path))

    def on_disk(self, uri: str) -> Analysis | None:
        """The analysis of a file on disk; `None` if it is too large or can't be read."""
        path = path_of(uri)
        if path is None:
            return None
        try:
            return self._read.get(path)
        except (OSError, UnicodeDecodeError):
            return None

    def _analyze(self, path: Path, size: int) -> Analysis | None:
        if size > LARGEST:
            return None
        uri = uri_of(path)
        return analyze(read_bytes(path, LARGEST).decode("utf-8-sig"), uri, self._options(uri))


def _described(path: Path, size: int) -> TransformerConfig | UnreadableModelError:
    # Imported here because few recipes need it and it costs memory.
    from trainsmith_schemas.families import hugging_face

    try:
        content = read_bytes(path, LARGEST) if size <= LARGEST else b""
        return hugging_face.from_hugging_face(hugging_face.parse_description(content))
    except UnreadableModelError as error:
        return error


def _kind_of(path: Path, size: int) -> str | None:
    if size > MAX_TEXT:
        return None
    return kind_at_a_glance(read_bytes(path, LARGEST).decode("utf-8-sig"))


def _expand(written: str) -> str | None:
    """A path with its variables expanded; `None` if one is not set."""
    try:
        return expand(written, os.environ)
    except UnsetVariableError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # It was deleted in the meantime.
        return 0


def yaml_files(top: Path) -> Iterator[list[Path]]:
    """The YAML files of each folder in a folder tree, sorted by name."""
    for folder, below, files in islice(walk(top), _MOST_FOLDERS):
        below[:] = sorted(one for one in below if one not in _OTHERS and not one.startswith("."))
        if EVENTS in files:  # A run's folder, which contains copies of the recipe.
            below.clear()
        else:
            yield [folder / one for one in sorted(files) if one.endswith((".yaml", ".yml"))]


def _no_options(_uri: str) -> None:
    return None


def _tt_train() -> Path | None:
    """The root folder of tt-train, if it is known."""
    root = next((found for name in ROOT_VARIABLES if (found := os.environ.get(name))), None)
    return Path(root) / "tt-train" if root else None


def _scan(folder: Path) -> list[FolderEntry]:
    """The entries of a folder; empty if it does not exist."""
    try:
        with os.scandir(folder) as entries:
            return [
                FolderEntry(entry.name, "folder" if is_folder(folder / entry.name) else "file")
                for entry in islice(entries, _MOST_ENTRIES)
            ]
    except (OSError, ValueError):
        return []
