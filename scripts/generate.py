"""Write the files that are generated from the schemas and the rules.

`npm run generate` writes the files; `--check` only lists those that are out of date. The outputs:
JSON Schemas, the reference pages, the manifest's commands and settings, and the TypeScript types
of events and messages.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

import reference
from trainsmith_schemas.editor import names, walkthrough
from trainsmith_schemas.editor.commands import CATEGORY, COMMANDS, TRUSTED, Command
from trainsmith_schemas.editor.messages import MESSAGES
from trainsmith_schemas.editor.settings import PRIVACY_VARIABLE, Settings
from trainsmith_schemas.runs import device_report, layout, reports
from trainsmith_schemas.runs.events import BY_USER, EVENT, LONGEST_TEXT
from trainsmith_schemas.sections.documents import DOCUMENTS
from trainsmith_system import limits

ROOT = Path(__file__).resolve().parent.parent
TYPESCRIPT = Path("extension/src/generated")


def outputs() -> dict[Path, str]:
    """Every generated file, as its path from the root and its text."""
    schemas = {
        **{document.name: _document_schema(document) for document in DOCUMENTS},
        "events": EVENT.json_schema(mode="serialization") | {"title": "TrainsmithEvent"},
        "settings": Settings.model_json_schema(by_alias=True),
    }
    return {
        **{
            Path(f"schemas/generated/{name}.schema.json"): _json(schema)
            for name, schema in schemas.items()
        },
        Path("docs/reference/config.md"): reference.config_page(DOCUMENTS),
        Path("docs/reference/families.md"): reference.families_page(),
        Path("docs/reference/rules.md"): reference.rules_page(),
        Path("docs/reference/settings.md"): reference.settings_page(schemas["settings"]),
        Path("docs/reference/events.md"): reference.events_page(schemas["events"]),
        Path("package.json"): _manifest(schemas["settings"]),
        TYPESCRIPT / "events.ts": _typescript(schemas["events"]),
        TYPESCRIPT / "protocol.ts": _protocol(),
        TYPESCRIPT / "reports.ts": _reports(),
        TYPESCRIPT / "validation.ts": _validation(schemas["events"]),
    }


def _document_schema(document: Any) -> dict[str, Any]:
    schema = document.model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _manifest(settings: Mapping[str, Any]) -> str:
    """package.json with the generated blocks replaced."""
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    contributes = manifest["contributes"]
    contributes["commands"] = [
        {
            "command": command.id,
            "title": command.title,
            "category": CATEGORY,
            **({"icon": command.icon} if command.icon else {}),
        }
        for command in COMMANDS
    ]
    contributes["configuration"] = {
        "title": CATEGORY,
        "properties": {
            f"trainsmith.{key}": _setting(value) for key, value in settings["properties"].items()
        },
    }
    contributes["menus"] = _menus()
    contributes["keybindings"] = _keybindings()
    contributes["walkthroughs"] = [_walkthrough()]
    task = contributes["taskDefinitions"][0]
    task["type"] = names.TASK_TYPE
    task["properties"]["task"]["enum"] = names.TASKS
    return _json(manifest)


def _menus() -> dict[str, list[dict[str, Any]]]:
    """The menus: the palette hides commands that do not apply, and the others list theirs."""
    menus: dict[str, list[dict[str, Any]]] = {"commandPalette": []}
    for command in COMMANDS:
        when = {"when": command.when} if command.when else {}
        if when or not command.palette:
            hidden = _in_palette(command)
            menus["commandPalette"].append({"command": command.id, **hidden})
        for menu, group in command.menus:
            # All views share the menu `view/title`.
            shown = {"when": f"view == {command.view}"} if menu == "view/title" else when
            menus.setdefault(menu, []).append({"command": command.id, **shown, "group": group})
        for group, condition in command.on_runs:
            shown = {"when": f"{_IN_RUNS} && {condition}"}
            entry = {"command": command.id, **shown, "group": group}
            menus.setdefault("view/item/context", []).append(entry)
    return menus


def _in_palette(command: Command) -> dict[str, str | None]:
    """When the palette offers a command that does not always apply."""
    if not command.palette:
        return {"when": "false"}
    return {"when": TRUSTED if command.asks else command.when}


_IN_RUNS = f"view == {names.RUNS_VIEW} && viewItem != unreadable"


def _keybindings() -> list[dict[str, str]]:
    """The key bindings of the view of runs."""
    return [
        {
            "command": command.id,
            "key": command.key,
            **({"mac": "cmd+backspace"} if command.key == "Delete" else {}),
            "when": f"focusedView == {names.RUNS_VIEW} && !inputFocus",
        }
        for command in COMMANDS
        if command.key
    ]


def _walkthrough() -> dict[str, Any]:
    """VS Code's walkthrough, whose steps are completed by context keys."""
    return {
        "id": "start",
        "title": walkthrough.TITLE,
        "description": walkthrough.DESCRIPTION,
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "description": step.description,
                "media": {
                    "svg": f"extension/media/walkthrough/{step.id}.svg",
                    "altText": step.picture,
                },
                "completionEvents": [f"onContext:{step.done}"],
            }
            for step in walkthrough.STEPS
        ],
    }


def _setting(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A setting in the form of VS Code's manifest: without a title, the description as Markdown."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {**kept, "markdownDescription": schema["description"]}


def _protocol() -> str:
    """Names and messages that the editor and the server share."""
    commands = {command.id.split(".", 1)[1]: command.id for command in COMMANDS}
    settings = {
        _camel_case(name): f"trainsmith.{field.alias or name}"
        for name, field in Settings.model_fields.items()
    }
    _, messages = models_json_schema(
        [(model, "serialization") for model in MESSAGES], title="Messages"
    )
    context_keys = {key.split(".", 1)[1]: key for key in names.CONTEXT_KEYS}
    views = {view.split(".", 1)[1]: view for view in names.VIEWS}
    requests = {request.split("/", 1)[1]: request for request in names.REQUESTS}
    run_files = {
        "events": layout.EVENTS,
        "recipe": layout.RECIPE,
        "experiments": layout.EXPERIMENTS,
    }
    constants = [
        f"export const COMMANDS = {json.dumps(commands)} as const;",
        f"export const SETTINGS = {json.dumps(settings)} as const;",
        f"export const TASKS = {json.dumps(names.TASKS)} as const;",
        "export type TaskName = (typeof TASKS)[number];",
        f"export const TASK_TYPE = {json.dumps(names.TASK_TYPE)};",
        f"export const TASK_VARIABLE = {json.dumps(names.TASK_VARIABLE)};",
        f"export const LANGUAGE_SERVER_ID = {json.dumps(names.LANGUAGE_SERVER_ID)};",
        f"export const CONTEXT_KEYS = {json.dumps(context_keys)} as const;",
        f"export const VIEWS = {json.dumps(views)} as const;",
        f"export const CODE_ACTION_KINDS = {json.dumps(names.CODE_ACTION_KINDS)} as const;",
        f"export const PRIVACY_VARIABLE = {json.dumps(PRIVACY_VARIABLE)};",
        f"export const CREATE_NEXT_VERSION = {json.dumps(names.CREATE_NEXT_VERSION)};",
        f"export const SUGGEST_AGAIN = {json.dumps(names.SUGGEST_AGAIN)};",
        f"export const REQUESTS = {json.dumps(requests)} as const;",
        f"export const STOPPED_BY_USER: readonly string[] = {json.dumps(BY_USER)};",
        f"export const RUN_FILES = {json.dumps(run_files)} as const;",
    ]
    return _typescript(messages, "\n".join(constants))


def _reports() -> str:
    """The types of the command line's output with `--format json`."""
    models = (
        *(reports.DryRun, reports.RunList, reports.Comparison, reports.DataReport),
        device_report.DeviceReport,
    )
    _, schema = models_json_schema([(model, "serialization") for model in models])
    return _typescript({"title": "Reports", **schema})


def _validation(event: Mapping[str, Any]) -> str:
    """What the extension checks before it believes what it reads: schemas and limits."""
    bounds = {
        "events": limits.EVENTS,
        "eventLine": limits.EVENT_LINE,
        "otherLines": limits.OTHER_LINES,
        "eventText": LONGEST_TEXT,
    }
    schemas = {
        "EVENT": event,
        "RUN_LIST": reports.RunList.model_json_schema(mode="serialization"),
        "COMPARISON": reports.Comparison.model_json_schema(mode="serialization"),
        "DATA_REPORT": reports.DataReport.model_json_schema(mode="serialization"),
    }
    constants = [
        f"export const {name}_SCHEMA = {json.dumps(_without_texts(schema))} as const;"
        for name, schema in schemas.items()
    ]
    limit = f"export const LIMITS = {json.dumps(bounds)} as const;"
    return _typescript(
        None, "\n".join(("/** In bytes; of a text, in characters. */", limit, *constants))
    )


def _without_texts(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without titles and descriptions, which no check needs."""
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _without_texts(one) for name, one in value.items()}
        elif isinstance(value, dict) and key != "mapping":
            kept[key] = _without_texts(value)
        elif isinstance(value, list):
            kept[key] = [_without_texts(one) if isinstance(one, dict) else one for one in value]
        elif key not in ("title", "description"):
            kept[key] = value
    return kept


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _typescript(schema: Mapping[str, Any] | None, appendix: str = "") -> str:
    """Convert a JSON Schema to TypeScript with json-schema-to-typescript, and add other code."""
    request = json.dumps({"schema": schema, "appendix": appendix})
    program = ["node", str(ROOT / "scripts/schema_to_typescript.mjs")]
    result = subprocess.run(program, input=request, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"schema_to_typescript.mjs failed:\n{result.stderr}")
    return result.stdout


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the generated files, or with `--check` list those that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check: bool = parser.parse_args().check
    stale = {path: text for path, text in outputs().items() if _read(ROOT / path) != text}
    for path, text in stale.items():
        print(f"{'out of date' if check else 'written'}: {path}")
        if not check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
    if check and stale:
        print("Fix with: npm run generate")
    return 1 if check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
