"""The versions of Python, Node.js, Go and Ruby that a project itself states, in its build context."""

from __future__ import annotations

import re
from collections.abc import Callable

from dockmend._project import toml
from dockmend._project.context import BuildContext
from dockmend._regex import regex
from dockmend._typing import NamedTuple

# Below these a bare lower bound says nothing about what to run: they are no longer maintained.
# https://devguide.python.org/versions/, https://nodejs.org/en/about/previous-releases
_OLDEST = {"python": (3, 10), "node": (20,)}
# From 1.21 on the go line is what the module needs: https://go.dev/ref/mod#go-mod-file-go
_STRICT_GO = (1, 21)
# https://github.com/nodejs/Release/blob/main/CODENAMES.md; node's images have tags of these names.
_NODE_NAMES = frozenset({"gallium", "hydrogen", "iron", "jod", "krypton"})

_NUMBER = regex(r"v?([0-9]+(?:\.[0-9]+){0,2})\Z")
_BOUND = regex(r"[ \t]*(===?|~=|!=|<=|>=|<|>|\^|~)?[ \t]*v?([0-9]+(?:\.(?:[0-9]+|[xX*]))*)[ \t]*\Z")
_GO = regex(r"(?m)^go[ \t]+([0-9]+)\.([0-9]+)")


class Stated(NamedTuple):
    """A version to use as a tag; where none is clear it is empty. `why` says where from, or why none."""

    version: str
    why: str


def stated(tool: str, build: BuildContext) -> Stated | None:
    """The version of `tool` (an image's name: python, node, golang, ruby) that the project states.

    None where it states none. The more a file is about this alone, the earlier it is asked.
    """
    for source in _SOURCES.get(tool, ()):
        found = source(tool, build)
        if found is not None:
            return found
    return None


def _version_file(name: str) -> Callable[[str, BuildContext], Stated | None]:
    def read(tool: str, build: BuildContext) -> Stated | None:
        lines = [line.split("#")[0].strip(" \t\r") for line in build.read_text(name).split("\n")]
        lines = [line for line in lines if line]
        if not lines:
            return None
        return _exact(tool, lines[0], name) if len(lines) == 1 else Stated("", f"{name} has several versions")

    return read


def _tool_versions(tool: str, build: BuildContext) -> Stated | None:
    """https://asdf-vm.com/manage/configuration.html#tool-versions; mise reads it too."""
    called = {"node": ("nodejs", "node"), "golang": ("golang", "go")}.get(tool, (tool,))
    for line in build.read_text(".tool-versions").split("\n"):
        words = line.split("#")[0].split()
        if len(words) > 1 and words[0] in called:
            return _exact(tool, words[1], ".tool-versions")
    return None


def _exact(tool: str, version: str, source: str) -> Stated:
    version = version.removeprefix("ruby-") if tool == "ruby" else version
    name = version.removeprefix("lts/")
    if tool == "node" and name != version and name in _NODE_NAMES:
        return _says(name, source)
    number = _NUMBER.match(version)
    if number is None or (tool != "node" and "." not in number[1]):
        return Stated("", f"{source} names no version to pull")
    return _says(number[1], source)


def _says(version: str, source: str) -> Stated:
    return Stated(version, f"{source} says {version}")


def _pyproject(_tool: str, build: BuildContext) -> Stated | None:
    """https://packaging.python.org/en/latest/specifications/pyproject-toml/#requires-python, and Poetry's."""
    text = build.read_text("pyproject.toml")
    if "python" not in text:
        return None
    try:
        table = toml.parse(text)
    except toml.NotToml:
        return Stated("", "pyproject.toml cannot be read")
    places = (("project", "requires-python"), ("tool", "poetry", "dependencies", "python"))
    for place in places:
        value: object = table
        for key in place:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return _range("python", value.split(","), f"{place[-1]} of pyproject.toml", value)
    return None


def _engines(_tool: str, build: BuildContext) -> Stated | None:
    """https://docs.npmjs.com/cli/configuring-npm/package-json#engines."""
    text = build.read_text("package.json")
    if '"engines"' not in text:
        return None
    import json

    try:
        value = json.loads(text)["engines"]["node"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(value, str) or "||" in value or " - " in value:
        return Stated("", "engines of package.json allows versions far apart")
    return _range("node", re.sub(r"([<>=~^])[ \t]+", r"\1", value).split(), "engines of package.json", value)


def _range(tool: str, bounds: list[str], where: str, whole: str) -> Stated:
    """The version that a range means: its only one, or the oldest where that is still maintained."""
    exact: str | None = None
    low: tuple[int, ...] | None = None
    high: tuple[int, ...] | None = None
    for bound in bounds:
        match = _BOUND.match(bound)
        if match is None:
            return Stated("", f"{where} is not understood")
        operator, written = match.groups()
        version = tuple(int(part) for part in written.split(".") if part.isdigit())
        if operator in ("==", "===", None):
            exact = ".".join(map(str, version))
        elif operator in (">=", "^", "~=", "~"):
            low = version
            pinned = operator == "~" or (operator == "^" and tool == "node")
            if pinned or (operator == "~=" and len(version) > 2):
                exact = ".".join(map(str, version[: _depth(tool, operator)]))
        elif operator == "<":
            high = version
        elif operator == "!=":
            continue
        else:
            return Stated("", f"{where} gives no version to start from")
    size = 1 if tool == "node" else 2
    if exact is not None:
        enough = exact.count(".") + 1 >= size
        return _says(exact, where) if enough else Stated("", f"{where} names no version to pull")
    if low is None or len(low) < size:
        return Stated("", f"{where} gives no version to start from")
    oldest = ".".join(map(str, low[:size]))
    if high is not None and high[:size] == (*low[: size - 1], low[size - 1] + 1):
        return _says(oldest, where)
    if low[:size] < _OLDEST[tool]:
        return Stated("", f"{where} ({whole}) allows versions that are no longer maintained")
    return Stated(oldest, f"{oldest} is the oldest that {where} ({whole}) allows")


def _depth(tool: str, operator: str) -> int:
    """How many parts of the version an operator leaves fixed."""
    return 1 if tool == "node" and operator == "^" else 2


def _go_mod(_tool: str, build: BuildContext) -> Stated | None:
    match = _GO.search(build.read_text("go.mod"))
    if match is None:
        return None
    if (int(match[1]), int(match[2])) < _STRICT_GO:
        return Stated("", "before 1.21 the go line of go.mod is a lower bound, not a version to use")
    return _says(f"{match[1]}.{match[2]}", "go.mod")


_Source = Callable[[str, BuildContext], "Stated | None"]
_SOURCES: dict[str, tuple[_Source, ...]] = {
    "python": (_version_file(".python-version"), _tool_versions, _pyproject),
    "node": (_version_file(".nvmrc"), _version_file(".node-version"), _tool_versions, _engines),
    "golang": (_version_file(".go-version"), _tool_versions, _go_mod),
    "ruby": (_version_file(".ruby-version"), _tool_versions),
}

TOOLS = frozenset(_SOURCES)
