"""The two functions for use from Python."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

import dockmend

TEXT = "FROM python:3.12-slim\nADD app.py /app/\nCMD python /app/app.py\n"
MENDED = 'FROM python:3.12-slim\nCOPY app.py /app/\nCMD ["python", "/app/app.py"]\n'


def test_check() -> None:
    result = dockmend.check_text(TEXT, select=["DL3025", "add-to-copy"])
    assert [(one.hook.name, one.line, one.column) for one in result.findings] == [
        ("add-to-copy", 2, 1),
        ("exec-form", 3, 1),
    ]
    assert result.text == TEXT
    assert not result.mended


def test_mend(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    result = dockmend.mend_text(TEXT, context=str(tmp_path), ignore=["dockerignore", "non-root-user"])
    assert result.text == MENDED
    assert {one.hook.name for one in result.mended} == {"add-to-copy", "exec-form"}
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_files_are_returned_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / ".git").mkdir()
    result = dockmend.mend_text("FROM a:1\nCOPY . /app\n", context=str(tmp_path), select=["dockerignore"])
    assert [Path(one.path).name for one in result.files] == [".dockerignore"]
    assert not (tmp_path / ".dockerignore").exists()


def test_unsafe() -> None:
    assert "USER" not in dockmend.mend_text(TEXT).text
    assert "USER" in dockmend.mend_text(TEXT, select=["non-root-user"], unsafe=True).text


@pytest.mark.parametrize("kind", [dict, MappingProxyType])
def test_options(kind: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    text = "FROM redis\n"
    options = {"image-version": {"versions": kind({"redis": "8"})}}
    assert (
        dockmend.mend_text(text, select=["image-version"], options=options, unsafe=True).text
        == "FROM redis:8\n"
    )


def test_compose() -> None:
    result = dockmend.check_text(
        "services: {a: {image: redis}}\n", name="compose.yaml", select=["image-version"]
    )
    assert len(result.findings) == 1


@pytest.mark.parametrize("text", ["RUNN a\n", "", "\udcff"])
def test_what_is_refused_comes_back(text: str) -> None:
    result = dockmend.mend_text(text)
    assert result.text == text
    assert result.problems


def test_no_hook_of_that_name() -> None:
    with pytest.raises(ValueError, match="no hook is called 'exec-from'"):
        dockmend.check_text(TEXT, select=["exec-from"])


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import sys; import dockmend; print([name for name in sys.modules if name.startswith('dockmend.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['dockmend._typing']\n"
