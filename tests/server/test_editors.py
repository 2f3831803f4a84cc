"""Editors set up as docs/editors.md says; Neovim's client has tests of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from editors import PATH, settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BAD = "FROM debian:12-slim\nADD \U0001f600 /\nUSER a\nCMD \U0001f600 app.js\n"
MENDED = 'FROM debian:12-slim\nCOPY \U0001f600 /\nUSER a\nCMD ["\U0001f600", "app.js"]\n'
REFUSED = "FROM a\nRUNN b\nADD \U0001f600 /\n"


def run(*command: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PATH": PATH, "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=cwd, env=environment, input=stdin, capture_output=True, timeout=120)


@pytest.mark.parametrize("editor", ["vim", "nvim"])
@pytest.mark.parametrize(("before", "after"), [(BAD, MENDED), (REFUSED, REFUSED)])
def test_vims_filter(tmp_path: Path, editor: str, before: str, after: str) -> None:
    if shutil.which(editor) is None and not (editor == "nvim" and "CI" in os.environ):
        pytest.skip(f"{editor} is not installed")
    (tmp_path / "my Dockerfile").write_text(before, encoding="utf-8")
    (command,) = settings("Vim", "vim")
    (tmp_path / "vimrc").write_text(command)
    run(editor, "-N", "-u", "vimrc", "-es", "-n", "+DockerMend", "+wq", "my Dockerfile", cwd=tmp_path)
    assert (tmp_path / "my Dockerfile").read_text(encoding="utf-8") == after


DRIVE = """
(setq eglot-sync-connect t eglot-connect-timeout 60)
(find-file "Dockerfile")
(call-interactively 'eglot)
(let ((count 0))
  (while (and (< count 600) (not (flymake-diagnostics)))
    (accept-process-output nil 0.1)
    (setq count (1+ count))))
(message "seen: %S" (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))
(set-buffer-modified-p t)
(save-buffer)
"""


def test_emacs(tmp_path: Path) -> None:
    loaded = "(package-initialize) (require 'dockerfile-mode) (require 'eglot) (require 'flymake)"
    if (
        shutil.which("emacs") is None
        or run("emacs", "--batch", "--eval", f"(progn {loaded})", cwd=tmp_path).returncode
    ):
        pytest.skip("Emacs with Eglot and dockerfile-mode is not installed")
    (tmp_path / "Dockerfile").write_text(BAD, encoding="utf-8")
    (setup,) = settings("Emacs", "elisp")
    (tmp_path / "drive.el").write_text(loaded + setup + DRIVE)
    done = run("emacs", "--batch", "-l", "drive.el", cwd=tmp_path)
    assert b"CMD in shell form" in done.stderr
    assert (tmp_path / "Dockerfile").read_text(encoding="utf-8") == MENDED


def filters() -> list[list[str]]:
    """The commands that editors pipe a text through."""
    (helix,) = settings("Helix", "toml")
    (zed,) = settings("Zed", "json")
    formatter = tomllib.loads(helix)["language"][0]["formatter"]
    external = json.loads(zed)["languages"]["Dockerfile"]["formatter"]["external"]
    return [
        [one.replace(variable, "Dockerfile") for one in command]
        for command, variable in (
            ([formatter["command"], *formatter["args"]], "%{buffer_name}"),
            ([external["command"], *external["arguments"]], "{buffer_path}"),
        )
    ]


@pytest.mark.parametrize("command", filters())
def test_filters(tmp_path: Path, command: list[str]) -> None:
    done = run(*command, cwd=tmp_path, stdin=BAD.encode())
    assert (done.returncode, done.stdout.decode()) == (0, MENDED)
    done = run(*command, cwd=tmp_path, stdin=REFUSED.encode())
    assert (done.returncode, done.stdout.decode()) == (2, REFUSED)


def test_commands_on_a_saved_file(tmp_path: Path) -> None:
    _, by_extension = (json.loads(one) for one in settings("VS Code", "json"))
    (command,) = by_extension["emeraldwalk.runonsave"]["commands"]
    path = tmp_path / "my Dockerfile"
    path.write_text(BAD, encoding="utf-8")
    run("sh", "-c", command["cmd"].replace("${file}", str(path)), cwd=tmp_path)
    assert path.read_text(encoding="utf-8") == MENDED
