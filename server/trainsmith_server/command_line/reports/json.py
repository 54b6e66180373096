"""Diagnostics as JSON: a list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trainsmith_server.command_line.reports import Checked, place, shown


def json_report(checked: Iterable[Checked]) -> str:
    """The report as one JSON document."""
    return json.dumps(_to_json(checked), indent=2)


def _to_json(checked: Iterable[Checked]) -> list[dict[str, Any]]:
    return [
        {
            "path": one.path,
            **place(diagnostic.span, one.analysis.lines),
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "related": [
                {
                    "path": shown(one, other.source) if other.source else one.path,
                    **place(other.span, (other.source or one.analysis.source).lines),
                    "message": other.message,
                }
                for other in diagnostic.related
            ],
            "fixes": [
                {
                    "title": fix.title,
                    "edits": [
                        {**place(edit.span, one.analysis.lines), "newText": edit.new_text}
                        for edit in fix.edits
                    ],
                }
                for fix in diagnostic.fixes
            ],
        }
        for one in checked
        for diagnostic in one.analysis.diagnostics
    ]
