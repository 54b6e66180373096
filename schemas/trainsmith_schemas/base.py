"""The building blocks of sections: their base class, field types and metadata.

A section is a frozen pydantic model. An attribute's docstring documents the key, in Markdown;
`Typical` and `Examples` describe usual values, `Common` marks usual keys. `fields_of` returns the
keys of a section as plain data, for hovers, completion and the reference pages.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, Strict
from pydantic_core import PydanticCustomError, PydanticUndefined

from trainsmith_schemas.paths import MOST_PATHS
from trainsmith_schemas.problems import Path
from trainsmith_schemas.trainers.names import Trainer

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.fields import FieldInfo as PydanticField
    from pydantic_core import CoreSchema

_T = TypeVar("_T")


class Section(BaseModel):
    """A mapping in a document. Unknown keys are refused, and values are never coerced silently."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=True,
        protected_namespaces=(),
        use_attribute_docstrings=True,
        defer_build=True,
    )


class _SchemaExtra:
    """Metadata that also appears in the JSON Schema."""

    def _extra(self) -> dict[str, Any]:
        raise NotImplementedError

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(core_schema), **self._extra()}


@dataclass(frozen=True)
class Typical(_SchemaExtra):
    """The usual range of a value. Values outside it are allowed."""

    low: float
    high: float

    def _extra(self) -> dict[str, Any]:
        return {"x-typical": [self.low, self.high]}


@dataclass(frozen=True)
class Example:
    """A suggested value, and when to use it."""

    value: Any
    why: str = ""


@dataclass(frozen=True, init=False)
class Examples(_SchemaExtra):
    """Values that completion suggests. Write `(value, "why")` to explain when to use one."""

    examples: tuple[Example, ...]

    def __init__(self, *examples: Any) -> None:
        pairs = [item if isinstance(item, tuple) else (item, "") for item in examples]
        object.__setattr__(self, "examples", tuple(Example(value, why) for value, why in pairs))

    def _extra(self) -> dict[str, Any]:
        return {"examples": [example.value for example in self.examples]}


@dataclass(frozen=True, init=False)
class ReadBy(_SchemaExtra):
    """The trainers that read a key. Defaults to ours, or for a section, to those of its keys.

    `ReadBy()` is a key that no trainer reads yet.
    """

    trainers: tuple[Trainer, ...]

    def __init__(self, *trainers: Trainer) -> None:
        object.__setattr__(self, "trainers", trainers)

    def _extra(self) -> dict[str, Any]:
        return {"x-read-by": list(self.trainers)}


@dataclass(frozen=True)
class Common(_SchemaExtra):
    """Marks a key that most recipes set. Completion offers these keys first."""

    def _extra(self) -> dict[str, Any]:
        return {"x-common": True}


@dataclass(frozen=True)
class PathTo(_SchemaExtra):
    """Marks text that is the path of a file or a folder."""

    kind: Literal["file", "folder"]

    def _extra(self) -> dict[str, Any]:
        return {"x-path-to": self.kind}


def _number_from_text(value: Any) -> Any:
    """Convert `1e-4` to a number: YAML 1.1 parses it as text, which is never what was meant."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Integer = Annotated[int, Strict()]
Number = Annotated[float, BeforeValidator(_number_from_text), Field(allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]
FilePath = Annotated[str, Strict(), PathTo("file")]
FolderPath = Annotated[str, Strict(), PathTo("folder")]


def _path_or_paths(value: Any) -> Any:
    """Validate by hand: for a union, pydantic would report an error for each of its types."""
    is_list = isinstance(value, list) and value and all(value)
    if not all(isinstance(one, str) for one in (value if is_list else [value])):
        raise ValueError("expected a path, or a list of paths")
    if isinstance(value, list) and len(cast("list[str]", value)) > MOST_PATHS:
        # The message is `validate`'s, as for all errors.
        raise PydanticCustomError("too_many_paths", "expected at most {most}", {"most": MOST_PATHS})
    return value


FilePaths = Annotated[
    str | list[str],
    PlainValidator(_path_or_paths, json_schema_input_type=str | list[str]),
    PathTo("file"),
]
"""A file, a pattern such as `data/*.txt`, or a list of these."""


@dataclass(frozen=True)
class FieldInfo:
    """Everything that is known about one key of a section."""

    key: str
    doc: str
    """Markdown. Completion shows the first paragraph alone."""
    type_text: str
    """The allowed values in words: `a whole number, at least 1`."""
    item_type_text: str
    """The same for an item, if the value is a list; otherwise empty."""
    default: Any
    """The value if the key is absent, or `None` if there is no default."""
    required: bool
    common: bool
    """Whether most recipes set it."""
    typical: tuple[float, float] | None
    examples: tuple[Example, ...]
    choices: tuple[Any, ...]
    """The values of an enumeration; `(True, False)` for a flag; otherwise empty."""
    section: type[Section] | None
    """The nested section, if the value is one."""
    path_to: Literal["file", "folder"] | None
    read_by: tuple[Trainer, ...]

    @property
    def takes_mapping(self) -> bool:
        """Whether keys may be nested below this one."""
        return self.section is not None or self.type_text == "a mapping"

    @property
    def summary(self) -> str:
        """The first paragraph of the documentation."""
        return self.doc.split("\n\n", 1)[0]


@cache
def fields_of(section: type[Section]) -> Mapping[str, FieldInfo]:
    """The keys of a section in canonical order, by their name in YAML."""
    facts = (_facts(name, info) for name, info in section.model_fields.items())
    return types.MappingProxyType({fact.key: fact for fact in facts})


@cache
def homes_of(
    model: type[Section], trainer: Trainer = "trainsmith"
) -> Mapping[str, tuple[Path, ...]]:
    """For each key that a trainer reads, the paths of the sections that have it, outermost first.

    `()` is the document itself.
    """
    homes: dict[str, tuple[Path, ...]] = {}
    sections: list[tuple[Path, type[Section]]] = [((), model)]
    # The loop appends to the list, so it goes through the sections level by level.
    for path, section in sections:
        for name, facts in fields_of(section).items():
            if trainer in facts.read_by:
                homes[name] = (*homes.get(name, ()), path)
                sections += [((*path, name), facts.section)] if facts.section else []
    return homes


def _facts(name: str, info: PydanticField) -> FieldInfo:
    kind, metadata = _unwrap(info.annotation, tuple(info.metadata))
    typical = _find(metadata, Typical)
    examples = _find(metadata, Examples)
    path_to = _find(metadata, PathTo)
    read_by = _find(metadata, ReadBy)
    section = kind if isinstance(kind, type) and issubclass(kind, Section) else None
    has_plain_default = info.default is not PydanticUndefined and section is None
    return FieldInfo(
        key=info.alias or name,
        doc=info.description or "",
        type_text=_type_text(kind, metadata),
        item_type_text=_item_type_text(kind),
        default=info.default if has_plain_default else None,
        required=info.is_required(),
        common=_find(metadata, Common) is not None,
        typical=(typical.low, typical.high) if typical else None,
        examples=examples.examples if examples else (),
        choices=_choices(kind),
        section=section,
        path_to=path_to.kind if path_to else None,
        read_by=read_by.trainers if read_by else _readers_of(section),
    )


def _readers_of(section: type[Section] | None) -> tuple[Trainer, ...]:
    """A section is read by every trainer that reads one of its keys; a plain key, by ours."""
    if section is None:
        return ("trainsmith",)
    readers = {trainer for facts in fields_of(section).values() for trainer in facts.read_by}
    return tuple(trainer for trainer in get_args(Trainer) if trainer in readers)


def _find(metadata: tuple[Any, ...], kind: type[_T]) -> _T | None:
    return next((item for item in metadata if isinstance(item, kind)), None)


def _unwrap(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Strip `Annotated` and `… | None` from a type and collect the metadata."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *found = get_args(annotation)
        nested = (item for field in found for item in getattr(field, "metadata", (field,)))
        return _unwrap(inner, (*metadata, *nested))
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _unwrap(members[0], metadata)
    return annotation, metadata


def _choices(kind: Any) -> tuple[Any, ...]:
    if kind is bool:
        return (True, False)
    return tuple(get_args(kind)) if get_origin(kind) is Literal else ()


def _type_text(kind: Any, metadata: tuple[Any, ...]) -> str:
    if isinstance(kind, type) and issubclass(kind, Section):
        return "a section"
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(kind))
    if _is_paths(kind, metadata):
        return "the path of a file, or a list of paths"
    if get_origin(kind) in (Union, types.UnionType):
        members = (_unwrap(one, ()) for one in get_args(kind) if one is not type(None))
        return " or ".join(_type_text(*member) for member in members)
    if get_origin(kind) is list:
        return f"a list of {_count_text(metadata)}, each {_item_type_text(kind)}"
    if kind is str and (path := _find(metadata, PathTo)):
        return f"the path of a {path.kind}"
    names = {int: "a whole number", float: "a number", bool: "`true` or `false`", str: "text"}
    return names.get(kind, "a mapping") + _bounds_text(metadata)


def _is_paths(kind: Any, metadata: tuple[Any, ...]) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and _find(metadata, PathTo) is not None


def _item_type_text(kind: Any) -> str:
    return _type_text(*_unwrap(get_args(kind)[0], ())) if get_origin(kind) is list else ""


def _bounds_text(metadata: tuple[Any, ...]) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = [
        f"{word} {getattr(item, name):g}"
        for item in metadata
        for name, word in words.items()
        if getattr(item, name, None) is not None
    ]
    return f", {' and '.join(bounds)}" if bounds else ""


def _count_text(metadata: tuple[Any, ...]) -> str:
    low = next((item.min_length for item in metadata if hasattr(item, "min_length")), None)
    high = next((item.max_length for item in metadata if hasattr(item, "max_length")), None)
    if low is not None and low == high:
        return f"{low} values"
    return "one or more values" if low else "values"
