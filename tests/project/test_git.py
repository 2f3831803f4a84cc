"""What git tracks, read from the index that git itself writes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project import git


def run(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("a/b/c", "a/b/d" + "x" * 200, "a.b", "dist/new", "é"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", "a", "a.b", "é")
    return tmp_path


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_of_the_index(repository: Path, version: str) -> None:
    run(repository, "update-index", "--index-version", version)
    run(repository, "add", "-N", "dist/new")
    assert git.tracked(str(repository)) == ("a.b", "a/b/c", "a/b/d" + "x" * 200, "dist/new", "é")
    assert git.tracked(str(repository / "a")) == ("b/c", "b/d" + "x" * 200)
    assert git.repository_top(str(repository / "a" / "b")) == str(repository)


def test_no_repository(tmp_path: Path) -> None:
    assert git.repository_top(str(tmp_path)) in (None, "/")
    assert git.tracked(str(tmp_path)) is None
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert git.tracked(str(tmp_path)) is None


def test_an_index_that_is_not_read(repository: Path) -> None:
    index = repository / ".git" / "index"
    good = index.read_bytes()
    for bad in (b"", b"DIRC", b"XXXX" + good[4:], good[:4] + b"\0\0\0\x09" + good[8:], good[:90]):
        index.write_bytes(bad)
        assert git.tracked(str(repository)) is None
    # The names of a repository that uses SHA-256 lie 12 bytes further on.
    index.write_bytes(good[:12] + b"\0" * 12 + good[12:])
    assert git.tracked(str(repository)) is None


def test_a_split_index(repository: Path) -> None:
    run(repository, "update-index", "--split-index")
    assert git.tracked(str(repository)) is None


def test_entries_with_more_flags(repository: Path) -> None:
    run(repository, "-c", "core.sparseCheckout=true", "update-index", "--skip-worktree", "a.b")
    assert git.tracked(str(repository)) == ("a.b", "a/b/c", "a/b/d" + "x" * 200, "é")


@given(st.binary(max_size=300), st.integers(2, 4), st.integers(0, 5))
def test_any_bytes_are_answered(data: bytes, version: int, count: int) -> None:
    head = b"DIRC" + version.to_bytes(4, "big") + count.to_bytes(4, "big")
    assert git._paths(head + data) is None or count >= 0
