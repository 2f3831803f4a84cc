"""What may go into an ignore file, on real folders."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Result, mend_text
from dockmend._hook import INFO, Context
from dockmend._project.context import BuildContext
from dockmend._project.find import find_context
from dockmend._project.ignore import IgnoreFile
from dockmend._project.sources import context_sources
from dockmend.dockerignore import HOOK, check
from harness import settings_for

PYTHON = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install .\n"


def mend(folder: Path, text: str, name: str = "Dockerfile", explicit: Path | None = None) -> Result:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    build = find_context(str(path), str(explicit) if explicit else None, text)
    result = mend_text(text, settings_for(HOOK), str(path), build)
    assert not result.problems
    assert result.text == text
    return result


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_the_file_of_the_dockerfile(tmp_path: Path) -> None:
    write(tmp_path, **{"a.txt": "", "web.Dockerfile.dockerignore": ".git\n"})
    (edit,) = mend(tmp_path, "FROM a\nCOPY a.txt /\n", "web.Dockerfile").files
    assert edit.path == str(tmp_path / "web.Dockerfile.dockerignore")
    assert edit.before == ".git\n"
    assert edit.text.startswith(".git\n\n# Secrets\n")


def test_a_context_above(tmp_path: Path) -> None:
    write(tmp_path, **{"app/a.py": "", "requirements.txt": ""})
    (edit,) = mend(tmp_path, "FROM python:3\nCOPY app /a\n", "docker/Dockerfile", tmp_path).files
    assert edit.path == str(tmp_path / ".dockerignore")
    assert edit.before is None
    assert "\ndocker/Dockerfile\n" in edit.text


def test_dockerfiles_that_share_a_context(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "a.py": "",
            "Dockerfile.release": "FROM a\nCOPY dist /x\n",
            "docker/dev.Dockerfile": "FROM a\nCOPY venv a.py /x\n",
            "other/Dockerfile": "FROM a\nCOPY build /x\n",
            "other/build/a": "",
            "broken.Dockerfile": "FRM a\n",
            "compose.yaml": "services: {a: {build: {context: ., dockerfile: docker/dev.Dockerfile}}}\n",
        },
    )
    (edit,) = mend(tmp_path, "FROM python:3\nCOPY . /a\n").files
    lines = edit.text.split("\n")
    assert {"dist", "venv"}.isdisjoint(lines)
    assert {"build", ".venv", "docker/dev.Dockerfile", "Dockerfile*"} <= set(lines)
    assert "other/Dockerfile" not in lines


def test_a_dockerfile_with_its_own_ignore_file_does_not_matter(tmp_path: Path) -> None:
    write(
        tmp_path, **{"a.py": "", "Dockerfile.b": "FROM a\nCOPY dist /x\n", "Dockerfile.b.dockerignore": "x\n"}
    )
    (edit,) = mend(tmp_path, "FROM python:3\nCOPY . /a\n").files
    assert "dist" in edit.text.split("\n")


def test_what_git_tracks(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "a.py": "",
            "build/a.py": "",
            ".env": "",
            "certs/a.pem": "x",
            "node_modules/a": "",
            "README.md": "",
        },
    )
    subprocess.run("git init -q && git add .", shell=True, cwd=tmp_path, check=True)
    write(tmp_path, **{"dist/a.whl": "", "sub/.env.local": ""})
    result = mend(tmp_path, "FROM python:3\nCOPY . /a\n")
    lines = result.files[0].text.split("\n")
    assert {"build", "**/.env", "**/*.pem"}.isdisjoint(lines)
    assert {"dist", "**/.env.*", "**/*.key", "README*", ".git"} <= set(lines)
    (kept,) = result.findings
    assert (kept.finding.message, kept.severity) == (".env goes along into the build", INFO)


def test_more_that_starts_like_a_dockerfile(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "", "Dockerfile.d/a": "", "README.md": "", "README_data/a.csv": ""})
    lines = mend(tmp_path, "FROM python:3\nCOPY . /a\n").files[0].text.split("\n")
    assert {"Dockerfile*", "README*"}.isdisjoint(lines)
    assert "Dockerfile" in lines


def test_a_site_that_mkdocs_makes(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "", "docs/a.md": "", "README.md": "", "CHANGELOG.md": ""})
    lines = mend(tmp_path, "FROM python:3\nCOPY . /a\nRUN mkdocs build\n").files[0].text.split("\n")
    assert {"docs", "README*"}.isdisjoint(lines)
    assert "CHANGELOG*" in lines


def test_settings_of_bundler(tmp_path: Path) -> None:
    write(tmp_path, **{"Gemfile": "", ".bundle/config": ""})
    lines = mend(tmp_path, "FROM ruby:3\nCOPY . /a\n").files[0].text.split("\n")
    assert ".bundle" not in lines
    assert "vendor/bundle" in lines


def test_a_project_below(tmp_path: Path) -> None:
    write(tmp_path, **{"web/package.json": "{}", "api/requirements.txt": "", "api/pkg/a.py": ""})
    (edit,) = mend(tmp_path, "FROM a\nCOPY . /a\nRUN cd /a/web && npm ci\n").files
    lines = set(edit.text.split("\n"))
    assert {"**/node_modules", "**/__pycache__"} <= lines
    assert {".venv", "build"}.isdisjoint(lines)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{"a.py": "", "dist/a/b/c.js": "", "docs/a.md": ""})
    walk = BuildContext.walk
    monkeypatch.setattr(BuildContext, "walk", lambda self, passed: walk(self, passed, limit=5))
    lines = set(mend(tmp_path, "FROM python:3\nCOPY . /a\n").files[0].text.split("\n"))
    assert {"dist", "docs", "**/*.pem", "**/*.key"}.isdisjoint(lines)
    assert {".git", "**/.env", "build"} <= lines


@pytest.mark.parametrize("folder", ["#docker", "!docker", " docker", "docker\nfiles", "do\\cker", "a b"])
def test_names_that_are_no_patterns(tmp_path: Path, folder: str) -> None:
    write(tmp_path, **{"a.py": "", "Containerfile\udcff": "FROM a\nCOPY a.py /\n"})
    (edit,) = mend(tmp_path, "FROM a\nCOPY a.py /x\n", f"{folder}/Dockerfile", tmp_path).files
    assert (f"{folder}/Dockerfile" in edit.text) is (folder == "a b")
    Path(edit.path).write_text(edit.text, errors="surrogateescape")
    assert not mend(tmp_path, "FROM a\nCOPY a.py /x\n", f"{folder}/Dockerfile", tmp_path).files


def test_a_source_beyond_what_is_modelled(tmp_path: Path) -> None:
    result = mend(tmp_path, f"FROM a\nCOPY src/{'a' * 2000}$X /x\n", explicit=tmp_path)
    assert not result.files
    assert len(result.findings) == 1
    assert (
        mend(tmp_path, f"FROM a\nCOPY . /x\nRUN echo {'a' * 2000}*\n", explicit=tmp_path).findings is not None
    )


def test_text_without_a_name() -> None:
    doc = parse("FROM a\nCOPY . /a\n")
    (found,) = check(doc, Context(None, find_context(None, None, doc.text), {}))
    assert (found.severity, found.fix) == (INFO, None)
    assert "without a file name" in found.reason


@pytest.mark.slow
def test_fifty_thousand_files(tmp_path: Path) -> None:
    for number in range(500):
        folder = tmp_path / "src" / f"p{number}"
        folder.mkdir(parents=True)
        for name in range(100):
            (folder / f"m{name}.py").touch()
    write(tmp_path, **{"pyproject.toml": ""})
    start = time.perf_counter()
    (edit,) = mend(tmp_path, PYTHON).files
    Path(edit.path).write_text(edit.text)
    assert not mend(tmp_path, PYTHON).files
    assert time.perf_counter() - start < 60


NAMES = [
    ".env", ".git/HEAD", "dist/a.whl", "build/lib/x", "docs/a.md", "README.md", "venv/x", "a.pem", "src/__pycache__/a",
    "src/a.py", "target/a.jar", "node_modules/x/y", "certs/a.key", "Dockerfile", ".dockerignore", ".env.local", "tmp/cache/x",
    "x.egg-info/a", "vendor/x", "bin/x", ".idea/x",
]  # fmt: skip
MARKERS = [
    "pyproject.toml",
    "package.json",
    "pom.xml",
    "Gemfile",
    "a.csproj",
    "composer.json",
    "Cargo.toml",
    "go.mod",
]
SOURCE = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES).map(lambda name: name.rpartition("/")[0] or "."),
    st.sampled_from(
        [
            "*.md",
            ".env*",
            "d*/*",
            "*/x",
            ".",
            "./docs/",
            "**",
            "[.a]*",
            "?ist",
            "$X/a.md",
            "$D/a.whl",
            "*.pem",
        ]
    ),
)
RULES = st.lists(
    st.sampled_from(
        [
            "dist",
            "!dist",
            "*.md",
            "!README.md",
            ".git",
            "**/*.pem",
            "!**/a.pem",
            "docs/*",
            "!docs/a.md",
            "# c",
            "",
        ]
    ),
    max_size=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(NAMES), max_size=6, unique=True),
    st.lists(st.sampled_from(MARKERS), max_size=2, unique=True),
    st.lists(SOURCE, min_size=1, max_size=3),
    RULES,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_whatever_is_named_stays(
    tmp_path_factory: pytest.TempPathFactory,
    present: list[str],
    markers: list[str],
    named: list[str],
    rules: list[str],
    newline: str,
    final: bool,
) -> None:
    folder = tmp_path_factory.mktemp("context")
    write(
        folder,
        **dict.fromkeys(markers, "{}"),
        **{name: "x" for name in present if name not in ("Dockerfile", ".dockerignore")},
    )
    before = newline.join(rules) + newline * final if rules else ""
    if rules:
        (folder / ".dockerignore").write_text(before, newline="")
    text = f"FROM a\nARG D=dist\nARG X\nCOPY {' '.join(named)} /a/\n"
    result = mend(folder, text, explicit=folder)
    old = IgnoreFile.parse(before)
    for edit in result.files:
        assert edit.text.startswith(before)
        assert (edit.text.count("\r\n") == edit.text.count("\n")) == (
            newline == "\r\n" and before.count("\n") > 0
        )
        new = IgnoreFile.parse(edit.text)
        context = BuildContext(str(folder))
        for source in context_sources(parse(text)):
            taken = source.defaults or source.text or ""
            left = [
                one.path for one in context.entries(taken) or () if one.path and not old.excludes(one.path)
            ]
            assert [path for path in left if new.excludes(path)] == []
        assert not any(
            old.deciding_line(name) and not old.excludes(name) and new.excludes(name) for name in present
        )
        Path(edit.path).write_text(edit.text, newline="")
    again = mend(folder, text, explicit=folder)
    assert not again.files
    assert [found.finding for found in again.findings] == [found.finding for found in result.findings]
