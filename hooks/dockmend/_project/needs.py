"""What a build may need from its context beyond what ADD and COPY name.

A whole folder that is copied brings files that commands, scripts and the package's own metadata use by
name. Every word that looks like a path counts as a use; nothing is run or expanded.
"""

from __future__ import annotations

import posixpath
import re

from dockmend._project import toml
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What cannot be part of a path that a script names plainly.
_WORD = regex(r"[^\s\"'`;|&()<>,={}\[\]$:!\\]+")
_SEGMENT = regex(r"[;&|\n]+")

# Sections of pyproject.toml and setup.cfg, and keys of package.json, that no build reads.
_CHECKERS = frozenset({
    "ruff", "black", "isort", "mypy", "pytest", "tool:pytest", "coverage", "pylint", "flake8", "pyright",
    "basedpyright", "tox", "bandit", "pydocstyle", "codespell", "interrogate", "pycodestyle", "ty",
    "pyrefly", "vulture", "deptry", "commitizen", "semantic_release", "bumpversion", "towncrier", "djlint",
    "yapf", "docformatter", "typos", "pytype", "autoflake", "ipdb", "blue", "wheel", "bdist_wheel",
    "taskipy", "poe", "rye", "pyupgrade", "refurb",
})  # fmt: skip
_UNBUILT_KEYS = frozenset({
    "eslintConfig", "eslintIgnore", "prettier", "jest", "lint-staged", "husky", "nyc", "ava",
    "browserslist", "c8", "description", "keywords", "repository", "bugs", "homepage", "author",
    "contributors", "license", "stylelint", "commitlint", "renovate", "release", "mocha", "xo", "standard",
    "devDependencies", "peerDependencies", "engines", "version", "name", "volta", "packageManager",
    "funding",
})  # fmt: skip
_UNBUILT_SCRIPTS = regex(r"clean|lint|format|fmt|test|coverage|docker|deploy|release|publish|prettier|eslint")

# Commands that read what no word names.
_READS = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "tox": ("tox.ini",),
    "nox": ("noxfile.py",),
    "rake": ("Rakefile",),
    "invoke": ("tasks.py",),
    "inv": ("tasks.py",),
    "mkdocs": ("mkdocs.yml", "mkdocs.yaml", "docs", "README.md"),
    "docusaurus": ("docs",),
    "jekyll": ("docs", "README.md"),
    "cmake": ("CMakeLists.txt",),
    "supervisord": ("supervisord.conf",),
    "foreman": ("Procfile",),
    "honcho": ("Procfile",),
}  # fmt: skip

# Commands of git that read the repository they run in, and those that make one or need none.
_GIT_READS = frozenset({
    "describe", "log", "rev-parse", "rev-list", "show", "status", "ls-files", "ls-tree", "branch", "tag",
    "diff", "submodule", "archive", "checkout", "reset", "remote", "name-rev", "symbolic-ref", "shortlog",
    "blame", "cat-file", "stash", "fetch", "pull", "switch", "restore", "merge", "lfs", "clean", "worktree",
})  # fmt: skip
_GIT_MAKES = frozenset({"clone", "init"})


def path_words(text: str) -> Iterator[str]:
    """The words of a text that may be paths or patterns, a leading "./" and trailing "/" and "." left out."""
    for word in _WORD.findall(text):
        if word.strip("./*-"):
            yield posixpath.normpath(word.rstrip("."))


def commands(text: str) -> Iterator[list[str]]:
    """The words of each simple command of a script, roughly: cut at separators, quotes dropped."""
    for part in _SEGMENT.split(text):
        words = _WORD.findall(part)
        if words:
            yield words


def files_read(text: str) -> Iterator[str]:
    """Names of what the commands of a script read without naming it (a Makefile)."""
    words = {posixpath.basename(word) for word in _WORD.findall(text)}
    for command, names in _READS.items():
        if command in words:
            yield from names


def reads_repository(text: str) -> bool:
    """Whether a script asks git about the repository that it runs in, and has not made one itself."""
    reads = False
    for words in commands(text):
        names = [posixpath.basename(word) for word in words]
        if "git" in names:
            said = set(words[names.index("git") + 1 :][:6])
            if said & _GIT_MAKES:
                return False
            reads = reads or ("config" not in said and bool(said & _GIT_READS))
    return reads


def manifest_words(name: str, text: str) -> set[str]:
    """The words of a project's manifest that may be paths its build needs; `name` is the file's own."""
    if name == "pyproject.toml":
        return set(_words_of(_pyproject(text)))
    if name == "package.json":
        return set(_words_of(_package_json(text)))
    if name == "setup.cfg":
        return set(path_words("\n".join(_config_values(text))))
    if name == "MANIFEST.in":
        lines = (line.split(None, 1) for line in text.split("\n"))
        kept = (line[1] for line in lines if len(line) == 2 and not re.match(r"#|prune|.*exclude", line[0]))
        return set(path_words("\n".join(kept)))
    return set(path_words(text))


def dependencies(text: str) -> set[str]:
    """The names of what a package.json depends on, for its development too."""
    content = _json(text)
    found: set[str] = set()
    if isinstance(content, dict):
        for key in ("dependencies", "devDependencies", "optionalDependencies"):
            part = content.get(key)
            found.update(part if isinstance(part, dict) else ())
    return found


def asks_git_hooks(text: str) -> bool:
    """Whether installing a Node package sets up git hooks that fail without a repository: husky before 8."""
    content = _json(text)
    if not isinstance(content, dict) or "husky" not in str(content.get("scripts")):
        return False
    versions = [str(_get(_get(content, key), "husky")) for key in ("dependencies", "devDependencies")]
    numbers = [int(found[0]) for version in versions if (found := re.search(r"[0-9]{1,6}", version))]
    return not numbers or min(numbers) < 8


def _get(value: object, key: str) -> object:
    return value.get(key, "") if isinstance(value, dict) else ""


def _json(text: str) -> object:
    import json

    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return text


def _package_json(text: str) -> object:
    content = _json(text)
    if not isinstance(content, dict):
        return content
    kept = {key: value for key, value in content.items() if key not in _UNBUILT_KEYS}
    scripts = kept.get("scripts")
    if isinstance(scripts, dict):
        kept["scripts"] = [script for key, script in scripts.items() if not _UNBUILT_SCRIPTS.search(str(key))]
    return kept


def _pyproject(text: str) -> object:
    try:
        content = toml.parse(text)
    except toml.NotToml:
        return text
    tools = content.get("tool")
    if isinstance(tools, dict):
        content["tool"] = {name: part for name, part in tools.items() if name not in _CHECKERS}
    return content


def _config_values(text: str) -> Iterable[str]:
    import configparser

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return [text]
    sections = [name for name in parser.sections() if name.split("-")[0] not in _CHECKERS]
    return [value or "" for name in sections for _, value in parser.items(name)]


def _words_of(content: object) -> Iterator[str]:
    """The path words of all strings in nested lists and dicts, and of keys that look like paths."""
    todo = [content]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield from path_words(value)
        elif isinstance(value, dict):
            todo += [key for key in value if "/" in key or "." in key]
            todo += value.values()
        elif isinstance(value, list):
            todo += value
