"""Which files belong to other tools, by their path: nothing is offered in them while empty."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_FOLDERS = {".github", ".gitlab", ".circleci", ".vscode", ".devcontainer", ".helm", "k8s", "helm"}
_NAMES = {
    *("action", "azure-pipelines", "chart", "cloudbuild", "codecov", "conda", "dvc", "environment"),
    *("kustomization", "openapi", "pnpm-workspace", "skaffold", "swagger", "values", "_config"),
}
"""File names without their extension, in lower case."""
_FAMILIES = re.compile(r"(docker-)?compose[.-]|mkdocs[.-]|\.")
"""How other names begin: `docker-compose.test`, and `.pre-commit-config`, `.gitlab-ci`."""


def is_of_another_tool(uri: str) -> bool:
    """Whether a file clearly belongs to another tool."""
    *folders, name = unquote(urlsplit(uri).path).split("/")
    stem = re.sub(r"\.ya?ml$", "", name.lower()) or "untitled"
    return (
        not _FOLDERS.isdisjoint(folders)
        or stem in _NAMES
        or _FAMILIES.match(f"{stem}.") is not None
    )
