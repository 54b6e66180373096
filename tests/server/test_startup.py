"""The language server answers before it has imported what only later requests need."""

from __future__ import annotations

import subprocess
import sys


def test_schemas_are_not_imported_at_startup() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, trainsmith_server.lsp.main; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.split()
    assert "trainsmith_server.workspace.open_documents" in loaded
    assert "trainsmith_schemas.sections.documents" not in loaded
