"""The examples for whole organisations, run on small ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
BEFORE = "FROM debian:12\nCMD node app.js\n"
AFTER = 'FROM debian:12\nCMD ["node", "app.js"]\n'


def run(*command: str | Path, cwd: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **names, "PATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_many_dockerfiles(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for part in range(2):
        lines = [{"name": f"{part}/{n}", "text": BEFORE} for n in range(3)]
        lines.append({"name": "x", "text": "FROM a\nRUNN b\n"})
        (tmp_path / "in" / f"{part}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    run(sys.executable, EXAMPLES / "many_dockerfiles.py", "in/*.jsonl", "out", cwd=tmp_path)
    found = [
        json.loads(line)
        for file in sorted((tmp_path / "out").iterdir())
        for line in file.read_text().splitlines()
    ]
    assert len(found) == 8
    assert {one["text"] for one in found} == {AFTER, "FROM a\nRUNN b\n"}
    assert found[0]["mended"] == {"exec-form": 1}
    assert "unknown instruction" in found[3]["problem"]


@pytest.mark.slow
def test_all_repos(tmp_path: Path) -> None:
    repositories = {}
    for name, text in (("one", BEFORE), ("two", AFTER), ("none", "")):
        folder = tmp_path / "remotes" / name
        folder.mkdir(parents=True)
        (folder / ("Dockerfile" if text else "README")).write_text(text)
        run("git", "init", "--quiet", "--initial-branch=main", cwd=folder)
        run("git", "config", "receive.denyCurrentBranch", "ignore", cwd=folder)
        run("git", "add", ".", cwd=folder)
        run("git", "commit", "--quiet", "-m", "First", cwd=folder)
        repositories[name] = str(folder)
    (tmp_path / "repos.json").write_text(json.dumps(repositories))
    settings = {
        "output_dir": "clones",
        "source": "all_repos.source.json_file",
        "source_settings": {"filename": "repos.json"},
        "push": "all_repos.push.merge_to_master",
        "push_settings": {},
    }
    (tmp_path / "all-repos.json").write_text(json.dumps(settings))
    (tmp_path / "all-repos.json").chmod(0o600)
    run("all-repos-clone", cwd=tmp_path)
    run(sys.executable, EXAMPLES / "all_repos_dockmend.py", "--jobs", "1", cwd=tmp_path)
    log = {
        name: run("git", "log", "--format=%s", "main", cwd=Path(folder))
        for name, folder in repositories.items()
    }
    assert "Mend Dockerfiles with dockmend" in log["one"]
    assert run("git", "show", "main:Dockerfile", cwd=Path(repositories["one"])) == AFTER
    assert log["none"] == "First\n"
