"""What `--diff` prints is, for every tool that takes patches, what `--fix` does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from unidiff.patch import PatchSet

COMMAND = str(Path(sys.executable).parent / "dockmend")
TEXT = "FROM python:3.12-slim\nADD app.py /app/\nRUN a\n# why\nRUN b\nUSER app\nCMD python /app/app.py\n"
# Without a .dockerignore beside it, one is new; with `OLD` in it, it gets more lines.
OLD = b".git\r\n"
FILES = {
    "plain/Dockerfile": TEXT.encode(),
    "no newline/Dockerfile": TEXT.removesuffix("\n").encode(),
    "crlf/Dockerfile": TEXT.replace("\n", "\r\n").encode(),
    "crlf/.dockerignore": OLD,
    "café/Dockerfile": TEXT.encode(),
    'quo"te/日本.dockerfile': b"\xef\xbb\xbf" + TEXT.encode(),
    "bytes/Dockerfile": TEXT.replace("# why", "# wh\udce9").encode("utf-8", "surrogateescape"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("before", "mended"):
        for path, data in FILES.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(data)
            (tmp_path / name / path).with_name("app.py").touch()
    subprocess.run([COMMAND, "--fix", "--quiet", tmp_path / "mended"], capture_output=True)
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    """The files below, but for what git and patch keep for themselves."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def patch_of(folder: Path) -> bytes:
    done = subprocess.run([COMMAND, "--diff"], cwd=folder, capture_output=True)
    assert done.returncode == 1, done.stderr
    return done.stdout


def git(folder: Path, diff: bytes) -> None:
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, check=True)


def git_index(folder: Path, diff: bytes) -> None:
    subprocess.run("git init -q && git -c core.autocrlf=false add -A", shell=True, cwd=folder, check=True)
    subprocess.run(["git", "apply", "--index", "-"], cwd=folder, input=diff, check=True)


def patch(folder: Path, diff: bytes) -> None:
    subprocess.run(["patch", "-p1", "-s", "--no-backup-if-mismatch"], cwd=folder, input=diff, check=True)


@pytest.mark.parametrize("tool", [git, git_index, patch])
def test_a_patch_makes_what_mending_makes(folder: Path, tool: Callable[[Path, bytes], None]) -> None:
    if shutil.which(tool.__name__.partition("_")[0]) is None:
        pytest.skip(f"{tool.__name__} is not installed")
    mended = content(folder / "mended")
    assert {name for name in mended if name.endswith("/.dockerignore")} > {"crlf/.dockerignore"}
    assert content(folder / "before") != mended
    tool(folder / "before", patch_of(folder / "before"))
    assert content(folder / "before") == mended


def test_unidiff_reads_it(folder: Path) -> None:
    diff = patch_of(folder / "before").decode("utf-8", "surrogateescape")
    found = PatchSet(StringIO(diff, newline="\n"))
    assert len(found) == len([name for name in content(folder / "mended") if not name.endswith("app.py")])
    assert {file.path for file in found if file.is_added_file} >= {
        "plain/.dockerignore",
        "bytes/.dockerignore",
    }
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in diff.split("\n"))
    assert found.added == added


def test_what_it_prints_is_read_by_patch_again(folder: Path) -> None:
    """`dockmend --diff | dockmend --patch -` is about those files alone."""
    diff = patch_of(folder / "before")
    (folder / "before" / "new.dockerfile").write_text(TEXT)
    command = [COMMAND, "--patch", "-", "--output-format", "concise", "-q"]
    done = subprocess.run(command, cwd=folder / "before", input=diff, capture_output=True)
    shown = done.stdout.decode("utf-8", "surrogateescape")
    assert 'quo"te/日本.dockerfile:' in shown
    assert "new.dockerfile" not in shown
