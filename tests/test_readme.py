"""What the README shows is what dockmend does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from builds.gains import BEGIN, END, MEASURED

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")
COMMANDS = Path(sys.executable).parent


def fences(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)


def test_example(tmp_path: Path) -> None:
    before, after = fences("dockerfile")
    folder = tmp_path / "example"
    shutil.copytree(TOP / "docs" / "example", folder)
    assert (folder / "Dockerfile").read_text() == before
    subprocess.run([COMMANDS / "dockmend", "--fix", "--quiet", folder], capture_output=True)
    assert (folder / "Dockerfile").read_text() == after
    assert (folder / ".dockerignore").exists()


def test_the_line_that_tries_the_example() -> None:
    line = next(text for text in fences("sh") if "docs/example" in text).strip()
    install, run = line.split(" && ")
    assert install == ".ci/venv ."
    arguments = run.split(" ")[1:]
    done = subprocess.run([COMMANDS / "dockmend", *arguments], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("--- a/docs/example/Dockerfile\n")


def test_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(fences("toml")[0])
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    done = subprocess.run([COMMANDS / "dockmend"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_gain_that_is_measured_is_shown() -> None:
    table = README.partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"(?m)^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table)
    assert {hook for hook, *_ in rows} == MEASURED
    assert all(before != after for *_, before, after in rows)
