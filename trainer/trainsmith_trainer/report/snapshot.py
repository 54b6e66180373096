"""`resolved.yaml`: every value that a run used, and where each value came from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

import yaml

from trainsmith_schemas.base import Section
from trainsmith_schemas.problems import Path
from trainsmith_trainer.config.load import ResolvedConfig


def resolved_yaml(
    config: ResolvedConfig, derived: Mapping[str, Any], provenance: Mapping[str, Any]
) -> str:
    """The text of the file.

    Args:
        config: the recipe and its model.
        derived: the values that follow from them, such as the effective batch.
        provenance: what the run used besides them, such as versions.
    """
    lines = [
        f"# Every value of this run, from {_comment(str(config.path))}."
        " The comment says where it was set.",
        "# trainsmith: ignore-file",
    ]
    lines += _section_lines(config.document, (), config)
    lines.append("transformer_config:")
    lines += _section_lines(config.model, ("transformer_config",), config)
    lines.append("derived:")
    lines += [f"  {name}: {_scalar(value)}" for name, value in derived.items()]
    lines.append("provenance:")
    lines += [f"  {name}: {_scalar(value)}" for name, value in provenance.items()]
    return "\n".join(lines) + "\n"


def _section_lines(section: Section, prefix: Path, config: ResolvedConfig) -> Iterator[str]:
    indent = "  " * len(prefix)
    # Not `getattr`: a test counts that as the trainer reading the key.
    values = section.__dict__
    for name, info in type(section).model_fields.items():
        path = (*prefix, info.alias or name)
        value = values[name]
        if isinstance(value, Section):
            yield f"{indent}{path[-1]}:"
            yield from _section_lines(value, path, config)
        else:
            yield f"{indent}{path[-1]}: {_scalar(value)}  # {_comment(config.origin_text(path))}"


def _scalar(value: Any) -> str:
    """A value on one line, as YAML that reads back unchanged."""
    if isinstance(value, str) and value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return yaml.safe_dump(value, default_style='"', width=math.inf).splitlines()[0]
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_scalar, cast('list[Any]', value)))}]"
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        return f"{{{', '.join(f'{_scalar(key)}: {_scalar(item)}' for key, item in entries)}}}"
    return yaml.safe_dump(value).splitlines()[0]


def _comment(text: str) -> str:
    """A text on one line, without characters that YAML does not allow."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
