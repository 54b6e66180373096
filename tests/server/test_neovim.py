"""The Neovim configuration in docs/editors.md, in a real Neovim with the real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE
from skips import NO_NEOVIM

DOCS = Path(__file__).parents[2] / "docs" / "editors.md"
# Neovim 0.7 does not have `vim.lsp.start` yet; this does the same.
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


RUN_LENS = """\
vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local asked = { textDocument = vim.lsp.util.make_text_document_params() }
local answers = vim.lsp.buf_request_sync(0, "textDocument/codeLens", asked, 30000)
for _, answer in pairs(answers) do
  for _, lens in ipairs(answer.result) do
    if lens.command.command == "trainsmith.dryRun" then
      vim.lsp.commands[lens.command.command](lens.command)
    end
  end
end
local function shown()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false))
end
vim.wait(30000, function() return shown():find("data_path") end, 50)
vim.fn.writefile({ vim.json.encode(shown()) }, vim.env.REPORT)
vim.cmd("qall!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason=NO_NEOVIM)
def test_the_documented_set_up_shows_a_mistake(tmp_path: Path) -> None:
    [(line, column, severity, message)] = _neovim(tmp_path, REPORT)
    assert (line, column) == (1, 17)
    assert severity == 1, "the setting in the documentation turns the warning into an error"
    assert message.startswith("`learning_rate` 0.01 is 100 times")


@pytest.mark.skipif(shutil.which("nvim") is None, reason=NO_NEOVIM)
def test_the_documented_commands_run_the_trainer(tmp_path: Path) -> None:
    shown = _neovim(tmp_path, RUN_LENS)
    assert "`data_path` is missing" in shown


def _neovim(folder: Path, script: str) -> Any:
    """The report of a script in a Neovim with the documented configuration."""
    blocks = re.findall(r"```lua\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    init, report = folder / "init.lua", folder / "report.json"
    init.write_text("\n".join([OLDER, *blocks]), encoding="utf-8")
    (folder / "script.lua").write_text(script, encoding="utf-8")
    recipe = folder / "training.yaml"
    recipe.write_text("training_config:\n  learning_rate: 0.01\n", encoding="utf-8")
    programs = Path(sys.executable).parent
    subprocess.run(
        ["nvim", "--headless", "-u", init, recipe, "-c", f"luafile {folder / 'script.lua'}"],
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "REPORT": str(report),
        },
        timeout=PATIENCE,
        check=True,
    )
    return json.loads(report.read_text(encoding="utf-8"))
