from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fake_hooks
from dockmend._engine.config import Configs
from dockmend._engine.discover import Search
from dockmend._engine.kinds import is_dockerfile


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)


def make(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def found(*paths: str, force_exclude: bool = False) -> list[str]:
    search = Search(Configs(), force_exclude=force_exclude)
    files = list(search.files(paths))
    assert not search.errors
    return files


NAMES = [
    "Dockerfile", "Dockerfile.dev", "Dockerfile.", "Dockerfile-dev", "Containerfile", "Containerfile.dev",
    "Containerfile2", "app.Dockerfile", "app.dockerfile", ".dockerfile",
]  # fmt: skip
OTHER_NAMES = [
    "dockerfile", "DOCKERFILE", "Dockerfile.dockerignore", ".dockerignore", "app.dockerignore", "Dockerfiles",
    "Dockerfile~", "app.DOCKERFILE", "my-Dockerfile", "dockerfile.py", "README.md", ".dockmend-1-ab.tmp",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_taken_in_a_search(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_names_left_in_a_search(name: str) -> None:
    assert not is_dockerfile(name)


def test_a_folder_is_searched_in_the_order_of_names() -> None:
    make("b/Dockerfile", "a/x/Dockerfile", "a/Dockerfile", "Dockerfile", "c/x.txt", "a-b/Dockerfile")
    assert found(".") == ["Dockerfile", "a/Dockerfile", "a/x/Dockerfile", "a-b/Dockerfile", "b/Dockerfile"]
    assert found("a") == ["a/Dockerfile", "a/x/Dockerfile"]
    assert found(os.path.abspath("b")) == [os.path.abspath("b/Dockerfile")]


@pytest.mark.parametrize(
    "folder", [".git", "node_modules", ".venv", ".tox", "x/node_modules", "site-packages/x"]
)
def test_folders_passed_over(folder: str) -> None:
    make(f"{folder}/Dockerfile", "Dockerfile")
    assert found(".") == ["Dockerfile"]


def test_virtual_environments_are_passed_over_whatever_their_name() -> None:
    make("env/pyvenv.cfg", "env/Dockerfile", "env/lib/Dockerfile", "Dockerfile")
    assert found(".") == ["Dockerfile"]
    assert found("env") == ["env/Dockerfile", "env/lib/Dockerfile"]  # named, so meant


def test_links_to_folders_are_not_followed_unless_named() -> None:
    make("real/Dockerfile")
    os.symlink("real", "link")
    os.symlink(".", "real/loop")
    assert found(".") == ["real/Dockerfile"]
    assert found("link") == ["link/Dockerfile"]


def test_links_to_files_are_taken_once() -> None:
    make("a/Dockerfile")
    os.symlink("a/Dockerfile", "Dockerfile")
    os.symlink("a", "b")
    assert found(".") == ["Dockerfile"]
    assert found("a/Dockerfile", "b/Dockerfile", "./a/../a/Dockerfile", "Dockerfile") == ["a/Dockerfile"]
    assert found("a", "a/Dockerfile", ".") == ["a/Dockerfile"]


def test_a_link_that_leads_nowhere_is_taken_so_that_it_is_named() -> None:
    os.symlink("nowhere", "Dockerfile")
    assert found(".") == ["Dockerfile"]


def test_what_is_no_file_is_left_in_a_search() -> None:
    os.mkfifo("Dockerfile")
    make("Dockerfile.d/Dockerfile")
    os.symlink("/dev/null", "Dockerfile.null")
    assert found(".") == ["Dockerfile.d/Dockerfile"]
    assert found("Dockerfile") == ["Dockerfile"]  # named when it is read


def test_files_named_one_by_one_are_taken_whatever_they_are() -> None:
    assert found("x.txt", "none/Dockerfile", "Dockerfile") == ["x.txt", "none/Dockerfile", "Dockerfile"]


def test_a_dockerignore_stands_for_what_it_serves() -> None:
    make(
        "a/.dockerignore",
        "a/Dockerfile",
        "a/app.dockerfile",
        "a/x.txt",
        "a/b/Dockerfile",
        "a/app.dockerfile.dockerignore",
    )
    make("c/.dockerignore", "c/x.txt", "c/x.txt.dockerignore", "c/y.dockerignore")
    Path("a/Dockerfile.d").mkdir()
    assert found("a/.dockerignore") == ["a/Dockerfile", "a/app.dockerfile"]
    assert found("a/app.dockerfile.dockerignore") == ["a/app.dockerfile"]
    assert found("a/app.dockerfile.dockerignore", "a/app.dockerfile") == ["a/app.dockerfile"]
    assert found("c/.dockerignore") == []
    assert found("c/x.txt.dockerignore") == ["c/x.txt"]
    assert found("c/y.dockerignore") == []
    os.chdir("a")
    assert found(".dockerignore") == ["Dockerfile", "app.dockerfile"]


def test_a_dockerignore_in_no_folder() -> None:
    search = Search(Configs())
    assert list(search.files(["none/.dockerignore"])) == []
    assert [str(error).split(";")[0] for error in search.errors] == [
        "none: error: cannot be searched: there is no such file"
    ]


def test_excluded_folders_and_files() -> None:
    make("vendor/a/Dockerfile", "b/Dockerfile.dev", "b/Dockerfile", "c/vendor/Dockerfile", "d/Dockerfile.dev")
    Path(".dockmend.toml").write_text('exclude = ["vendor", "b/*.dev"]')
    assert found(".") == ["b/Dockerfile", "d/Dockerfile.dev"]
    assert found("vendor") == []
    assert found("b/Dockerfile.dev") == ["b/Dockerfile.dev"]
    assert found("b/Dockerfile.dev", "d/Dockerfile.dev", force_exclude=True) == ["d/Dockerfile.dev"]


def test_a_configuration_that_is_wrong_excludes_nothing() -> None:
    make("a/Dockerfile")
    Path("a/.dockmend.toml").write_text("x = 1")
    assert found(".") == ["a/Dockerfile"]  # where the mistake is said


SEARCH = """
import os, sys
from dockmend._engine.config import Configs
from dockmend._engine.discover import Search
os.setgroups([]); os.setgid(65534); os.setuid(65534)
search = Search(Configs())
print(*search.files(["."]))
print(*search.errors)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change to another user")
def test_a_folder_that_cannot_be_read_is_named_and_the_rest_done(shared: Path) -> None:
    os.chdir(shared)
    make("a/Dockerfile", "b/Dockerfile", "c/Dockerfile")
    Path("b").chmod(0o700)
    done = subprocess.run([sys.executable, "-c", SEARCH], capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == [
        "a/Dockerfile c/Dockerfile",
        "b: error: cannot be searched: permission denied; check the permissions of the file and its folder",
    ], done.stderr


def test_a_deep_tree() -> None:
    folder = "/".join("d" * 200)
    make(f"{folder}/Dockerfile")
    assert found(".") == [f"{folder}/Dockerfile"]
