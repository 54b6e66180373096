"""The set-up for Neovim in docs/editors.md, in a real Neovim with the real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "editors.md"
# Neovim 0.7 has no `vim.lsp.start` yet; these are the steps that it takes.
OLDER = """\
vim.lsp.start = vim.lsp.start or function(config)
  config.on_init = function(client)
    client.notify("workspace/didChangeConfiguration", { settings = config.settings })
  end
  vim.lsp.buf_attach_client(0, vim.lsp.start_client(config))
end
"""
REPORT = """\
vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local found = {}
for _, one in ipairs(vim.diagnostic.get(0)) do
  table.insert(found, { one.lnum, one.col, one.severity, one.message })
end
vim.fn.writefile({ vim.json.encode(found) }, vim.env.REPORT)
vim.cmd("qall!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim (nvim) is not on this machine")
def test_the_documented_set_up_shows_a_mistake(tmp_path: Path) -> None:
    block = re.search(r"```lua\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    init, report = tmp_path / "init.lua", tmp_path / "report.json"
    init.write_text(f"{OLDER}{block[1]}", encoding="utf-8")
    (tmp_path / "report.lua").write_text(REPORT, encoding="utf-8")
    recipe = tmp_path / "training.yaml"
    recipe.write_text("training_config:\n  learning_rate: 0.01\n", encoding="utf-8")
    bin_ = Path(sys.executable).parent
    subprocess.run(
        ["nvim", "--headless", "-u", init, recipe, "-c", f"luafile {tmp_path / 'report.lua'}"],
        env={
            **os.environ,
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "REPORT": str(report),
        },
        timeout=60,
        check=True,
    )
    [(line, column, severity, message)] = json.loads(report.read_text(encoding="utf-8"))
    assert (line, column) == (1, 17)
    assert severity == 1, "the setting in the documentation makes an error of the warning"
    assert message.startswith("`learning_rate` 0.01 is 100 times")
