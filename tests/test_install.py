"""Installed by the real pre-commit from this repository, as a user's `repo:` entry has it done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
# What pip says where it cannot reach an index.
UNREACHABLE = (
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Connection refused",
    "Could not find a version that satisfies",
    "No matching distribution found",
    "Max retries exceeded",
    "ConnectTimeoutError",
    "ProxyError",
)

DOCKERFILE = "FROM python:3.12-slim\nADD app.py /app/\nRUN a\nRUN b\nUSER app\nCMD python /app/app.py\n"
MENDED = (
    'FROM python:3.12-slim\nCOPY app.py /app/\nRUN a \\\n    && b\nUSER app\nCMD ["python", "/app/app.py"]\n'
)


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "PRE_COMMIT_HOME": str(cwd.parent / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "a@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PYTHONPATH"):
        environ.pop(name, None)
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=600)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no git repository")
def test_commits_with_the_hooks_of_this_repository(tmp_path: Path) -> None:
    folder, clone = tmp_path / "project", tmp_path / "dockmend"
    folder.mkdir()
    cloned = run("git", "clone", "-q", str(ROOT), str(clone), cwd=folder)
    if cloned.returncode != 0:
        pytest.skip(f"this repository cannot be cloned: {cloned.stderr}")
    revision = run("git", "rev-parse", "HEAD", cwd=clone).stdout.strip()
    run("git", "init", "-q", cwd=folder)
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "app.py").touch()
    (folder / ".dockerignore").write_text("*\n!app.py\n", encoding="utf-8")
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {clone}\n    rev: {revision}\n    hooks:\n      - id: dockmend\n",
        encoding="utf-8",
    )
    assert run(sys.executable, "-m", "pre_commit", "install", cwd=folder).returncode == 0
    run("git", "add", "-A", cwd=folder)
    first = run("git", "commit", "-m", "first", cwd=folder)
    said = first.stdout + first.stderr
    if any(sign in said for sign in UNREACHABLE):
        pytest.skip("no package index is in reach")
    assert first.returncode == 1, said
    assert "files were modified by this hook" in said
    assert (folder / "Dockerfile").read_text(encoding="utf-8") == MENDED
    run("git", "add", "-A", cwd=folder)
    second = run("git", "commit", "-m", "second", cwd=folder)
    assert second.returncode == 0, second.stdout + second.stderr
    assert (folder / "Dockerfile").read_text(encoding="utf-8") == MENDED
