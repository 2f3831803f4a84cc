"""The projects that are built: each a folder with a Dockerfile and its build context, mended in a copy."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "projects"
EXAMPLES = Path(__file__).parent / "examples"
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
DOCKMEND = Path(sys.executable).parent / "dockmend"
# What lies about where somebody works: none of it is tracked by git, all of it is for a .dockerignore.
LITTER = {
    ".env": "API_KEY=hunter2hunter2\n",
    ".venv/pyvenv.cfg": "home = /usr/bin\n",
    "__pycache__/app.cpython-311.pyc": "",
    ".pytest_cache/README.md": "# pytest cache directory #\n",
}


class Mended(NamedTuple):
    """A project's folder after mending, and the hooks that mended."""

    folder: Path
    hooks: frozenset[str]


def copied(project: Path, folder: Path) -> Path:
    """A copy of the project in `folder`, as somebody works on it: under git, and with the usual litter."""
    shutil.copytree(project, folder, symlinks=True)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "first")
    for path, content in LITTER.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def mended(before: Path, folder: Path, *options: str) -> Mended:
    """A copy in `folder` after `dockmend --fix`; mending it once more has to change nothing."""
    shutil.copytree(before, folder, symlinks=True)
    said = dockmend(folder, "--fix", "--show-fixes", "--output-format=concise", *options)
    assert dockmend(folder, "--diff", *options) == "", "mending twice is not mending once"
    return Mended(folder, frozenset(re.findall(r"(?m)^ +[0-9]+ x ([a-z-]+)$", said)))


def dockmend(folder: Path, *options: str) -> str:
    done = subprocess.run([DOCKMEND, *options, "Dockerfile"], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
