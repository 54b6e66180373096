"""Validate a mapping against a model. The language server and the trainer both call this."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from trainsmith_schemas.base import FieldInfo, Section, fields_of, homes_of
from trainsmith_schemas.meaning.consistency import COMPARED, inconsistencies
from trainsmith_schemas.paths import MOST_PATHS
from trainsmith_schemas.problems import Path, Problem, dotted
from trainsmith_schemas.sections.documents import MODEL, TRAINING
from trainsmith_schemas.trainers.foreign_keys import OUR_KEYS
from trainsmith_schemas.trainers.migration import keys_for
from trainsmith_schemas.validation.repair import meant
from trainsmith_schemas.validation.slips import nearest as nearest_names

_T = TypeVar("_T", bound=Section)


@dataclass(frozen=True)
class Validated(Generic[_T]):
    """The config, unless there are problems."""

    config: _T | None
    problems: tuple[Problem, ...]


def validate(model: type[_T], data: Any) -> Validated[_T]:
    """Validate `data`, the Python value of a YAML document, against a model.

    Every problem is reported, not just the first. An empty section (`None`) counts as absent,
    because people write `eval_config:` before they fill it in.
    """
    try:
        config = model.model_validate(_without_empty_sections(model, data))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        problems = tuple(_problem(model, detail) for detail in details)
        return Validated(None, (*problems, *_inconsistent_rest(model, data, problems)))
    problems = tuple(inconsistencies(config))
    return Validated(None if problems else config, problems)


def _inconsistent_rest(
    model: type[Section], data: Any, problems: tuple[Problem, ...]
) -> Iterator[Problem]:
    """The contradictions between values without problems; an unknown key may stand for any key."""
    paths = [problem.path for problem in problems]
    codes = {problem.code for problem in problems}
    if all(path and path[-1] not in COMPARED for path in paths) and "unknown-key" not in codes:
        rest = _without(data, paths)
        with suppress(ValidationError):
            yield from inconsistencies(model.model_validate(_without_empty_sections(model, rest)))


def _without(data: Any, paths: list[Path]) -> Any:
    """A mapping without the entries at these paths."""
    if not isinstance(data, Mapping):
        return data
    gone = {path[0] for path in paths if len(path) == 1}
    return {
        key: _without(value, [path[1:] for path in paths if path[0] == key and len(path) > 1])
        for key, value in data.items()
        if key not in gone
    }


def _without_empty_sections(model: type[Section], data: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    facts = fields_of(model)
    return {
        key: _without_empty_sections(section, value) if section else value
        for key, value in data.items()
        for section in [facts[key].section if key in facts else None]
        if not (section and value is None)
    }


def _problem(model: type[Section], detail: ErrorDetails) -> Problem:
    path: Path = detail["loc"]
    kind = detail["type"]
    if kind in ("extra_forbidden", "invalid_key"):
        return unknown_key(model, path)
    if kind == "missing":
        return Problem(path[:-1], "missing-key", f"`{path[-1]}` is missing", on_key=True)
    if kind == "too_many_paths":
        many = f"{_name(path)} has {len(detail['input']):,} paths, expected at most {MOST_PATHS:,}"
        return Problem(path, "out-of-range", f"{many}: write patterns such as `data/*.txt`")
    message = f"{_name(path)} is {_describe(detail['input'])}, expected {_expected(model, detail)}"
    if kind == "literal_error":
        facts = field_at(model, path)
        choices = [str(choice) for choice in facts.choices] if facts else []
        nearest = _nearest_choices(str(detail["input"]), choices)
        hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
        message += hint
        return Problem(path, "invalid-value", message, suggestions=nearest, choices=tuple(choices))
    if allowed := _allowed_near(detail):
        return Problem(path, "out-of-range", message, suggestions=allowed, sure=False)
    suggestions = _meant(model, path, detail["input"])
    if suggestions and detail["input"] is not None:
        message += f"; did you mean `{suggestions[0]}`?"
    code = "out-of-range" if kind in _RANGE_ERRORS else "wrong-type"
    return Problem(path, code, message, suggestions=suggestions)


def _allowed_near(detail: ErrorDetails) -> tuple[str, ...]:
    """The nearest allowed numbers: without the minus sign, and the bound itself."""
    value, bounds = detail["input"], detail.get("ctx", {})
    if detail["type"] not in _BOUNDS or not isinstance(value, int | float):
        return ()
    found = [bounds[key] for key in ("ge", "le") if key in bounds]
    low = bounds.get("ge", bounds.get("gt"))
    if low is not None and value < 0 <= low < -value:
        found.insert(0, -value)
    return tuple(dict.fromkeys(f"{one:.12g}" for one in found))


def _meant(model: type[Section], path: Path, value: Any) -> tuple[str, ...]:
    facts = field_at(model, path)
    return meant(value, facts, item=isinstance(path[-1], int)) if facts else ()


def _expected(model: type[Section], detail: ErrorDetails) -> str:
    path: Path = detail["loc"]
    facts = field_at(model, path)
    if not path or facts is None:
        return "a mapping"
    return facts.item_type_text if isinstance(path[-1], int) else facts.type_text


_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_RANGE_ERRORS = {*_BOUNDS, "finite_number", "too_short", "too_long"}


def unknown_key(model: type[Section], path: Path) -> Problem:
    """The problem of an unknown key, with the section it belongs to or the nearest known names."""
    *parents, key = path
    parent = section_at(model, tuple(parents))
    names = list(fields_of(parent)) if parent else []
    nearest = _our_name(path, names)
    home = None if nearest else _home(model, str(key))
    nearest = nearest or (() if home else nearest_names(str(key), names))
    hint = f"; did you mean `{nearest[0]}`?" if nearest else f"; it {home}" if home else ""
    where = f"in `{parents[-1]}`" if parents else "at the top level"
    message = f"`{key}` is not a known key {where}{hint}"
    return Problem(path, "unknown-key", message, on_key=True, suggestions=nearest)


def _home(model: type[Section], key: str) -> str | None:
    """Where a key belongs that is known elsewhere: in this document or a related one."""
    for home in homes_of(model).get(key, ()):
        return f"is a key of `{dotted(home)}`" if home else "belongs at the top level"
    for document in (TRAINING, MODEL):
        for home in homes_of(document.model).get(key, ()):
            section = f"is a key of `{dotted(home)}`," if home else "belongs"
            return f"{section} in the {document.title}"
    return None


def _our_name(path: Path, names: list[str]) -> tuple[str, ...]:
    """The name in this section for another trainer's or tool's key."""
    key = str(path[-1])
    return tuple(name for name in (*keys_for(key), OUR_KEYS.get(key)) if name in names)[:1]


def section_at(model: type[Section], path: Path) -> type[Section] | None:
    """The section at a path, or `None` if the path leaves our sections."""
    section: type[Section] | None = model
    for part in path:
        facts = fields_of(section).get(str(part)) if section else None
        section = facts.section if facts else None
    return section


def field_at(model: type[Section], path: Path) -> FieldInfo | None:
    """The facts about the key at a path; for an item of a list, those of the list."""
    names = [part for part in path if isinstance(part, str)]
    parent = section_at(model, tuple(names[:-1]))
    return fields_of(parent).get(names[-1]) if parent and names else None


def _name(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return "the document"
    last = path[-1]
    return f"item {last + 1} of `{names[-1]}`" if isinstance(last, int) else f"`{last}`"


def _nearest_choices(word: str, choices: list[str]) -> tuple[str, ...]:
    """The choices that a word may have been meant for, most likely first."""
    lowered = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), lowered, n=3, cutoff=0.6)
    return tuple(lowered[choice] for choice in found)


def _describe(value: Any) -> str:
    """Show a value in YAML's notation, with the type that a YAML parser gives it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}` (true or false)"
    if isinstance(value, (int, float)):
        return f"`{value}`"
    if isinstance(value, str):
        return f"{json.dumps(value, ensure_ascii=False)} (text)" if len(value) < 60 else "long text"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return f"the list `{value}`" if len(str(value)) < 40 else "a list"
    return f"`{value}`"
