"""What a rule may ask about a document: values by their path, with the place where they stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from trainsmith_schemas.meaning.derived import parameter_count
from trainsmith_schemas.meaning.learning_rate import Start, UsualRate, usual_rate
from trainsmith_schemas.problems import Path
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.migration import OPTIMIZER_FLAGS, PLAIN_TYPE
from trainsmith_schemas.trainers.profiles import unread_keys
from trainsmith_server.document.bind import Binding, Place, find, key_span, value_span
from trainsmith_server.document.diagnostics import Edit, Fix, Related, Severity, Tag
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.yaml.tree import Entry, Mapping, Node, Span, resolve_alias, walk

if TYPE_CHECKING:
    from trainsmith_server.document.result import KnownDocument

_T = TypeVar("_T")

_OF_LANGUAGE_MODELS = (
    "tokenizer_type",
    "tokenizer_path",
    "model_type",
    "transformer_config",
    "grpo_config",
)
"""Keys of `training_config` that only a recipe for a language model has."""

_LARGEST = 1e100
"""Nobody computes with more; Python's integers are larger than its floats can be."""

_COMMENT = r"#(?!\s*trainsmith:\s*(?:profile|ignore-file)\b)"
"""The beginning of a comment that may be about a key; what is about the file stays on top."""


@dataclass(frozen=True, slots=True)
class Found(Generic[_T]):
    """A value that stands in the text."""

    value: _T
    key: str
    entry: Entry
    span: Span
    """The span of the value."""

    def set_to(self, new_text: str, *, title: str = "", preferred: bool = False) -> Fix:
        """The fix that writes another value here; `new_text` is YAML."""
        title = title or f"Set `{self.key}` to {new_text}"
        return Fix(title, (Edit(self.span, new_text),), preferred)

    def rename(self, new_key: str) -> Fix:
        """The fix that writes another key before the same value."""
        edit = Edit((self.entry.key.start, self.entry.key.end), new_key)
        return Fix(f"Rename to `{new_key}`", (edit,), preferred=True)

    def related(self, message: str) -> Related:
        """Point a finding elsewhere at this value."""
        return Related(self.span, message)


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's check yields: the finding, less what the rule knows already."""

    message: str
    span: Span
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    tags: tuple[Tag, ...] = ()
    severity: Severity | None = None
    """Another severity than the rule's own."""


class DocumentQuery:
    """A document as rules see it.

    Every question takes a dotted path, `training_config.batch_size`. The answer is `None` where
    the key is absent, empty, or has a value of another kind: that is for the schema to report.
    """

    __slots__ = ("_entries", "_known", "_text", "kind", "model", "options", "profile")

    def __init__(
        self,
        known: KnownDocument,
        text: str,
        options: LintOptions | None = None,
        model: TransformerConfig | None = None,
    ) -> None:
        self._known = known
        self._text = text
        self._entries = {binding.path: binding.entry for binding in known.bindings.entries}
        self.kind = known.kind
        """What kind of document it is."""
        self.profile = known.profile
        """The trainer that the document is judged for."""
        self.options = options or LintOptions()
        """What somebody has said about board and privacy."""
        self.model = model
        """What the model file says that a recipe names, where it has been read."""

    def number(self, path: str) -> Found[float] | None:
        """A finite number. `1e-4` counts, though YAML 1.1 reads it as text: trainers read it."""
        found = self._find(path)
        if found is None or isinstance(found.value, bool):
            return None
        value = found.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if not isinstance(value, (int, float)) or abs(value) > _LARGEST or math.isnan(value):
            return None
        return Found(value, found.key, found.entry, found.span)

    def whole(self, path: str) -> Found[int] | None:
        """A whole number."""
        found = self._find(path)
        return found if found and type(found.value) is int and found.value < _LARGEST else None

    def flag(self, path: str) -> Found[bool] | None:
        """True or false."""
        found = self._find(path)
        return found if found and isinstance(found.value, bool) else None

    def text(self, path: str) -> Found[str] | None:
        """Text."""
        found = self._find(path)
        return found if found and isinstance(found.value, str) else None

    def wholes(self, path: str) -> Found[list[int]] | None:
        """A list of whole numbers."""
        found = self._find(path)
        if found is None or not isinstance(found.value, list):
            return None
        return found if all(type(item) is int for item in found.value) else None

    def has(self, path: str) -> bool:
        """Whether a key is there, whatever its value."""
        return self._place(tuple(path.split("."))) is not None

    def mentions(self, path: str) -> bool:
        """Whether a key is there, or one that was meant to be it: misspelt, or misplaced."""
        key = path.rpartition(".")[2]
        return self.has(path) or any(
            key in (problem.path[-1], *problem.suggestions)
            for problem in self._known.problems
            if problem.code == "unknown-key"
        )

    def key(self, path: str) -> Found[Any] | None:
        """A key that is there, whatever its value; its span is the key's."""
        parts = tuple(path.split("."))
        place = self._place(parts)
        if place is None or place.entry is None:
            return None
        return Found(self._value(parts), parts[-1], place.entry, key_span(place.entry))

    def bindings(self) -> tuple[Binding, ...]:
        """All keys of the document's sections, in the order of the text."""
        return self._known.bindings.entries

    def unread(self) -> Iterator[Path]:
        """The keys that the trainer never looks at."""
        return unread_keys(self.kind.model, self._known.data, self.profile.name)

    @property
    def complete(self) -> bool:
        """Whether the recipe says enough to be run; a snippet does not."""
        has_rate = self.learning_rate() or self.has("training_config.optimizer")
        length = self.has("training_config.max_steps") or self.has("training_config.num_epochs")
        return bool(has_rate and length and self.has("training_config.batch_size"))

    def learning_rate(self) -> Found[float] | None:
        """The rate that counts: the scheduler's, else the optimizer block's, else the flat key."""
        return (
            self.number("scheduler_config.max_lr")
            or self.number("training_config.optimizer.lr")
            or self.number("training_config.learning_rate")
            or self.number("learning_rate")
        )

    def start(self) -> Start | None:
        """What training starts from; `None` where neither the file nor its model file says it."""
        if self.profile.name == "blacksmith":
            kind = self.text("training_type")
            lora = self.has("lora_r") or self.has("lora_rank")
            return "lora" if lora or (kind and "lora" in kind.value.lower()) else None
        inline = self.text("training_config.transformer_config.model_path")
        if (inline and inline.value) or (self.model and self.model.model_path):
            return "pretrained"
        return "random" if self.model else None

    def usual_rate(self) -> UsualRate | None:
        """The learning rate that is usual here; `None` where too little is known to tell.

        tt-train also has recipes for other than language models, for which nothing is known.
        """
        flags = (name for flag, name in OPTIMIZER_FLAGS.items() if self._is_flagged(flag))
        kind = self.text("training_config.optimizer.type")
        optimizer = kind.value if kind else next(flags, PLAIN_TYPE)
        if not self._is_language_model():
            return None
        size = self.model and parameter_count(self.model)
        return usual_rate(optimizer, self.start(), size)

    def _is_flagged(self, flag: str) -> bool:
        return self.is_on(f"training_config.{flag}")

    def _is_language_model(self) -> bool:
        if self.model or self.profile.name == "trainsmith" or self.start():
            return True
        keys = (f"training_config.{key}" for key in _OF_LANGUAGE_MODELS)
        sampling = ("eval_config.top_k", "eval_config.top_p", "eval_config.repetition_penalty")
        return any(map(self.has, (*keys, *sampling)))

    def validation_interval(self) -> Found[int] | None:
        """The interval that the trainer reads; tt-train's current trainers do not validate."""
        if self.profile.name == "tt-train":
            return None
        newer = "training_config.validation_frequency"
        found = self.whole(newer) if self.profile.name == "trainsmith" else None
        return found or self.whole("training_config.eval_every")

    def checkpoint_interval(self) -> Found[int] | None:
        """The interval that the trainer reads, if it saves by steps."""
        found = None
        if self.profile.name == "trainsmith":
            strategy = self.text("training_config.save_strategy")
            if strategy and strategy.value == "epoch":
                return None
            found = self.whole("training_config.checkpoint_frequency")
        return found or self.whole("training_config.model_save_interval")

    def is_on(self, path: str) -> bool:
        """Whether a flag is true."""
        found = self.flag(path)
        return bool(found and found.value)

    def mesh(self) -> Found[list[int]] | None:
        """The rows and columns of devices, if they are two positive numbers."""
        found = self.wholes("device_config.mesh_shape")
        return found if found and len(found.value) == 2 and min(found.value) > 0 else None

    def add_after(
        self, found: Found[Any], line: str, *, title: str, preferred: bool = False
    ) -> Fix:
        """The fix that writes another `key: value` behind an entry, in the same section."""
        parent = self._parent(found.entry)
        return Fix(title, (self._behind(parent, found.entry, line),), preferred)

    def write(self, path: str, new_text: str) -> Edit:
        """The edit that gives a key a value, where it stands or else at the end of its section.

        Args:
            path: the dotted path of the key.
            new_text: YAML on one line.
        """
        *section, key = parts = tuple(path.split("."))
        entry = self._entries.get(parts)
        if entry is None:
            return self._insertion(tuple(section), [f"{key}: {new_text}"])
        if entry.value is None or entry.value.end <= entry.value.start:
            return Edit((entry.colon + 1, entry.colon + 1), f" {new_text}")
        return Edit((entry.value.start, entry.value.end), new_text)

    def removal(self, found: Found[Any]) -> Edit:
        """The edit that takes an entry away: its lines, or its part of a flow mapping."""
        entry, text = found.entry, self._text
        start, end = entry.key.start, _end(entry)
        parent = self._parent(entry)
        if parent.flow:
            return next(_removals_in_braces(parent, [entry]))
        line = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        return Edit((line, len(text) if after < 0 else after + 1), "")

    def remove(self, found: Found[Any], *, title: str = "", preferred: bool = False) -> Fix:
        """The fix that takes an entry away."""
        return Fix(title or f"Remove `{found.key}`", (self.removal(found),), preferred)

    def move(
        self, moves: Iterable[tuple[Found[Any], str | None]], section: Path, title: str
    ) -> Fix:
        """The fix that takes entries away and writes them into a section, made where absent.

        Comments at the end of an entry's line and right above it go with it. In braces there is
        no place for them, so that they stay where they are.

        Args:
            moves: the entries, each with the line that it becomes, or `None` if it only goes.
            section: where they go.
            title: what the fix is called.
        """
        moves = list(moves)
        braces = self._in_braces(section)
        lines: list[str] = []
        removals = self._removals_in_braces([found.entry for found, _ in moves])
        for found, line in moves:
            if self._parent(found.entry).flow:
                lines += [line] if line else []
                continue
            removal = self.removal(found)
            above, end = self._comments(found) if line else ([], "")
            if line and braces:
                left = self._text[removal.span[0] : found.entry.key.start] + end + "\n"
                removal = Edit(removal.span, left if end else "")
                lines.append(line)
            elif line:
                removal = Edit((self._above(found, len(above)), removal.span[1]), "")
                lines += [*above, f"{line}  {end}" if end else line]
            removals.append(removal)
        if not lines:
            return Fix(title, tuple(removals), preferred=True)
        insertion = self._insertion(section, lines)
        at = insertion.span[0]
        inside = next((one for one in removals if one.span[0] <= at <= one.span[1]), None)
        if inside is None:
            return Fix(title, (*removals, insertion), preferred=True)
        # The new lines go where the last old one was: one edit, since edits must not overlap.
        new_text = insertion.new_text.lstrip("\n") + "\n"
        flow = insertion.new_text.startswith(", ")
        if flow:
            alone = self._text[: inside.span[0]].rstrip().endswith("{")
            new_text = insertion.new_text.removeprefix(", ") if alone else insertion.new_text
        whole = Edit(inside.span, new_text if flow else new_text + inside.new_text)
        return Fix(title, (*(one for one in removals if one is not inside), whole), preferred=True)

    def _removals_in_braces(self, gone: list[Entry]) -> list[Edit]:
        """The edits that take away those of some entries that stand in braces."""
        parents = {id(parent): parent for parent in map(self._parent, gone) if parent.flow}
        return [edit for parent in parents.values() for edit in _removals_in_braces(parent, gone)]

    def takes_keys(self, section: Path) -> bool:
        """Whether keys may be written into a section: it is absent, empty or a mapping."""
        places = (self._place(section[: depth + 1]) for depth in range(len(section)))
        nodes = (resolve_alias(place.node) for place in places if place)
        return all(
            node is None or isinstance(node, Mapping) or node.end <= node.start for node in nodes
        )

    @property
    def _root(self) -> Node | None:
        return self._known.document.root

    def _in_braces(self, section: Path) -> bool:
        """Whether what is written into a section stands in braces."""
        for depth in range(len(section), -1, -1):
            place = self._place(section[:depth]) if depth else None
            node = resolve_alias(place.node if place else self._root)
            if (place or not depth) and isinstance(node, Mapping):
                return node.flow
        return False

    def _comments(self, found: Found[Any]) -> tuple[list[str], str]:
        """The comments right above an entry, and the one at the end of its line."""
        if self._parent(found.entry).flow:
            return [], ""
        start = found.entry.key.start
        column = start - self._text.rfind("\n", 0, start) - 1
        before = self._text[: start - column].splitlines()
        above: list[str] = []
        while before and re.match(rf" {{{column}}}{_COMMENT}", before[-1]):
            above.insert(0, before.pop().strip())
        end = _end(found.entry)
        rest = self._text[end : self._line_end(end)].strip()
        return above, rest if rest.startswith("#") else ""

    def _above(self, found: Found[Any], count: int) -> int:
        """Where the lines above an entry begin, so many of them."""
        start = self.removal(found).span[0]
        for _ in range(count):
            start = self._text.rfind("\n", 0, start - 1) + 1
        return start

    def source(self, found: Found[Any]) -> str | None:
        """A value as it stands in the text; `None` for a block collection or an empty value."""
        node = found.entry.value
        if node is None or node.end <= node.start or "\n" in self._text[node.start : node.end]:
            return None
        if isinstance(node, Mapping) and not node.flow:
            return None
        return self._text[node.start : node.end]

    def _insertion(self, section: Path, lines: list[str]) -> Edit:
        """The edit that writes lines at the end of a section."""
        place = self._place(section) if section else Place(None, self._root)
        node = resolve_alias(place.node) if place else None
        if isinstance(node, Mapping) and node.entries:
            joined = (", " if node.flow else "\n" + " " * node.indent).join(lines)
            return self._behind(node, node.entries[-1], joined)
        if place is None or place.entry is None:
            *parents, name = section
            outer = self._place(tuple(parents)) if parents else Place(None, self._root)
            holder = resolve_alias(outer.node) if outer else None
            if self._in_braces(section):
                return self._insertion(tuple(parents), [f"{name}: {{{', '.join(lines)}}}"])
            indent = holder.indent if isinstance(holder, Mapping) else 2 * len(parents)
            inner = "\n" + " " * (indent + 2)
            return self._insertion(tuple(parents), [f"{name}:" + "".join(inner + x for x in lines)])
        if isinstance(node, Mapping):
            return Edit((node.start, node.end), "{" + ", ".join(lines) + "}")
        line_start = self._text.rfind("\n", 0, place.entry.key.start) + 1
        indent = "\n" + " " * (place.entry.key.start - line_start + 2)
        end = self._line_end(max(place.entry.colon + 1, place.entry.key.end))
        return Edit((end, end), "".join(indent + line for line in lines))

    def _behind(self, parent: Mapping, entry: Entry, line: str) -> Edit:
        """Write behind an entry; in a block, behind the comment that shares its line."""
        if parent.flow:
            end = _end(entry)
            return Edit((end, end), ", " + line)
        end = self._line_end(_end(entry))
        return Edit((end, end), "\n" + " " * parent.indent + line)

    def _line_end(self, offset: int) -> int:
        end = self._text.find("\n", offset)
        if end < 0:
            return len(self._text)
        return end - 1 if self._text[end - 1] == "\r" else end

    def _parent(self, entry: Entry) -> Mapping:
        """The mapping that an entry stands in."""
        for node in walk(self._known.document.root):
            if isinstance(node, Mapping) and entry in node.entries:
                return node
        raise LookupError("the entry is of another document")

    def _place(self, parts: Path) -> Place | None:
        entry = self._entries.get(parts)
        # Aliases and merge keys are not bound, so that they are looked up in the tree.
        return Place(entry, entry.value) if entry else find(self._known.document.root, parts)

    def _value(self, parts: Path) -> Any:
        value = self._known.data
        for part in parts:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]  # pyright: ignore[reportUnknownVariableType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def _find(self, path: str) -> Found[Any] | None:
        parts = tuple(path.split("."))
        value = self._value(parts)
        if value is None:
            return None
        place = self._place(parts)
        if place is None or place.entry is None or place.node is None:
            return None
        return Found(value, parts[-1], place.entry, value_span(place))


def _end(entry: Entry) -> int:
    return max(entry.key.end, entry.value.end if entry.value else entry.colon + 1)


def _removals_in_braces(parent: Mapping, gone: list[Entry]) -> Iterator[Edit]:
    """The edits that take entries of a flow mapping away: one for those beside each other."""
    entries = parent.entries
    for is_gone, run in groupby(range(len(entries)), lambda at: entries[at] in gone):
        if not is_gone:
            continue
        first, *_, last = [*run] * 2
        if last + 1 < len(entries):
            yield Edit((entries[first].key.start, entries[last + 1].key.start), "")
        else:
            start = _end(entries[first - 1]) if first else entries[0].key.start
            yield Edit((start, _end(entries[last])), "")


def key_place(found: Found[Any]) -> Span:
    """The span of a found value's key."""
    return key_span(found.entry)


def whole_place(found: Found[Any]) -> Span:
    """The span from a found value's key to its end."""
    return key_span(found.entry)[0], value_span(Place(found.entry, found.entry.value))[1]
