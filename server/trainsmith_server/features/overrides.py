"""Settings that can be overridden for one run, and the effect of such overrides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.editor.messages import OverrideProblem, Setting
from trainsmith_server.document.diagnostics import Edit, apply_edits
from trainsmith_server.document.query import DocumentQuery
from trainsmith_server.features.describe import to_yaml
from trainsmith_server.lint.analyze import analyze

if TYPE_CHECKING:
    from trainsmith_server.document.result import Analysis

Override = tuple[str, str]
"""A dotted key and the YAML of its value."""

MODEL_SECTION = "transformer_config"
"""The section of model files."""


def parse_override(text: str) -> Override:
    """Read `section.key=value`, as the trainer's `--set` does."""
    key, _, value = text.partition("=")
    return key.strip(), value.strip()


def settings(recipe: Analysis, model: Analysis | None) -> list[Setting]:
    """The settings of a run with Trainsmith: first those that are written, then the others."""
    files = [one for one in (recipe, model) if one is not None]
    found = [setting for one in files for setting in _settings(one)]
    return sorted(found, key=lambda setting: not setting.written)


def _settings(analysis: Analysis) -> Iterator[Setting]:
    for known in analysis.documents[:1]:
        query = DocumentQuery(known, analysis.text)
        yield from _of_section(known.kind.model, (), query)


def _of_section(
    model: type[Section], above: tuple[str, ...], query: DocumentQuery
) -> Iterator[Setting]:
    for name, field in fields_of(model).items():
        path = (*above, name)
        key = ".".join(path)
        if "trainsmith" not in field.read_by:
            continue
        if field.section is None:
            yield _setting(key, field, query)
        # A nested block changes the meaning of other keys, so it is only offered if present.
        elif not above or query.has(key):
            yield from _of_section(field.section, path, query)


def _setting(key: str, field: FieldInfo, query: DocumentQuery) -> Setting:
    written = query.key(key)
    default = "" if field.default is None else to_yaml(field.default)
    return Setting(
        key=key,
        value=(query.source_text(written) or "") if written else default,
        written=written is not None,
        about=field.summary.replace("`", ""),
        expected=field.type_text,
        choices=[to_yaml(choice) for choice in field.choices],
    )


def edited(analysis: Analysis, overrides: Sequence[Override]) -> Analysis:
    """The text with those overrides written into it that apply to it."""
    for key, value in overrides:
        edit = _edit(analysis, key, value)
        if edit is not None:
            text = apply_edits(analysis.text, (edit,))
            analysis = analyze(text, analysis.uri, analysis.options)
    return analysis


def _edit(analysis: Analysis, key: str, value: str) -> Edit | None:
    for known in analysis.documents[:1]:
        section = key.partition(".")[0]
        if section in fields_of(known.kind.model):
            return DocumentQuery(known, analysis.text).editor.write(key, value)
    return None


def new_problems(before: Analysis, after: Analysis) -> list[OverrideProblem]:
    """The problems of a text that it did not have before."""
    known = {(diagnostic.code, diagnostic.message) for diagnostic in before.diagnostics}
    return [
        OverrideProblem(severity=diagnostic.severity, message=diagnostic.message.replace("`", ""))
        for diagnostic in after.diagnostics
        if (diagnostic.code, diagnostic.message) not in known
        and diagnostic.severity in ("error", "warning", "information")
    ]


def difference(before: str, after: str) -> Edit | None:
    """The shortest single edit from one text to another; `None` if they are equal."""
    if before == after:
        return None
    most = min(len(before), len(after))
    start = next((i for i in range(most) if before[i] != after[i]), most)
    most -= start
    end = next((i for i in range(most) if before[-1 - i] != after[-1 - i]), most)
    return Edit((start, len(before) - end), after[start : len(after) - end])
