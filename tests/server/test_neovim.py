"""Neovim's own client, set up as docs/editors.md says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from editors import PATH, settings

NVIM = shutil.which("nvim")
BAD = """\
FROM debian:12-slim
ADD "\U0001f600" /
USER \U0001f600\U0001f600
CMD echo \U0001f600 é && b
CMD \U0001f600 app.js
"""
MENDED = """\
FROM debian:12-slim
COPY "\U0001f600" /
USER \U0001f600\U0001f600
CMD ["\U0001f600", "app.js"]
"""
SEEN = """\
local function diagnostics()
  return vim.tbl_map(function(one) return { one.lnum, one.col, one.end_col, one.message } end, vim.diagnostic.get(0))
end
local function tell(told)
  local file = io.open('told.json', 'w')
  file:write(vim.json.encode(told))
  file:close()
  vim.cmd('quitall!')
end
vim.wait(60000, function() return #diagnostics() > 0 end, 20)
"""
SAVE = """
local seen = diagnostics()
vim.cmd('write')
vim.wait(60000, function() return #diagnostics() < #seen end, 20)
tell({ seen = seen, left = diagnostics() })
"""
# What choosing an action in a menu does.
CHOOSE = """
local params = vim.lsp.util.make_range_params()
params.context = { diagnostics = {} }
local titles = {}
for id, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 60000)) do
  for _, action in ipairs(answer.result) do
    table.insert(titles, action.title)
    if action.title:find('in .dockerignore', 1, true) then
      vim.lsp.util.apply_workspace_edit(action.edit, vim.lsp.get_client_by_id(id).offset_encoding)
    end
  end
end
vim.cmd('wall')
tell({ titles = titles })
"""

pytestmark = pytest.mark.skipif(
    NVIM is None and "CI" not in os.environ, reason="neovim is not installed; .ci/run installs it"
)


def driven(folder: Path, *lua: str) -> dict[str, Any]:
    """What the script tells, run in Neovim with the folder's Dockerfile open."""
    _, client, save = settings("Neovim", "lua")
    (folder / "init.lua").write_text(f"vim.opt.fixendofline = false\n{client}{save}")
    (folder / "drive.lua").write_text("".join(lua))
    done = subprocess.run(
        [NVIM or "", "--headless", "-n", "-u", "init.lua", "Dockerfile", "-c", "luafile drive.lua"],
        cwd=folder,
        env={**os.environ, "PATH": PATH, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return told


@pytest.mark.parametrize(
    ("mark", "end", "last"),
    [("", "\n", "\n"), ("", "\n", ""), ("\ufeff", "\r\n", "\r\n"), ("\ufeff", "\r\n", "")],
)
def test_a_save_mends(tmp_path: Path, mark: str, end: str, last: str) -> None:
    def whole(text: str) -> bytes:
        return (mark + end.join(text.splitlines()) + last).encode()

    (tmp_path / "Dockerfile").write_bytes(whole(BAD))
    (tmp_path / ".dockmend.toml").write_text('ignore = ["dockerignore"]')
    told = driven(tmp_path, SEEN, SAVE)
    # Neovim counts bytes.
    assert [one[:3] for one in told["seen"]] == [[1, 0, 3], [3, 0, 21], [3, 0, 21], [4, 0, 15]]
    assert told["seen"][0][3] == "ADD where COPY does the same"
    assert told["left"] == []
    assert (tmp_path / "Dockerfile").read_bytes() == whole(MENDED)


def test_a_quick_fix_makes_another_file(tmp_path: Path) -> None:
    text = "FROM debian:12-slim\nUSER a\nCOPY . /app\n"
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Dockerfile").write_text(text)
        (tmp_path / folder / "app.py").touch()
    told = driven(tmp_path / "here", SEEN, "vim.api.nvim_win_set_cursor(0, { 3, 0 })", CHOOSE)
    subprocess.run(
        ["dockmend", "--fix", tmp_path / "there"], env={**os.environ, "PATH": PATH}, capture_output=True
    )
    assert "dockmend: mend dockerignore (line 3) in .dockerignore" in told["titles"]
    made, meant = (tmp_path / folder / ".dockerignore" for folder in ("here", "there"))
    assert made.read_bytes() == meant.read_bytes()
    assert (tmp_path / "here" / "Dockerfile").read_text() == text
