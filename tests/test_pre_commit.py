"""The real pre-commit in a real git repository, with the hooks as `.pre-commit-hooks.yaml` declares them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from dockmend import _registry

pytestmark = pytest.mark.slow

HOOKS = yaml.safe_load((Path(__file__).parent.parent / ".pre-commit-hooks.yaml").read_text())
EVERY = [hook["id"] for hook in HOOKS if hook["id"] != "dockmend"]
# It would ask a registry: tests/hooks/test_pin_digest.py has one.
OFFLINE = [name for name in EVERY if name != "dockerfile-pin-digest"]

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
ADD app.py .
USER app
CMD python app.py
"""
MENDED = """\
FROM python:3.12-slim
WORKDIR /app
COPY app.py .
USER app
CMD ["python", "app.py"]
"""
NAMES = ["Dockerfile", "app/Dockerfile", "Dockerfile.dev", "Dockerfile-dev", "x.dockerfile", "Containerfile"]
OTHERS = ["README.md", "dockerfile.txt", "Dockerfile.dockerignore", "x/dockerfile"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    scripts = sysconfig.get_path("scripts")
    for name, value in {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / ".git" / "pre-commit"),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{
            f"GIT_{who}_{what}": "a@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GIT_INDEX_FILE", raising=False)
    git("init", "-q")
    for name in [*NAMES, *OTHERS]:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(DOCKERFILE)
    for name in ("app.py", "app/app.py", "x/app.py"):
        Path(name).touch()
    for folder in (".", "app"):
        Path(folder, ".dockerignore").write_text("*\n!app.py\n")
    Path("Dockerfile.dockerignore").write_text("*\n!app.py\n")
    return tmp_path


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


def configure(*ids: str, args: list[str] | None = None) -> None:
    """What `repo: <dockmend's>` with these ids makes of the hooks, run from this environment."""
    hooks = [{**hook, "language": "system", "args": args or []} for hook in HOOKS if hook["id"] in ids]
    for hook in hooks:
        hook.pop("additional_dependencies", None)
    Path(".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], check=True, capture_output=True)


def texts(names: list[str]) -> set[str]:
    return {Path(name).read_text() for name in names}


@pytest.mark.parametrize("ids", [["dockmend"], OFFLINE], ids=["all in one", "one by one"])
def test_the_first_commit_is_mended_and_stopped_the_second_passes(repository: Path, ids: list[str]) -> None:
    configure(*ids)
    git("add", "-A")
    others = {name: Path(name).read_text() for name in OTHERS}
    first = git("commit", "-m", "x")
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stderr
    assert "Mended in x.dockerfile:\n    1 x " in first.stderr
    assert "Traceback" not in first.stderr
    assert texts(NAMES) == {MENDED}
    assert {name: Path(name).read_text() for name in OTHERS} == others
    git("add", "-A")
    second = git("commit", "-m", "x")
    assert second.returncode == 0, second.stdout + second.stderr
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("name", ["add-to-copy", "exec-form"])
def test_one_hook_alone(repository: Path, name: str) -> None:
    configure(f"dockerfile-{name}")
    git("add", "-A")
    assert git("commit", "-m", "x").returncode == 1
    git("add", "-A")
    assert git("commit", "-m", "x").returncode == 0
    assert texts(NAMES) != {MENDED}


@pytest.mark.parametrize("hook", ["dockmend", "dockerignore"])
def test_a_commit_that_lacks_a_file_just_made_is_stopped(repository: Path, hook: str) -> None:
    for name in (".dockerignore", "app/.dockerignore", "Dockerfile.dockerignore"):
        Path(name).unlink()
    for name in NAMES:
        Path(name).write_text(MENDED)
    configure(hook)
    git("add", "-A")
    first = git("commit", "-m", "x")
    assert first.returncode == 1
    assert "app/.dockerignore: note: this file is new; add it to the commit" in first.stderr
    assert git("status", "--porcelain", "--untracked-files=all").stdout.count("?? ") == 2
    git("add", "-A")
    second = git("commit", "-m", "x")
    assert second.returncode == 0, second.stdout + second.stderr


def test_what_the_configuration_excludes_is_left(repository: Path) -> None:
    Path("pyproject.toml").write_text('[tool.dockmend]\nexclude = ["app"]\n')
    configure("dockmend")
    git("add", "-A")
    git("commit", "-m", "x")
    assert Path("app/Dockerfile").read_text() == DOCKERFILE
    assert Path("Dockerfile").read_text() == MENDED


CHANGED = DOCKERFILE.replace("USER app", "ADD more.py .\nUSER app")


@pytest.mark.parametrize("hook", ["dockmend", "dockerfile-add-to-copy"])
def test_only_what_a_commit_changes(repository: Path, hook: str) -> None:
    Path("Dockerfile.dockerignore").write_text("*\n!app.py\n!more.py\n")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    configure(hook, args=["--since=HEAD"])
    Path("more.py").touch()
    Path("Dockerfile").write_text(CHANGED)
    git("add", "-A")
    assert git("commit", "-m", "y").returncode == 1
    assert Path("Dockerfile").read_text() == CHANGED.replace("ADD more.py", "COPY more.py")
    assert texts(NAMES[1:]) == {DOCKERFILE}
    git("add", "-A")
    second = git("commit", "-m", "y")
    assert second.returncode == 0, second.stdout + second.stderr


def test_only_what_a_pull_request_changes(repository: Path) -> None:
    Path("Dockerfile.dockerignore").write_text("*\n!app.py\n!more.py\n")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git("tag", "base")
    configure("dockmend", args=["--since=HEAD"])
    Path("more.py").touch()
    Path("Dockerfile").write_text(CHANGED)
    git("add", "-A")
    git("commit", "-q", "--no-verify", "-m", "y")
    command = [sys.executable, "-m", "pre_commit", "run", "--from-ref", "base", "--to-ref", "HEAD"]
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert Path("Dockerfile").read_text() == CHANGED.replace("ADD more.py", "COPY more.py")


def test_every_hook_has_its_id() -> None:
    assert len(EVERY) == len(_registry.HOOKS)
