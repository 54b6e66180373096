"""Formats keys and values for hovers and completions."""

from __future__ import annotations

import json
import re
from typing import Any

from trainsmith_schemas.base import FieldInfo
from trainsmith_schemas.editor.lessons import CHAPTERS
from trainsmith_schemas.families.documentation import about_families
from trainsmith_schemas.trainers.profiles import NO_READER, titles
from trainsmith_server.yaml.numbers import float_text, number_text
from trainsmith_server.yaml.values import plain_value

_SAFE_PLAIN = re.compile(r"[A-Za-z0-9_./~$(][A-Za-z0-9_./~$(){} +-]*")


def to_yaml(value: Any) -> str:
    """A value as one line of YAML 1.1 that is read back as the same value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(to_yaml(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return str(value)


def _is_plain(text: str) -> bool:
    try:
        return (
            bool(_SAFE_PLAIN.fullmatch(text)) and plain_value(text) == text and text == text.strip()
        )
    except ValueError:
        return False


def heading(field: FieldInfo) -> str:
    """The key and its type, as one line of Markdown."""
    return f"**{field.key}** · {field.type_text}"


def description(field: FieldInfo) -> str:
    """The documentation of a key, as Markdown."""
    parts = [part for part in (field.doc, about_families(field)) if part]
    if values := usual_values(field):
        parts.append(values)
    explained = [example for example in field.examples if example.why]
    if explained:
        parts.append("\n".join(f"- `{to_yaml(one.value)}` {one.why}" for one in explained))
    return "\n\n".join(parts)


def readers(field: FieldInfo) -> str:
    """The trainers that read the key, as a line of Markdown."""
    return f"Read by {titles(field.read_by)}." if field.read_by else NO_READER


def lesson(field: FieldInfo) -> str:
    """The lesson that teaches the key, as Markdown; empty if there is none."""
    chapter = CHAPTERS.get(field.key)
    return f"Taught in *{chapter.title}*: {chapter.heading}." if chapter else ""


def usual_values(field: FieldInfo) -> str:
    """The default and the typical range, as one line of Markdown."""
    parts: list[str] = []
    if field.required:
        parts.append("Required")
    elif field.default not in (None, ""):
        parts.append(f"Default `{to_yaml(field.default)}`")
    if field.typical:
        low, high = (number_text(bound) for bound in field.typical)
        parts.append(f"usually `{low}` to `{high}`" if parts else f"Usually `{low}` to `{high}`")
    return ", ".join(parts)
