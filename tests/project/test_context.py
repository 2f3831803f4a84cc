"""The build context: what is in it, never outside it, and never an error."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project import context as module
from dockmend._project.context import (
    FILE,
    FOLDER,
    MISSING,
    OTHER,
    BuildContext,
    Built,
    Entry,
    read_head,
    relative,
)
from dockmend._project.ignore import IgnoreFile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "context"
    (inside / "src" / "deep").mkdir(parents=True)
    (inside / "src" / "a.py").write_text("a")
    (inside / "src" / "deep" / "b.py").write_text("b")
    (inside / "c.txt").write_text("c")
    (tmp_path / "secret").write_text("s")
    return inside


def found(context: BuildContext, source: str, ignore: str = "") -> list[str] | None:
    entries = context.entries(source, IgnoreFile.parse(ignore))
    return None if entries is None else [entry.path for entry in entries]


def test_no_context() -> None:
    for context in (BuildContext(), BuildContext(None, "why"), BuildContext(find=lambda: (None, "why", ()))):
        assert context.root is None
        assert context.reason
        assert context.kind("a") is None
        assert context.read("a") is None
        assert context.read_text("a") == ""
        assert context.is_archive("a") is None
        assert context.entries("a") is None
        assert context.entries("*") is None
        assert context.ignore(None) is None
        assert context.walk(frozenset()) == ([], False)


def test_the_root_is_looked_up_once_and_late(tmp_path: Path) -> None:
    asked: list[int] = []

    built = (Built(str(tmp_path), "Dockerfile", None, healthcheck=False),)

    def find() -> tuple[str | None, str, tuple[Built, ...]]:
        asked.append(1)
        return str(tmp_path), "", built

    context = BuildContext(find=find)
    assert not asked
    assert context.root == str(tmp_path)
    assert context.reason == ""
    assert context.services == built
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("c.txt", ["c.txt"]),
        ("./src/", ["src"]),
        ("/src/../c.txt", ["c.txt"]),
        ("../../c.txt", ["c.txt"]),
        (".", [""]),
        ("nothing", []),
        ("*", ["c.txt", "src"]),
        ("src/*.py", ["src/a.py"]),
        ("*/*.py", ["src/a.py"]),
        ("s?c/*/b.py", ["src/deep/b.py"]),
        ("src/*/*/*", []),
        ("nothing/*", []),
        ("c.txt/*", []),
        ("[cs]*", ["c.txt", "src"]),
        (r"\c*", ["c.txt"]),
    ],
)
def test_sources(root: Path, source: str, names: list[str]) -> None:
    assert found(BuildContext(str(root)), source) == names


def test_sources_that_cannot_be_told(root: Path) -> None:
    context = BuildContext(str(root))
    assert found(context, "src[^a]b") is None
    assert found(context, "[") is None


def test_what_the_ignore_file_leaves(root: Path) -> None:
    context = BuildContext(str(root))
    assert found(context, "*", "c.txt") == ["src"]
    assert found(context, "src/*", "**/*.py") == ["src/deep"]
    assert found(context, "src", "src") == []
    assert found(context, "src", "src\n!src/a.py") == ["src"]
    assert found(context, "c.txt", "*\n!src") == []


def test_links_stay_in_the_root(root: Path) -> None:
    (root / "out").symlink_to("../secret")
    (root / "absolute").symlink_to("/c.txt")
    (root / "away").symlink_to("/etc/passwd")
    (root / "folder").symlink_to("src/deep")
    (root / "loop").symlink_to("loop")
    (root / "up").symlink_to("src/../..")
    context = BuildContext(str(root))
    assert context.kind("out") == MISSING
    assert context.read("out") is None
    assert context.read("absolute") == b"c"
    assert context.kind("away") == MISSING
    assert context.read("folder/b.py") == b"b"
    assert context.kind("loop") == MISSING
    assert context.kind("up") == FOLDER
    assert context.read("up/c.txt") == b"c"
    assert context.entries("folder") == (Entry("folder", FOLDER),)
    assert found(context, "folder/*") == ["folder/b.py"]
    # filepath.Walk does not follow a link that a pattern matches.
    assert found(context, "f*/*") == []
    assert "folder" in context.walk(frozenset())[0]


def test_special_files_do_not_stop_the_reader(root: Path) -> None:
    os.mkfifo(root / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(root)
        server.bind("socket")
    finally:
        os.chdir(here)
        server.close()
    context = BuildContext(str(root))
    assert context.kind("pipe") == context.kind("socket") == OTHER
    assert context.read("pipe") is None
    assert context.is_archive("pipe") is False
    assert read_head(str(root / "pipe"), 1) is None
    assert read_head(str(root / "no\0name"), 1) is None
    assert context.kind("no\0name") is None


def test_reading(root: Path) -> None:
    context = BuildContext(str(root))
    assert context.read("c.txt", 1) == b"c"
    assert context.read("c.txt", 0) is None
    assert context.read("src") is None
    assert context.read_text("src/a.py") == "a"
    assert context.is_archive("c.txt") is False
    assert context.is_archive("src") is False


def test_unreadable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    context = BuildContext(str(root))
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", refuse)
        assert context.kind("src") is None
        assert context.entries("c.txt") is None
        assert context.entries("src/*") is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert context.read("c.txt") is None
        assert context.is_archive("c.txt") is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", refuse)
        assert context.entries("*") is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        assert context.walk(frozenset()) == ([], False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission(root: Path) -> None:
    (root / "src").chmod(0)
    try:
        context = BuildContext(str(root))
        assert context.kind("src/a.py") is None
        assert context.walk(frozenset()) == (["c.txt"], False)
    finally:
        (root / "src").chmod(0o755)


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    context = BuildContext(str(tmp_path / "gone"))
    assert context.kind("") is None
    assert context.kind("a") == MISSING
    assert context.entries("*") is None


def test_walking(root: Path) -> None:
    context = BuildContext(str(root))
    assert context.walk(frozenset()) == (["c.txt", "src/a.py", "src/deep/b.py"], True)
    assert context.walk(frozenset({"deep"})) == (["c.txt", "src/a.py", "src/deep"], True)
    assert context.walk(frozenset(), limit=3) == (["c.txt"], False)


def test_which_ignore_file(root: Path) -> None:
    dockerfile = str(root / "src" / "Dockerfile")
    fresh = BuildContext(str(root)).ignore(dockerfile)
    assert fresh is not None
    assert (fresh.path, fresh.exists) == (str(root / ".dockerignore"), False)
    (root / ".dockerignore").write_bytes(b"a\xff\n")
    context = BuildContext(str(root))
    common = context.ignore(dockerfile)
    assert common is not None
    assert common.file is not None
    assert common.file.text == "a\udcff\n"
    assert context.ignore(dockerfile) is common
    (root / "src" / "Dockerfile.dockerignore").write_text("b\n")
    own = BuildContext(str(root)).ignore(dockerfile)
    assert own is not None
    assert own.path == dockerfile + ".dockerignore"
    assert own.file is not None
    assert own.file.excludes("b")


def test_an_ignore_file_that_cannot_be_read(root: Path) -> None:
    (root / ".dockerignore").mkdir()
    ignore = BuildContext(str(root)).ignore(None)
    assert ignore is not None
    assert ignore.exists
    assert ignore.file is None
    (root / ".dockerignore").rmdir()
    (root / ".dockerignore").write_bytes(b"x\n" * (1 << 20))
    large = BuildContext(str(root)).ignore(None)
    assert large is not None
    assert large.file is None


@given(st.text("ab./\\*", max_size=12))
def test_a_source_never_leaves_the_root(source: str) -> None:
    path = relative(source)
    assert not path.startswith("/")
    assert ".." not in path.split("/")


def test_many_files_in_bounded_time(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"d{number}").mkdir()
        for name in "abc":
            (tmp_path / f"d{number}" / name).touch()
    context = BuildContext(str(tmp_path))
    start = time.perf_counter()
    assert len(context.walk(frozenset())[0]) == 3000
    assert len(context.entries("*/[ab]") or ()) == 2000
    assert context.walk(frozenset(), limit=2000)[1] is False
    assert time.perf_counter() - start < 20


def test_a_pattern_over_too_many_entries(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ENTRIES", 2)
    assert BuildContext(str(root)).entries("*") == (Entry("c.txt", FILE), Entry("src", FOLDER))
    assert BuildContext(str(root)).entries("*/*") is None
