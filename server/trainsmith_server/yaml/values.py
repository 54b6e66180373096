"""YAML as Python values, exactly as PyYAML's `safe_load` reads it (YAML 1.1).

So `yes` is a boolean, `3e-4` and `0o7` are text, `010` is eight and `1:30` is ninety. The patterns
are those of PyYAML's `resolver.py`; the property tests compare every value with PyYAML.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from trainsmith_server.yaml.tree import (
    Alias,
    Entry,
    Fault,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Tree,
    resolve_alias,
)

MAX_VALUES = 100_000
"""The number of values that aliases may expand to: a few lines of aliases can mean billions."""

_LONG_TEXT = 64
"""In characters. A longer text counts as several values, since messages repeat it."""

MAX_DIGITS = 250
"""Of an integer in any base; a longer one does not fit into a float, and no recipe needs one."""

_WORDS: dict[str, bool | None] = {
    **{word: True for base in ("yes", "true", "on") for word in (base, base.title(), base.upper())},
    **{
        word: False
        for base in ("no", "false", "off")
        for word in (base, base.title(), base.upper())
    },
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INT = re.compile(
    r"[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
    r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+"
)
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?"
)
_STANDARD = "tag:yaml.org,2002:"


def plain_value(text: str) -> Any:
    """The value of a plain scalar.

    Raises ValueError for text that looks like a number or a date but cannot be one.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INT.fullmatch(text):
        return _int(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _DATE.fullmatch(text) or _TIME.fullmatch(text):
        return _date(text)
    return text


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("the number has too many digits")
    digits = text.replace("_", "")
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-")
    if digits == "0":
        return 0
    if digits.startswith("0b"):
        return sign * int(digits[2:], 2)
    if digits.startswith("0x"):
        return sign * int(digits[2:], 16)
    if digits.startswith("0"):
        return sign * int(digits, 8)
    if ":" in digits:
        return sign * int(_sixties([int(part) for part in digits.split(":")]))
    return sign * int(digits)


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    sign = -1.0 if digits[0] == "-" else 1.0
    digits = digits.lstrip("+-")
    if digits in (".inf", ".nan"):
        return sign * float(digits[1:])
    if ":" in digits:
        return sign * _sixties([float(part) for part in digits.split(":")])
    return sign * float(digits)


def _sixties(parts: list[int] | list[float]) -> int | float:
    """A base-60 number of YAML 1.1: `1:30` is ninety."""
    total: int | float = 0
    for power, part in enumerate(reversed(parts)):
        total += part * 60**power
    return total


def _date(text: str) -> datetime.date:
    if found := _DATE.fullmatch(text):
        return datetime.date(*(int(part) for part in found.groups()))
    found = _TIME.fullmatch(text)
    assert found
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction = int((found[7] or "")[:6].ljust(6, "0"))
    zone = None
    if found[9]:
        shift = datetime.timedelta(hours=int(found[10]), minutes=int(found[11] or 0))
        zone = datetime.timezone(-shift if found[9] == "-" else shift)
    elif found[8]:
        zone = datetime.timezone.utc
    return datetime.datetime(year, month, day, hour, minute, second, fraction, zone)


def to_python(tree: Tree) -> Any:
    """The value of a text's first document; `None` if there is none."""
    return construct(tree.documents[0].root).value if tree.documents else None


@dataclass(frozen=True, slots=True)
class Constructed:
    """A document's value, and the faults that were found while it was constructed."""

    value: Any
    faults: tuple[Fault, ...]


def construct(root: Node | None) -> Constructed:
    """The Python value of a node.

    Anchored collections are shared by their aliases, as in PyYAML. A node that PyYAML rejects is a
    fault; its value is `None` or, for a bad scalar, its text.
    """
    builder = _Builder()
    value = builder.build(root)
    return Constructed(value, tuple(builder.faults))


@dataclass(slots=True)
class _Builder:
    faults: list[Fault] = field(default_factory=list[Fault])
    count: int = 0
    """The number of values so far; an alias counts as everything that it expands to."""
    exceeded: bool = False
    """Whether the limit was reported; the rest of the document has no values then."""
    shared: dict[int, tuple[Any, int]] = field(default_factory=dict[int, tuple[Any, int]])
    """The values of anchored nodes and how many values each contains, by the node's identity."""

    def build(self, node: Node | None) -> Any:
        if node is None:
            return None
        if isinstance(node, Alias):
            return self._alias(node)
        # `<<` constructs the items of an anchored list again wherever it names the list.
        if self.exceeded:
            return None
        if self.count > MAX_VALUES:
            self.exceeded = True
            self._fault(node, f"merge keys expand to more than {MAX_VALUES:,} values")
            return None
        before = self.count
        self.count += 1
        if isinstance(node, Scalar):
            self.count += len(node.text) // _LONG_TEXT
            value = self._scalar(node)
        elif isinstance(node, Mapping):
            value = self._mapping(node)
        else:
            value = self._sequence(node)
        if node.anchor is not None:
            self.shared[id(node)] = value, self.count - before
        return value

    def _fault(self, node: Node, message: str) -> None:
        self.faults.append(Fault("yaml-value", message, (node.start, node.end)))

    def _alias(self, node: Alias) -> Any:
        if node.target is None:
            return None
        if id(node.target) not in self.shared:
            self._fault(node, f"`*{node.name}` is inside the value that it repeats")
            return None
        value, size = self.shared[id(node.target)]
        if self.count + size > MAX_VALUES:
            self._fault(node, f"aliases expand to more than {MAX_VALUES:,} values")
            return None
        self.count += size
        return value

    def _scalar(self, node: Scalar) -> Any:
        tag = node.tag
        if tag == _STANDARD + "str" or (tag is None and node.style):
            return node.text
        try:
            if tag is not None and tag != "!":
                return _tagged_scalar(tag, node.text)
            if node.text in ("<<", "="):
                raise ValueError(f"`{node.text}` has a special meaning as a plain value; quote it")
            return plain_value(node.text)
        except Exception as error:  # PyYAML's constructors can raise any exception.
            self._fault(node, _reason(error))
            return node.text

    def _mapping(self, node: Mapping) -> Any:
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for entry in node.entries:
            if is_merge(entry.key):
                merged.update(self._merge(entry))
                continue
            key_node = resolve_alias(entry.key)
            if isinstance(key_node, Scalar) and key_node.text == "=" and not key_node.style:
                key: Any = "="
            else:
                key = self.build(entry.key)
            value = self.build(entry.value)
            if not isinstance(key, Hashable):
                self._fault(entry.key, "a key must be a single value, not a list or a mapping")
                continue
            own[key] = value
        value = {**merged, **own}
        return self._tagged_collection(node, value, "map")

    def _merge(self, entry: Entry) -> dict[Any, Any]:
        """The entries that `<<` adds; of several mappings, the first one wins."""
        target = resolve_alias(entry.value)
        several = isinstance(target, Sequence)
        parts = [item.value for item in target.items] if several else [entry.value]
        merged: dict[Any, Any] = {}
        for part in reversed(parts):
            value: Any = self.build(part)
            if isinstance(value, dict):
                merged.update(value)  # pyright: ignore[reportUnknownArgumentType]
            elif not (isinstance(part, Alias) and self.faults) and not self.exceeded:
                self._fault(part or entry.key, "`<<` needs a mapping or a list of mappings")
        return merged

    def _sequence(self, node: Sequence) -> Any:
        return self._tagged_collection(node, [self.build(item.value) for item in node.items], "seq")

    def _tagged_collection(self, node: Mapping | Sequence, value: Any, kind: str) -> Any:
        if node.tag is None or node.tag in ("!", _STANDARD + kind):
            return value
        if kind == "map" and node.tag == _STANDARD + "set":
            return set(value)
        pairs = kind == "seq" and node.tag in (_STANDARD + "omap", _STANDARD + "pairs")
        if pairs and all(isinstance(item, dict) and len(item) == 1 for item in value):
            return [next(iter(item.items())) for item in value]
        self._fault(node, f"the tag `{short_tag(node.tag)}` does not fit here")
        return value


def is_merge(key: Node) -> bool:
    """Whether a key is `<<`, which adds the entries of another mapping."""
    return isinstance(key, Scalar) and key.text == "<<" and not key.style and key.tag is None


def is_null(node: Scalar) -> bool:
    """Whether a scalar is null: empty, `~` or `null`, without quotes."""
    return not node.style and node.tag is None and _WORDS.get(node.text, True) is None


def short_tag(tag: str) -> str:
    """A tag in its short form."""
    return "!!" + tag[len(_STANDARD) :] if tag.startswith(_STANDARD) else tag


def _tagged_scalar(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, which is rare, so PyYAML constructs it."""
    from yaml.constructor import SafeConstructor
    from yaml.nodes import ScalarNode

    if tag not in SafeConstructor.yaml_constructors:
        raise ValueError(f"unknown tag `{short_tag(tag)}`")
    loader = SafeConstructor()
    return loader.construct_object(ScalarNode(tag, text), deep=True)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return f"this value is not valid: {error}" if "`" not in str(error) else str(error)
    return "the text does not fit its tag"
