"""Whether a line may go into an ignore file: it must take nothing away that a build uses.

It may not where an instruction names what it excludes; where a command, a script or the package's metadata
does and the image does not make it itself; where git tracks what it excludes; where none of this can be told.
"""

from __future__ import annotations

import posixpath
import re

from dockmend._functools import lru_cache
from dockmend._project import kind as kinds
from dockmend._project import needs
from dockmend._project.context import MISSING
from dockmend._project.ignore import IgnoreFile
from dockmend._project.pattern import ANY_PATH, Automaton, BadPattern, Token, glob, has_wildcard, literal
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockmend._project.kind import Line
    from dockmend._project.project import Build, Project
    from dockmend._project.sources import Source

_GO_FILES = 2000
_EXAMPLE = regex(r"(?:example|sample|template|dist)\Z")
_INSTALLERS = {
    "npm": {"ci", "i", "install", "clean-install"},
    "pnpm": {"i", "install"},
    "bun": {"i", "install"},
    "yarn": {"install"},
}


class _Case(NamedTuple):
    """A line to judge: its rule, and what it excludes of the paths there and of those that git tracks.

    `tracked` is None where git does not tell.
    """

    line: Line
    rule: IgnoreFile
    paths: tuple[str, ...]
    tracked: tuple[str, ...] | None


def harmless(project: Project, lines: Iterable[Line], ignore: IgnoreFile) -> list[Line]:
    """Those of `lines` that, put after the lines of `ignore`, take nothing away that is used."""
    known = list(lines)
    together = IgnoreFile.parse("\n".join(line.pattern for line in known))
    paths = list(filter(together.excludes, project.paths if known else ()))
    tracked = project.tracked and list(filter(together.excludes, project.tracked if known else ()))
    found = []
    for line in known:
        rule = _rule(line.pattern)
        listed = None if tracked is None else tuple(filter(rule.excludes, tracked))
        if _is_harmless(project, _Case(line, rule, tuple(filter(rule.excludes, paths)), listed), ignore):
            found.append(line)
    return found


@lru_cache(maxsize=256)
def _rule(pattern: str) -> IgnoreFile:
    """An ignore file with that line alone."""
    return IgnoreFile.parse(pattern)


def _is_harmless(project: Project, case: _Case, ignore: IgnoreFile) -> bool:
    line, rule = case.line, case.rule
    if rule.problems or not all(map(rule.excludes, line.covered)):
        # The name of a file that does not stand for itself in a pattern.
        return False
    if _undoes(ignore, case):
        return False
    if any(_names(project, source, line, rule) for build in project.builds for source in build.sources):
        return False
    if line.group == kinds.EDITORS:
        return True
    if line.group == kinds.CACHES:
        return not _is_source(project, case)
    made = [_made(project, build, line) for build in project.builds]
    if any(_uses(build, line, rule, makes) for build, makes in zip(project.builds, made)):
        return False
    if line.group == kinds.DOCKER:
        return True
    if not all(made) and _mentions(project.words, line, rule):
        return False
    if line.group == kinds.VERSION_CONTROL:
        return line.pattern != ".git" or not _versioned_by_git(project)
    if line.group == kinds.DOCUMENTATION:
        return _only_documentation(project, line)
    if line.group == kinds.SECRETS:
        return _only_secrets(project, case)
    return not _is_source(project, case)


def _undoes(ignore: IgnoreFile, case: _Case) -> bool:
    """Whether the line would exclude again what an exception of the file brings back."""
    for one in ignore.rules:
        if one.negated:
            exception = IgnoreFile.parse(one.pattern)
            plain = one.pattern.replace("**/", "").replace("*", "x")
            if case.rule.excludes(plain) or any(map(exception.excludes, case.line.samples)):
                return True
    return any(ignore.deciding_line(path) and not ignore.excludes(path) for path in case.paths)


def _names(project: Project, source: Source, line: Line, rule: IgnoreFile) -> bool:
    """Whether a source names, or may name, something that the line excludes."""
    text = source.text
    if text is None and source.defaults is not None and line.group != kinds.OUTPUT:
        # The command line may give another value; what is not build output it will not name.
        text = source.defaults
    if text is None:
        return _may_name(source, line, rule)
    path = posixpath.normpath("/" + text).lstrip("/")
    if not has_wildcard(path):
        return bool(path) and rule.excludes(path)
    parts = path.split("/")
    folder = "/".join(parts[: next(at for at, part in enumerate(parts) if has_wildcard(part))])
    if folder and rule.excludes(folder):
        return True
    found = project.context.entries(path)
    if found is None or any(rule.excludes(entry.path) for entry in found):
        return True
    return any(_matches(path, sample) for sample in line.samples)


def _may_name(source: Source, line: Line, rule: IgnoreFile) -> bool:
    tokens: list[Token] = []
    for piece in source.pieces:
        text = "*" if piece is None else re.sub(r"\[[^]]*\]|[?*]", "*", piece)
        for char in text.removeprefix("/") if not tokens else text:
            if char != "*":
                tokens.append(literal(char))
            elif not tokens or tokens[-1] is not ANY_PATH:
                tokens.append(ANY_PATH)
    try:
        loose = Automaton(tokens)
    except BadPattern:
        return True
    start = (source.pieces[0] or "").lstrip("/").rpartition("/")[0]
    end = source.pieces[-1] or ""
    return bool(start and rule.excludes(start)) or any(
        loose.matches_or_parent(path)
        for sample in line.samples
        for inside in (sample, posixpath.join(start, sample))
        if rule.excludes(inside)
        for path in (inside, posixpath.dirname(inside) + end)
    )


def _uses(build: Build, line: Line, rule: IgnoreFile, made: bool | None) -> bool:
    if line.pattern == ".git" and needs.reads_repository(build.scripts):
        return True
    return _mentions(build.words, line, rule) if made is None else not made


def _mentions(words: Iterable[str], line: Line, rule: IgnoreFile) -> bool:
    return any(
        any(_matches(word, sample) for sample in line.samples) if has_wildcard(word) else rule.excludes(word)
        for word in words
    )


def _matches(pattern: str, path: str) -> bool:
    try:
        return glob(pattern).matches(path)
    except BadPattern:
        return True


def _made(project: Project, build: Build, line: Line) -> bool | None:
    """Whether a Dockerfile makes by itself what the line excludes; None where only its words tell."""
    commands = [
        [posixpath.basename(word) if "/" in word else word for word in words]
        for words in needs.commands(build.scripts)
    ]
    if line.group == kinds.ENVIRONMENTS:
        return any(map(_makes_environment, commands)) or None
    if line.pattern == "**/node_modules":
        return any(map(_installs_node, commands)) or (False if _runs_node(build, commands) else None)
    if line.pattern == "vendor":
        installs = any("composer" in words and "install" in words for words in commands)
        return installs or (False if _based_on(build, "PHP") else None)
    if line.group != kinds.OUTPUT:
        return None
    for kind in project.kinds:
        makers = kinds.MAKERS.get(kind.name)
        if makers and any(one.pattern == line.pattern for one in kind.lines):
            tools, verbs = makers
            if any(tools.intersection(words) and verbs.intersection(words) for words in commands):
                return True
    if "Node" in project.rooted and any(line.pattern == pattern for _, pattern, _ in kinds.NODE_OUTPUT):
        return any(map(_builds_node, commands)) or (False if _runs_node(build, commands) else None)
    return None


def _makes_environment(words: list[str]) -> bool:
    return (
        ("-m" in words and "venv" in words)
        or "virtualenv" in words
        or ("uv" in words and not {"venv", "sync", "run"}.isdisjoint(words))
        or (not {"poetry", "pipenv", "pdm"}.isdisjoint(words) and not {"install", "sync"}.isdisjoint(words))
    )


def _installs_node(words: list[str]) -> bool:
    """Whether a command installs what package.json lists, and nothing else."""
    tool = next((word for word in words if word in _INSTALLERS), None)
    if tool is None or "-g" in words or "--global" in words:
        return False
    plain = [word for word in words[words.index(tool) + 1 :] if not word.startswith("-")]
    return (len(plain) == 1 and plain[0] in _INSTALLERS[tool]) or (tool == "yarn" and not plain)


def _builds_node(words: list[str]) -> bool:
    builds = any(
        word.startswith("build") or word in ("tsc", "webpack", "rollup", "generate", "export")
        for word in words
    )
    return builds and not kinds.NODE_TOOLS.isdisjoint(words)


def _runs_node(build: Build, commands: Iterable[list[str]]) -> bool:
    return _based_on(build, "Node") or any(not kinds.NODE_TOOLS.isdisjoint(words) for words in commands)


def _based_on(build: Build, name: str) -> bool:
    kind = next(kind for kind in kinds.KINDS if kind.name == name)
    return kind.starts_from(build.images)


def _versioned_by_git(project: Project) -> bool:
    if any(
        kinds.GIT_TOOLS.search(text) or needs.reads_repository(text) or needs.asks_git_hooks(text)
        for text in project.manifests.values()
    ):
        return True
    # Go puts the commit into a program, which may show it (runtime/debug).
    code = [path for path in project.paths if path.endswith(".go")] if "Go" in project.rooted else []
    return len(code) > _GO_FILES or any(
        b"ReadBuildInfo" in (project.context.read(path) or b"") for path in code
    )


def _only_documentation(project: Project, line: Line) -> bool:
    if not project.kinds or any(kind.name in kinds.COMPILED_DOCS for kind in project.kinds):
        return False
    if line.pattern != "docs":
        return True
    if project.node & kinds.SITE_TOOLS or not project.complete:
        return False
    return all(kinds.DOC_FILES.match(path) for path in project.paths if path.startswith("docs/"))


def _only_secrets(project: Project, case: _Case) -> bool:
    if case.tracked:
        return False
    named = [source.literal for build in project.builds for source in build.sources if source.literal]
    if any(path.startswith(name + "/") for path in case.paths for name in named):
        return False
    if ".env" in case.line.pattern:
        present = [path for path in case.paths if not _EXAMPLE.search(path)]
        return not (present and case.tracked is None and project.node & kinds.READS_ENV)
    if not project.complete or any(map(kinds.KEY_FOLDER.search, named)):
        return False
    # A certificate has the same ending, and is no secret.
    contents = [project.context.read(path) for path in case.paths]
    return all(data is not None and b"PRIVATE KEY-----" in data for data in contents)


def _is_source(project: Project, case: _Case) -> bool:
    """Whether something there that the line excludes is, or may be, part of the project itself."""
    pattern = case.line.pattern
    if case.tracked:
        return True
    if pattern == "**/*.pyc" and case.tracked is None:
        files = set(project.paths)
        return any(path[:-1] not in files for path in case.paths if "__pycache__" not in path)
    if pattern in kinds.SETTINGS_TOO and case.tracked is None:
        return bool(case.paths)
    if case.line.group != kinds.OUTPUT or pattern == "**/*.egg-info":
        return False
    if not project.complete and (pattern.startswith("**/") or project.context.kind(pattern) != MISSING):
        return True
    ignored = {text.strip(" /\r") for text in project.context.read_text(".gitignore").split("\n")}
    if pattern.removeprefix("**/") in ignored:
        return False
    tops = {_outermost(path, case.rule) for path in case.paths}
    return not all(_written_by_a_tool(project, top) for top in tops)


def _written_by_a_tool(project: Project, folder: str) -> bool:
    below = [path[len(folder) + 1 :].split("/")[0] for path in project.paths if path.startswith(folder + "/")]
    return all(kinds.OUTPUT_SIGNS.match(name) for name in below)


def _outermost(path: str, rule: IgnoreFile) -> str:
    """The outermost folder of `path`, or `path` itself, that the rule excludes."""
    parts = path.split("/")
    return next(
        "/".join(parts[:at]) for at in range(1, len(parts) + 1) if rule.excludes("/".join(parts[:at]))
    )
