"""The chat template of a model's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_trainer.data.chat.template import ChatTemplate
from trainsmith_trainer.hf.model_dir import read_companion
from trainsmith_trainer.hf.special_tokens import read_settings, token_name

TEMPLATE_FILE = "chat_template.jinja"
_DEFAULT = "default"


def read_chat_template(folder: Path) -> ChatTemplate | None:
    """The chat template that `transformers` would use, if there is one.

    It is in a file of its own, or in `tokenizer_config.json`, where a list may have several; the
    one called `default` is used.

    Raises:
        UnreadableModelError: a file cannot be read.
    """
    settings = read_settings(folder)
    own = folder / TEMPLATE_FILE
    try:
        source = read_template(own)
    except FileNotFoundError:
        source = _default_of(settings.get("chat_template"))
    except OSError as error:
        raise UnreadableModelError(f"{own}: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableModelError(f"{own}: {error}") from None
    return None if source is None else ChatTemplate(source, template_tokens(settings))


def read_template(file: Path) -> str:
    """The text of a template.

    Raises:
        OSError: it cannot be read, or is a link to another folder.
        ValueError: it is not UTF-8.
    """
    try:
        return read_companion(file).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def template_tokens(settings: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a template that `tokenizer_config.json` names, such as `bos_token`."""
    names = {key: token_name(value) for key, value in settings.items() if key.endswith("_token")}
    return {key: name for key, name in names.items() if name is not None}


def _default_of(described: Any) -> str | None:
    if isinstance(described, str):
        return described
    if not isinstance(described, list):
        return None
    for each in cast("list[Any]", described):
        if isinstance(each, dict):
            fields = cast("dict[str, Any]", each)
            template = fields.get("template")
            if fields.get("name") == _DEFAULT and isinstance(template, str):
                return template
    return None
