"""YAML text → its value as PyYAML reads it, and the origin of every key and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from trainsmith_schemas.problems import Path, dotted
from trainsmith_trainer.errors import ConfigProblem, Origin, RecipeError

# The most nodes with all aliases expanded: a recipe has a few hundred, an alias bomb billions.
_MAX_NODES = 50_000


_MAX_CHARACTERS = 1_000_000
_MAX_DEPTH = 100

_INTEGER = "tag:yaml.org,2002:int"
_MAX_DIGITS = 250
"""Of an integer in any base; a longer one does not fit into a float, and no recipe needs one."""


_LONGEST_EXCERPT = 200
"""In characters: a line of the file may have millions."""


@dataclass(frozen=True)
class Source:
    """A parsed document."""

    name: str
    """The file as the user named it."""
    data: Any
    keys: dict[Path, Origin] = field(default_factory=dict[Path, Origin])
    values: dict[Path, Origin] = field(default_factory=dict[Path, Origin])

    def origin_of(self, path: Path, *, on_key: bool = False) -> Origin:
        """The origin of a key or value, or of the nearest one above it that is written."""
        origins = self.keys if on_key else self.values
        while path and path not in origins:
            path = path[:-1]
        return origins.get(path, Origin(self.name))


@dataclass(frozen=True)
class Override:
    """One value from the command line."""

    path: Path
    value: Any
    option: str
    """The option as it was written: `--set training_config.batch_size=16`."""


_SEVERAL = "expected a single document in the stream"
"""PyYAML's error for a second document, which does not say what to do."""


def parse_source(text: str, name: str) -> Source:
    """Read one YAML document, as plain values only.

    Raises:
        RecipeError: it is not YAML, or contains a duplicate key or an alias bomb.
    """
    if len(text) > _MAX_CHARACTERS:
        message = f"it has {len(text):,} characters, and a recipe has a few thousand"
        raise _syntax_error(Origin(name), message)
    try:
        return _Reader(text, name).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        origin = _origin_at(name, text.splitlines(), mark) if mark else Origin(name)
        message = ", ".join(part for part in (error.context, error.problem) if part)
        if error.context == _SEVERAL:
            message = "another document begins here, but only one is read: keep one in a file"
        raise _syntax_error(origin, message) from None
    except yaml.YAMLError as error:
        raise _syntax_error(Origin(name), " ".join(str(error).split())) from None
    except RecursionError:
        raise _syntax_error(Origin(name), "it is nested too deeply to be a recipe") from None
    except _TooManyNodesError:
        message = f"it has more than {_MAX_NODES:,} values, and a recipe has a few hundred"
        raise _syntax_error(Origin(name), message) from None


def parse_override(option: str, text: str) -> Override:
    """Read `section.key=value`; the value means what it would mean in the file.

    Raises:
        ValueError: there is no `=`, no key, or the value is not YAML. The text says which.
    """
    key, equals, value = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        shown = text[:_LONGEST_EXCERPT]
        raise ValueError(f"{shown!r} is not of the form section.key=value")
    try:
        return Override(path, parse_source(value, option).data, f"{option} {text}")
    except RecipeError as error:
        shown = text[:_LONGEST_EXCERPT]
        raise ValueError(f"the value in {shown!r} is not YAML: {error}") from None


def with_overrides(source: Source, overrides: Sequence[Override]) -> Source:
    """The same document with overrides applied; the last one of a key wins.

    Raises:
        RecipeError: an override passes through something that is not a section.
    """
    data, keys, values = source.data, dict(source.keys), dict(source.values)
    for override in overrides:
        origin = Origin(override.option)
        data = _set(data, (), override.path, override.value, origin)
        for below in [known for known in values if known[: len(override.path)] == override.path]:
            del values[below]
            keys.pop(below, None)
        keys[override.path] = values[override.path] = origin
        for end in range(1, len(override.path)):
            # A section that only the option names is not in the file.
            keys.setdefault(override.path[:end], origin)
    return Source(source.name, data, keys, values)


def _set(data: Any, above: Path, below: Path, value: Any, origin: Origin) -> Any:
    if not below:
        return value
    if data is None:
        data = {}
    if not isinstance(data, dict):
        what = f"`{dotted(above)}`" if above else "the document"
        message = f"`{below[0]}` cannot be set, because {what} is not a section"
        raise RecipeError((ConfigProblem(origin, "error", "wrong-type", message),))
    key = below[0]
    return {**data, key: _set(data.get(key), (*above, key), below[1:], value, origin)}


class _TooManyNodesError(Exception):
    """A document has more nodes than are read."""


class _Loader(yaml.SafeLoader):
    """Stops at the first node that is too many or too deep, before it takes time and memory."""

    composed = depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self.composed += 1
        self.depth += 1
        if self.composed > _MAX_NODES:
            raise _TooManyNodesError
        if self.depth > _MAX_DEPTH:
            raise RecursionError
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reader:
    """Walks the nodes that PyYAML composes, so that each value keeps its origin."""

    def __init__(self, text: str, name: str) -> None:
        self.lines = text.splitlines()
        self.source = Source(name, None)
        self.loader = _Loader(text)
        self.nodes = 0
        self.duplicates: list[ConfigProblem] = []

    def read(self) -> Source:
        try:
            root: Node | None = self.loader.get_single_node()
            if root is not None:
                self._count(root, ())
            data = None if root is None else self._value(root, ())
        finally:
            self.loader.dispose()
        if self.duplicates:
            raise RecipeError(tuple(self.duplicates))
        return Source(self.source.name, data, self.source.keys, self.source.values)

    def _count(self, node: Node, above: tuple[Node, ...]) -> None:
        self.nodes += 1
        if any(node is parent for parent in above):
            raise _syntax_error(self._at(node), "an alias is inside its own anchor")
        if self.nodes > _MAX_NODES:
            raise _syntax_error(self._at(node), "aliases make this document explode")
        for child in _children(node):
            self._count(child, (*above, node))

    def _value(self, node: Node, path: Path) -> Any:
        self.source.values[path] = self._at(node)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[Any, Any]:
        self._note_duplicates(node)
        self.loader.flatten_mapping(node)
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise _syntax_error(self._at(key_node), "a key must be a word, not a collection")
            key = self._scalar(key_node)
            mapping[key] = self._value(value_node, (*path, key))
            self.source.keys[(*path, key)] = self._at(key_node)
        return mapping

    def _note_duplicates(self, node: MappingNode) -> None:
        seen: dict[str, Node] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, ScalarNode):
                continue
            key = key_node.value
            if key in seen and key != "<<":
                line = seen[key].start_mark.line + 1
                message = f"`{key}` appears here a second time (first in line {line}): keep one"
                origin = self._at(key_node)
                self.duplicates.append(
                    ConfigProblem(origin, "error", "yaml-duplicate-key", message)
                )
            seen.setdefault(key, key_node)

    def _scalar(self, node: Node) -> Any:
        # Python neither prints nor reads longer integers.
        if node.tag == _INTEGER and len(node.value) > _MAX_DIGITS:
            raise _syntax_error(self._at(node), "the number has too many digits")
        try:
            return self.loader.construct_object(node)
        except ValueError as error:
            # A date such as 2024-13-45 matches YAML's pattern, but is not a date.
            raise _syntax_error(self._at(node), str(error)) from None
        except (KeyError, AttributeError, IndexError):
            # The library fails like this if a tag such as `!!bool` precedes something else.
            kind = node.tag.rpartition(":")[2]
            message = f"`{node.value}` does not match its tag, `!!{kind}`"
            raise _syntax_error(self._at(node), message) from None

    def _at(self, node: Node) -> Origin:
        return _origin_at(self.source.name, self.lines, node.start_mark)


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _origin_at(name: str, lines: list[str], mark: yaml.Mark) -> Origin:
    excerpt = lines[mark.line].strip()[:_LONGEST_EXCERPT] if mark.line < len(lines) else ""
    label = f"{name}:{mark.line + 1}:{mark.column + 1}"
    return Origin(label, excerpt, name, mark.line + 1)


def _syntax_error(origin: Origin, message: str) -> RecipeError:
    return RecipeError((ConfigProblem(origin, "error", "yaml-syntax", message),))
