"""What a project's files say that its build needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project import needs
from dockmend._project.kind import COMMON, GROUPS, KINDS, NODE_OUTPUT, kinds


def test_words_that_may_be_paths() -> None:
    text = (
        'RUN cp -r ./docs/a.md $X/build && . ./.env; x --env-file=.env.local \'a b\' ["dist","c"] see README.'
    )
    words = set(needs.path_words(text))
    assert {"docs/a.md", "X/build", ".env", ".env.local", "dist", "README", "a", "b", "c"} <= words
    assert not {".", "..", "/", "./docs/a.md"} & words


def test_commands() -> None:
    assert list(needs.commands("a b && c 'd'; e | f\n\ng")) == [["a", "b"], ["c", "d"], ["e"], ["f"], ["g"]]


def test_files_that_commands_read() -> None:
    assert "Makefile" in set(needs.files_read("cd /x && /usr/bin/make all"))
    assert not set(needs.files_read("python app.py"))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("git describe --tags", True),
        ("V=$(git rev-parse HEAD)", True),
        ('subprocess.run(["git", "describe"])', True),
        ("git -C . log", True),
        ("git --no-pager -c a=b show", True),
        ("git clone x && cd x && git checkout v1", False),
        ("apt-get install -y git", False),
        ("git config --global x y", False),
        ("digit describe", False),
    ],
)
def test_who_asks_git(text: str, asks: bool) -> None:
    assert needs.reads_repository(text) is asks


def test_pyproject() -> None:
    text = (
        '\ufeff[project]\nname = "x"\nreadme = "README.md"\nlicense-files = ["LICEN[CS]E*"]\ndynamic = ["version"]\n'
        '[tool.hatch.build.targets.wheel.force-include]\n"docs/a" = "x/a"\n[tool.hatch.build]\ninclude = ["/data"]\n'
        '[tool.ruff]\nexclude = [".venv", "build"]\n[tool.mypy]\nexclude = "dist"\n'
    )
    words = needs.manifest_words("pyproject.toml", text)
    assert {"README.md", "docs/a", "/data", "x/a"} <= words
    assert not {".venv", "build", "dist"} & words
    assert "README.md" in needs.manifest_words("pyproject.toml", "readme = README.md [")


def test_setup_cfg() -> None:
    text = "[metadata]\nlong_description = file: README.rst, CHANGELOG.rst\n[flake8]\nexclude = build\n[options]\nx\n"
    words = needs.manifest_words("setup.cfg", text)
    assert {"README.rst", "CHANGELOG.rst"} <= words
    assert "build" not in words
    assert "README" in needs.manifest_words("setup.cfg", "no section\nREADME\n")


def test_setup_py_and_manifest() -> None:
    assert "README.md" in needs.manifest_words("setup.py", "open('README.md').read()")
    text = "# docs\ninclude README.md *.txt\nrecursive-include docs *\nprune build\nglobal-exclude *.pyc\ngraft\n"
    words = needs.manifest_words("MANIFEST.in", text)
    assert {"README.md", "*.txt", "docs"} <= words
    assert not {"build", "*.pyc"} & words


def test_package_json() -> None:
    text = (
        '{"main": "dist/index.js", "files": ["lib"], "eslintConfig": {"ignore": "build"}, "exports": {"./a": "./b.js"},'
        '"scripts": {"start": "node --env-file=.env .", "clean": "rm -rf coverage"},'
        '"dependencies": {"next": "1"}, "devDependencies": {"vite": "1"}, "optionalDependencies": []}'
    )
    words = needs.manifest_words("package.json", text)
    assert {"dist/index.js", "lib", ".env", "b.js"} <= words
    assert not {"build", "coverage"} & words
    assert needs.dependencies(text) == {"next", "vite"}
    assert needs.dependencies("[]") == needs.dependencies("{") == set()
    assert "dist" in needs.manifest_words("package.json", '"dist" {')
    assert "dist" in needs.manifest_words("package.json", '["dist"]')
    assert "a" in needs.manifest_words("package.json", '{"scripts": "a"}')


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ('{"scripts": {"prepare": "husky install"}, "devDependencies": {"husky": "^7.0.0"}}', True),
        ('{"scripts": {"prepare": "husky"}, "devDependencies": {"husky": "^9.0.0"}}', False),
        ('{"scripts": {"prepare": "husky install"}}', True),
        ('{"scripts": {"a": "b"}, "devDependencies": {"husky": "4"}}', False),
        ("[]", False),
        ('{"scripts": "husky", "devDependencies": "x"}', True),
    ],
)
def test_hooks_that_need_a_repository(text: str, asks: bool) -> None:
    assert needs.asks_git_hooks(text) is asks


@given(
    st.text(max_size=60),
    st.sampled_from(["pyproject.toml", "setup.cfg", "package.json", "MANIFEST.in", "pom.xml"]),
)
def test_any_manifest_is_read(text: str, name: str) -> None:
    assert all(isinstance(word, str) for word in needs.manifest_words(name, text))
    needs.asks_git_hooks(text)


def test_deep_nesting() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, "a = " + "[" * 100_000):
        needs.manifest_words("package.json", text)
        needs.manifest_words("pyproject.toml", text)


@pytest.mark.parametrize(
    ("names", "images", "found"),
    [
        (["pyproject.toml"], [], ["Python"]),
        (["requirements-dev.txt"], [], ["Python"]),
        (["app.py"], [], ["Python"]),
        ([], ["python:3.13-slim"], ["Python"]),
        ([], ["docker.io/library/python@sha256:0"], ["Python"]),
        ([], ["pythonic"], []),
        (["package.json"], ["node:20"], ["Node"]),
        (["pom.xml", "build.gradle.kts"], [], ["Maven", "Gradle"]),
        (["a.csproj"], ["mcr.microsoft.com/dotnet/sdk:8.0"], [".NET"]),
        (["go.mod", "Cargo.toml", "a.gemspec", "composer.json"], [], ["Go", "Rust", "Ruby", "PHP"]),
        (["README.md"], ["$BASE"], []),
    ],
)
def test_kinds(names: list[str], images: list[str], found: list[str]) -> None:
    assert [kind.name for kind in kinds(names, images)] == found


def test_the_tables() -> None:
    from dockmend._project.ignore import IgnoreFile

    lines = [*COMMON, *(line for kind in KINDS for line in kind.lines)]
    for line in lines:
        rule = IgnoreFile.parse(line.pattern)
        assert not rule.problems
        assert line.group in GROUPS
        assert all(map(rule.excludes, (*line.samples, *line.covered))), line
        assert set(line.covered) <= set(line.samples)
    assert all(IgnoreFile.parse(pattern).excludes(sample) for _, pattern, sample in NODE_OUTPUT)
    assert all(kind.markers.match("x") is None for kind in KINDS)
