"""Converts a recipe from one trainer to another.

`migration` lists the keys that are the same setting. A key that the other trainer reads under
another name is renamed or moved; a key that it doesn't read becomes a comment. Values stay as
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import BLACKSMITH, TRAINING, TrainingDocument
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.trainers import migration
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import PROFILES
from trainsmith_schemas.validation.validate import validate
from trainsmith_server.document.diagnostics import Edit, apply_edits
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.edits.layout import (
    Block,
    CannotMoveError,
    Layout,
    Piece,
    lay_out,
    render,
)
from trainsmith_server.features.edits.lines import replace_documents
from trainsmith_server.lint.analyze import analyze

_Names = tuple[str, ...]
_TRAINING = ("training_config",)
_OPTIMIZER = ("training_config", "optimizer")
_TYPE = (*_OPTIMIZER, "type")
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s:#]+)""")
_WORD = re.compile(r"""(?P<key>"[^"]*"|'[^']*'|[^\s:#]+)\s*:(?:\s+(?P<value>[^\s#]\S*))?""")
_PROFILE = re.compile(r"^\ufeff?#[ \t]*trainsmith:[ \t]*profile[ \t]*=[ \t]*\S+", re.MULTILINE)


def conversions(analysis: Analysis) -> list[Trainer]:
    """The trainers that a text's recipes can be converted to."""
    known = _recipes(analysis)
    if not known or analysis.tree.faults or analysis.siblings:
        return []
    return migration.targets(known[0].profile.name)


def convert_document(analysis: Analysis, trainer: Trainer) -> tuple[Edit, ...]:
    """The edits that convert all recipes of a text to another trainer.

    Raises:
        CannotMoveError: the text has syntax errors, no recipe, or something that can't be moved.
    """
    recipes = _recipes(analysis)
    if analysis.tree.faults:
        raise CannotMoveError("the text has syntax errors")
    if not recipes:
        raise CannotMoveError("the text has no training recipe")
    layouts: list[Layout] = []
    for known in recipes:
        if trainer != known.profile.name and trainer not in migration.targets(known.profile.name):
            titles = known.profile.title, PROFILES[trainer].title
            raise CannotMoveError("a recipe for {} cannot be converted to {}".format(*titles))
        layout = lay_out(known.document, analysis.lines)
        layout.root = _Conversion(known, layout.root, trainer).run()
        layouts.append(layout)
    edits = replace_documents(layouts, analysis.lines)
    return edits + _directive(analysis, edits, trainer)


def _recipes(analysis: Analysis) -> list[KnownDocument]:
    return [known for known in analysis.documents if known.kind in (TRAINING, BLACKSMITH)]


def _directive(analysis: Analysis, edits: tuple[Edit, ...], trainer: Trainer) -> tuple[Edit, ...]:
    """The comment that selects the trainer, if there is one already or the keys are ambiguous."""
    line = f"# trainsmith: profile={trainer}"
    found = _PROFILE.search(analysis.text)
    if found and analysis.directives.profile:
        return (Edit((found.start(), found.end()), line),)
    converted = analyze(apply_edits(analysis.text, edits), analysis.uri, analysis.options)
    if all(known.profile.name == trainer for known in converted.documents):
        return ()
    return (Edit((0, 0), line + "\n"),)


class _Conversion:
    """The conversion of one document."""

    def __init__(self, known: KnownDocument, root: Block, trainer: Trainer) -> None:
        self._model: type[Section] = known.kind.model
        self._data: Any = known.data
        self._root = root
        self._from: Trainer = known.profile.name
        self._to: Trainer = trainer
        self._present = set(_paths(known.data))
        self._moved: list[tuple[_Names, Piece]] = []
        self._slots: dict[_Names, int] = {}
        """The position in each block of the first key that was moved."""

    def run(self) -> Block:
        """The converted document."""
        root = self._block(self._root, self._model, ())
        self._add_type()
        for section in dict.fromkeys(path[:-1] for path, _ in sorted(self._moved, key=_order)):
            here = [piece for path, piece in self._moved if path[:-1] == section]
            if section == _OPTIMIZER:
                here.sort(key=lambda piece: list(fields_of(OptimizerConfig)).index(piece.key))
            block = self._section(root, section)
            at = self._slots.get(section, len(block.pieces))
            block.pieces[at:at] = here
        self._write_defaults(root)
        return root

    def _block(self, block: Block, section: type[Section], path: _Names) -> Block:
        fields = fields_of(section)
        kept = Block(step=block.step)
        waiting = _Waiting(self._to)
        for piece in block.pieces:
            field = fields.get(piece.key)
            new = self._piece(piece, field, (*path, piece.key), kept, waiting) if field else piece
            if new is not None:
                new.above = [*waiting.take(), *new.above]
                kept.pieces.append(new)
        kept.tail = [*waiting.take(), *block.tail]
        return kept

    def _piece(
        self, piece: Piece, field: FieldInfo, path: _Names, kept: Block, waiting: _Waiting
    ) -> Piece | None:
        """The new piece in a key's place; `None` if the key moves or becomes a comment."""
        inner = piece.block or piece.braces
        reads = self._model is TrainingDocument and migration.reads(dotted(path), self._to)
        if field.section and inner and (reads or path == _OPTIMIZER):
            return self._nested(piece, field.section, path, kept, waiting)
        if reads and not self._is_beaten(path):
            return piece
        home = self._home(path)
        if home is None:
            waiting.comment_out(piece, migration.INSTEAD.get(self._to, {}).get(piece.key, ""))
            return None
        renamed = self._renamed(piece, path, home)
        if renamed is None:
            waiting.add([*piece.above, *_end_comment(piece)])
            return None
        if home[:-1] == path[:-1]:
            return renamed
        self._slots.setdefault(path[:-1], len(kept.pieces))
        while renamed.above and not renamed.above[0].strip():
            renamed.above = renamed.above[1:]
        self._moved.append((home, renamed))
        return None

    def _nested(
        self, piece: Piece, section: type[Section], path: _Names, kept: Block, waiting: _Waiting
    ) -> Piece | None:
        before = piece.block or piece.braces
        assert before is not None
        old, moved = render(before), len(self._moved)
        new = self._block(before, section, path)
        if migration.reads(dotted(path), self._to):
            if piece.braces and render(new) != old:
                end = " ".join(_end_comment(piece))
                head = f"{piece.key}:" + (f"  {end}" if end else "")
                return Piece(piece.key, piece.above, [head], new)
            piece.block = new if piece.block else None
            return piece
        self._slots.setdefault(path[:-1], len(kept.pieces))
        heading = [*piece.above, *_end_comment(piece)]
        if len(self._moved) > moved:
            first = self._moved[moved][1]
            first.above = [*heading, *first.above]
            waiting.add(new.tail)
        else:
            waiting.add([*heading, *new.tail])
        return None

    def _is_beaten(self, path: _Names) -> bool:
        """Whether another name of the setting takes precedence, and that name must be converted."""
        winner = self._winner(migration.synonyms(dotted(path)))
        if winner is None or winner == dotted(path):
            return False
        return not migration.reads(winner, self._to)

    def _winner(self, names: _Names) -> str | None:
        """Of several names in the document, the one that takes precedence."""
        there = [name for name in names if name in self._present]
        read = [name for name in there if migration.reads(name, self._from)]
        return next(iter(read or there), None)

    def _home(self, path: _Names) -> _Names | None:
        """Where the other trainer reads a setting; `None` if it doesn't read it, or this value."""
        name = dotted(path)
        if path[:-1] == _TRAINING and path[-1] in migration.OPTIMIZER_FLAGS:
            return None if dotted(_TYPE) in self._present else _TYPE
        if path == _TYPE:
            return self._flag_of_type()
        names = migration.synonyms(name)
        home = migration.counterpart(name, self._to)
        if home is None or self._winner(names) != name:
            return None
        target = tuple(home.split("."))
        return target if self._fits(path, target) else None

    def _fits(self, path: _Names, home: _Names) -> bool:
        value: Any = _at(self._data, path)
        value = migration.VALUES.get(dotted(path), {}).get(_hashable(value), value)
        if value is None:
            return False
        for key in reversed(home):
            value = {key: value}
        return not validate(TrainingDocument, value).problems

    def _renamed(self, piece: Piece, path: _Names, home: _Names) -> Piece | None:
        """The piece under its new name; `None` if another piece already sets the same value."""
        if home == _TYPE:
            if any(path == _TYPE for path, _ in self._moved):
                return None
            return _with(piece, "type", self._type())
        if path == _TYPE:
            flag = home[-1]
            value = _at(self._data, path) == migration.OPTIMIZER_FLAGS[flag]
            return _with(piece, flag, str(value).lower())
        spelled = migration.VALUES.get(dotted(path), {}).get(_hashable(_at(self._data, path)))
        if spelled:
            return _with(piece, home[-1], spelled)
        head = _KEY.sub(home[-1], piece.lines[0], count=1)
        return Piece(home[-1], piece.above, [head, *piece.lines[1:]], piece.block)

    def _type(self) -> str:
        """The optimizer that the flags of older tt-train versions select."""
        training = _at(self._data, _TRAINING)
        flags: Mapping[str, Any] = training if isinstance(training, dict) else {}
        named = [kind for key, kind in migration.OPTIMIZER_FLAGS.items() if flags.get(key) is True]
        kind = named[-1] if named else migration.PLAIN_TYPE
        kahan = flags.get("use_kahan_summation") is True
        return migration.KAHAN_TYPES.get(kind, kind) if kahan else kind

    def _flag_of_type(self) -> _Names | None:
        kind = _at(self._data, _TYPE)
        flags = migration.OPTIMIZER_FLAGS
        plain = (migration.PLAIN_TYPE, *migration.KAHAN_TYPES.values())
        flag = next((key for key, name in flags.items() if name == kind), None)
        flag = flag or (next(iter(flags)) if kind in plain else None)
        taken = flag is None or f"training_config.{flag}" in self._present
        return None if taken else (*_TRAINING, str(flag))

    def _add_type(self) -> None:
        """Add the optimizer's type to a new block for tt-train."""
        into_block = [path for path, _ in self._moved if path[:-1] == _OPTIMIZER]
        if self._to != "tt-train" or not into_block or _TYPE in into_block:
            return
        if dotted(_TYPE) not in self._present:
            self._moved.append((_TYPE, Piece("type", [], [f"type: {self._type()}"])))

    def _section(self, root: Block, path: _Names) -> Block:
        """The block of a section, which is created if it is absent."""
        block = root
        for depth, key in enumerate(path):
            piece = block.piece(key)
            if piece is None:
                above = path[:depth]
                at = self._slots.get(above, len(block.pieces))
                piece = Piece(key, [], [f"{key}:"], Block(step=root.step))
                block.pieces.insert(at, piece)
                if above in self._slots:
                    self._slots[above] = at + 1
            if piece.block is None:
                end = "".join(f"  {one}" for one in _end_comment(piece))
                piece.lines, piece.block = [f"{key}:{end}"], piece.braces or Block(step=root.step)
            block = piece.block
        return block

    def _write_defaults(self, root: Block) -> None:
        """Write out defaults that differ for the other trainer."""
        if root.piece(_TRAINING[0]) is None or self._model is not TrainingDocument:
            return
        for name, defaults in migration.DEFAULTS.items():
            there = any(one in self._present for one in migration.synonyms(name))
            home = migration.counterpart(name, self._to)
            default = defaults.get(self._from)
            if there or home is None or default is None or default == defaults.get(self._to):
                continue
            path = tuple(home.split("."))
            block = self._section(root, path[:-1])
            line = f"{path[-1]}: {default}  # the default of {PROFILES[self._from].title}"
            if path[:-1] == _OPTIMIZER and not block.pieces:
                block.pieces.append(Piece("type", [], [f"type: {self._type()}"]))
            block.pieces.append(Piece(path[-1], [], [line]))


class _Waiting:
    """Comments that move to the next key that stays."""

    def __init__(self, trainer: Trainer) -> None:
        self._title = PROFILES[trainer].title
        self._lines: list[str] = []
        self._note = ""

    def add(self, lines: list[str]) -> None:
        """Keep comments."""
        if any(line.strip() for line in lines):
            self._note = ""
        self._lines += lines

    def comment_out(self, piece: Piece, instead: str) -> None:
        """Turn a key and its value into comments, below a comment that explains why."""
        note = f"# {self._title} does not read this{f' ({instead})' if instead else ''}:"
        if any(line.strip() for line in piece.above) or note != self._note:
            self._lines += [*piece.above, note]
        lines = render(Block([Piece(piece.key, [], piece.lines, piece.block)]))
        self._lines += [f"# {line}" if line else "#" for line in lines]
        self._note = note

    def take(self) -> list[str]:
        """Return the comments and clear them."""
        lines, self._lines, self._note = self._lines, [], ""
        return lines


def _order(moved: tuple[_Names, Piece]) -> tuple[int, int]:
    path = moved[0]
    return list(fields_of(TrainingDocument)).index(path[0]), len(path)


def _paths(data: Any, path: _Names = ()) -> Iterator[str]:
    if isinstance(data, dict):
        items: dict[Any, Any] = data  # pyright: ignore[reportUnknownVariableType]
        for key, value in items.items():
            here = (*path, str(key))
            yield dotted(here)
            yield from _paths(value, here)


def _at(data: Any, path: _Names) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return data  # pyright: ignore[reportUnknownVariableType]


def _hashable(value: Any) -> Any:
    return value if isinstance(value, (str, int, float)) else None


def _with(piece: Piece, key: str, value: str) -> Piece:
    """A piece with another key and value."""
    found = _WORD.match(piece.lines[0])
    rest = piece.lines[0][found.end() :] if found else ""
    return Piece(key, piece.above, [f"{key}: {value}{rest}", *piece.lines[1:]])


def _end_comment(piece: Piece) -> list[str]:
    """The comment at the end of a key's line, if there is one."""
    found = re.search(r"(?<=\s)#.*$", piece.lines[0])
    return [found[0]] if found else []
