"""Diagnostics as SARIF 2.1.0, the Static Analysis Results Interchange Format of OASIS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from trainsmith_schemas import __version__
from trainsmith_server.command_line.reports import Checked, place, shown
from trainsmith_server.document.diagnostics import Diagnostic, Fix, Related
from trainsmith_server.lint.codes import SYNTAX, adjustable_codes
from trainsmith_server.rules import all_rules
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}


def sarif_report(checked: Iterable[Checked]) -> str:
    """The report as one SARIF log with one run."""
    found = [(one, diagnostic) for one in checked for diagnostic in one.analysis.diagnostics]
    codes = sorted({diagnostic.code for _, diagnostic in found})
    run = {
        "tool": {
            "driver": {
                "name": "Trainsmith",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(one, diagnostic, codes.index(diagnostic.code)) for one, diagnostic in found
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    title = {**adjustable_codes(), **SYNTAX}[code]
    rule = next((rule for rule in all_rules() if rule.code == code), None)
    described: dict[str, Any] = {"id": code, "shortDescription": {"text": title}}
    described["help"] = {"text": rule.docs, "markdown": rule.docs} if rule else {"text": title}
    if rule:
        described["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
    return described


def _result(one: Checked, diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": diagnostic.message},
        "locations": [_location(one.path, diagnostic.span, one.analysis.lines)],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_related_location(one, other), "message": {"text": other.message}}
            for other in diagnostic.related
        ]
    if diagnostic.fixes:
        result["fixes"] = [_fix(one, fix) for fix in diagnostic.fixes]
    return result


def _location(name: str, span: Span, lines: LineIndex) -> dict[str, Any]:
    artifact, region = _artifact(name), _region(span, lines)
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _related_location(one: Checked, related: Related) -> dict[str, Any]:
    source = related.source
    if source is None:
        return _location(one.path, related.span, one.analysis.lines)
    return _location(shown(one, source), related.span, source.lines)


def _artifact(name: str) -> dict[str, str]:
    path = Path(name)
    return {"uri": path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))}


def _region(span: Span, lines: LineIndex) -> dict[str, int]:
    where = place(span, lines)
    return {
        "startLine": where["line"],
        "startColumn": where["column"],
        "endLine": where["endLine"],
        "endColumn": where["endColumn"],
    }


def _fix(one: Checked, fix: Fix) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": _region(edit.span, one.analysis.lines),
            "insertedContent": {"text": edit.new_text},
        }
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(one.path), "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}
