"""What an installer reads beside its manifest, and whether the manifest alone will do."""

from __future__ import annotations

import posixpath
import re

from dockmend._project.context import FILE, MISSING
from dockmend._project.installs import PIP, Install
from dockmend._project.toml import NotToml
from dockmend._project.toml import parse as parse_toml
from dockmend._regex import regex
from dockmend._shell import pip_words
from dockmend._typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST_FILES = 50
_LIFECYCLE = frozenset(
    """
    preinstall install postinstall prepublish preprepare prepare postprepare dependencies
    """.split()  # noqa: SIM905
)
_LOCAL_NODE = regex(r"(?:file|link|portal|workspace|patch|exec):|\.{0,2}/|~/")
_LOCAL_GO = regex(r"=>[ \t]*(?:\.{1,2}/|/)")
_READS = regex(
    r"\b(?:gemspec|eval_gemfile|require_relative|instance_eval|File|Dir|IO|Pathname|load|plugin)\b|__dir__|\bpath\b"
)
_FIXED_BY = {
    "uv": ("UV_FROZEN", "UV_LOCKED"), "bundle": ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"),
    "npm": (), "yarn": ("YARN_ENABLE_IMMUTABLE_INSTALLS",), "pnpm": (), "pipenv": (), "pdm": (),
}  # fmt: skip


class Tree(Protocol):
    """The files that a COPY brings, by their absolute paths in the image."""

    reason: str
    """Why they are not known, in a clause, or empty."""

    def kind(self, path: str) -> str | None:
        """FILE, FOLDER, OTHER or MISSING; None where that cannot be told."""

    def text(self, path: str) -> str:
        """The content of a file, empty where there is none to read."""


class Needs(NamedTuple):
    """What has to be there before the project: `files`, absolute paths; of `locks` whichever exists.

    `refused` says in a clause why that would not do, `doubt` why it might not; empty where not.
    """

    files: tuple[str, ...]
    locks: tuple[str, ...] = ()
    refused: str = ""
    doubt: str = ""


class _Refused(Exception):
    """The manifest needs more than can be copied ahead; the message says what in a clause."""


def needs(install: Install, cwd: str, env: Mapping[str, str | None], tree: Tree) -> Needs:
    """What `install`, run in the folder `cwd` with the variables `env`, needs of `tree`."""
    tool = install.tool
    files = [posixpath.normpath(posixpath.join(cwd, file)) for file in install.files]
    lock = posixpath.join(cwd, tool.lock)
    try:
        if tree.reason:
            _refuse_by_words(install)
            return Needs(tuple(files), (lock,) if tool.lock else (), doubt=tree.reason)
        if tool is PIP:
            return Needs(tuple(_requirement_files(files, tree)))
        _there(files[0], tree)
        doubt = _CHECKS[tool.name](install, cwd, tree)
    except _Refused as refused:
        return Needs(tuple(files), refused=str(refused))
    files += [
        path
        for path in (lock, *(posixpath.join(cwd, extra) for extra in tool.extras))
        if tree.kind(path) == FILE
    ]
    fixed = tool.fixed & install.words or any(name in env for name in _FIXED_BY.get(tool.name, ()))
    if not fixed and lock in files:
        doubt = doubt or f"{tool.name} may rewrite {tool.lock}, which COPY would put back"
    for output in tool.outputs:
        if tree.kind(posixpath.join(cwd, output)) != MISSING:
            doubt = doubt or f"COPY would bring {output} of the build context over what is installed"
    return Needs(tuple(files), doubt=doubt)


def _there(path: str, tree: Tree) -> str:
    kind = tree.kind(path)
    if kind != FILE:
        known = "is not in the build context" if kind == MISSING else "is no file of the build context"
        raise _Refused(f"{posixpath.basename(path)} {known}")
    return tree.text(path)


def _requirement_files(files: list[str], tree: Tree) -> Iterator[str]:
    """The requirement files and those that they name.

    https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    waiting = list(reversed(files))
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if len(seen) > _MOST_FILES:
            raise _Refused("too many requirement files name each other")
        text = _there(path, tree)
        yield path
        if path.endswith(".toml"):
            project = _table(_toml(text), "project")
            if "dynamic" in project:
                raise _Refused("the metadata of pyproject.toml are dynamic")
            _check_names(_strings(project), path)
            continue
        folder = posixpath.dirname(path)
        for line in re.sub(r"\\\r?\n", " ", text).split("\n"):
            plain = re.sub(r"(?:\A|[ \t])#.*", "", line.strip(" \t\r\f\v\ufeff"))
            named = _named(plain) if plain else ()
            waiting += [posixpath.normpath(posixpath.join(folder, file)) for file in named]


def _named(line: str) -> tuple[str, ...]:
    """The files that a line of requirements names; raises _Refused where it names a local project."""
    line = re.split(r"[ \t]+--(?:hash|config-settings?|global-option)\b", line, maxsplit=1)[0].strip(" \t")
    if line.startswith("-"):
        words = re.split(r"[ \t]+", line)
        if words[0] in ("-f", "--find-links") or words[0].startswith("--find-links="):
            if "://" in line:
                return ()
        elif words[0] in ("--no-index", "--pre"):
            return ()
        else:
            found = pip_words.read(words)
            if found is not None and not found.names:
                return found.files
        raise _Refused(f"a requirement is `{words[0]}`, which may name a local project")
    name, at, url = line.partition("@")
    url = re.split(r"[ \t]", url.strip(" \t"), maxsplit=1)[0]
    plain = line.partition(";")[0].strip(" \t")
    if (
        at and pip_words.NAME.fullmatch(name.strip(" \t")) and pip_words.URL.fullmatch(url)
    ) or pip_words.URL.match(plain):
        return ()
    if pip_words.NAME.fullmatch(plain) and not plain.endswith((".whl", ".zip", ".tar.gz")):
        return ()
    raise _Refused(f"a requirement is no plain name: {line[:40]}")


def _refuse_by_words(install: Install) -> None:
    """Raise _Refused for what only a manifest could take back."""
    name, words = install.tool.name, install.words
    own = {"uv": "--no-install-project", "poetry": "--no-root", "pdm": "--no-self"}.get(name)
    if own is not None and own not in words:
        raise _Refused(f"{name} installs the project itself without {own}")
    if name == "composer" and not {"--no-scripts", "--no-autoloader"} <= words:
        raise _Refused("composer runs scripts and reads the classes without --no-scripts --no-autoloader")
    if name == "cargo":
        raise _Refused("cargo looks for the sources of each target")


def _python_project(install: Install, cwd: str, tree: Tree) -> str:
    data = _toml(tree.text(posixpath.join(cwd, install.files[0])))
    tool = _table(data, "tool")
    own = _table(tool, install.tool.name)
    virtual = {
        "uv": own.get("package") is False or ("build-system" not in data and own.get("package") is not True),
        "poetry": own.get("package-mode") is False,
        "pdm": own.get("distribution") is False or "build-system" not in data,
    }
    if not virtual[install.tool.name]:
        _refuse_by_words(install)
    used = [data.get("project"), data.get("dependency-groups")]
    used += [own.get(key) for key in ("sources", "workspace", "dev-dependencies", "dependencies", "group")]
    for table in used:
        _check_tables(table)
        _check_names(_strings(table), "pyproject.toml")
    if "workspace" in own:
        raise _Refused("pyproject.toml names a workspace")
    dynamic = "dynamic" in _table(data, "project")
    return (
        "uv may have to build the project for its metadata" if install.tool.name == "uv" and dynamic else ""
    )


def _pipfile(install: Install, cwd: str, tree: Tree) -> str:
    data = _toml(tree.text(posixpath.join(cwd, install.files[0])))
    for name, table in data.items():
        if name not in ("source", "requires", "scripts", "pipenv"):
            _check_tables(table)
    return ""


def _package_json(install: Install, cwd: str, tree: Tree) -> str:
    data = _json(tree.text(posixpath.join(cwd, install.files[0])), "package.json")
    name = install.tool.name
    if "--ignore-scripts" not in install.words:
        scripts = _LIFECYCLE & _table(data, "scripts").keys()
        if scripts:
            raise _Refused(f"package.json has a script that runs on installation: {min(scripts)}")
        if tree.kind(posixpath.join(cwd, "binding.gyp")) != MISSING:
            raise _Refused("npm builds what binding.gyp says on installation")
    if "workspaces" in data:
        raise _Refused("package.json names workspaces")
    if _table(data, "pnpm").get("patchedDependencies"):
        raise _Refused("package.json names patches")
    for key, table in data.items():
        named = key.lower().endswith("dependencies") or key in ("overrides", "resolutions")
        if named and any(_LOCAL_NODE.match(value) for value in _strings(table)):
            raise _Refused(f"package.json names a local path in {key}")
    more = {"pnpm": ("pnpm-workspace.yaml", ".pnpmfile.cjs"), "yarn": (".yarnrc.yml", ".yarn")}.get(name, ())
    for other in more:
        if tree.kind(posixpath.join(cwd, other)) != MISSING:
            raise _Refused(f"{name} also reads {other}")
    return ""


def _go_mod(install: Install, cwd: str, tree: Tree) -> str:
    if _LOCAL_GO.search(tree.text(posixpath.join(cwd, install.files[0]))):
        raise _Refused("go.mod replaces a module by a local folder")
    if tree.kind(posixpath.join(cwd, "go.work")) != MISSING:
        raise _Refused("go.work names other modules")
    return ""


def _gemfile(install: Install, cwd: str, tree: Tree) -> str:
    text = re.sub(r"(?m)^[ \t]*#.*", "", tree.text(posixpath.join(cwd, install.files[0])))
    found = _READS.search(text)
    if found:
        raise _Refused(f"the Gemfile may read other files: {found[0]}")
    return ""


def _composer_json(install: Install, cwd: str, tree: Tree) -> str:
    data = _json(tree.text(posixpath.join(cwd, install.files[0])), "composer.json")
    if not {"--no-scripts", "--no-autoloader"} <= install.words:
        _refuse_by_words(install)
    if any(table.get("type") in ("path", "artifact") for table in _tables(data.get("repositories"))):
        raise _Refused("composer.json names a local repository")
    allowed = _table(data, "config").get("allow-plugins")
    return (
        ""
        if "--no-plugins" in install.words or not allowed
        else "a plugin of composer may read or write more"
    )


def _cargo_toml(install: Install, cwd: str, tree: Tree) -> str:
    """Cargo looks for each target that names no path.

    https://doc.rust-lang.org/cargo/reference/cargo-targets.html
    """
    data = _toml(tree.text(posixpath.join(cwd, install.files[0])))
    bins = data.get("bin")
    targets = [data.get("lib"), *(bins if isinstance(bins, list) else ())]
    named = [one for one in targets if isinstance(one, dict)]
    if not named or not all("path" in one for one in named):
        _refuse_by_words(install)
    if "workspace" in data:
        raise _Refused("Cargo.toml names a workspace")
    for name, table in data.items():
        if name.endswith("dependencies") or name in ("target", "patch", "replace"):
            _check_tables(table)
    return ""


_CHECKS: dict[str, Callable[[Install, str, Tree], str]] = {
    "uv": _python_project, "poetry": _python_project, "pdm": _python_project, "pipenv": _pipfile,
    "npm": _package_json, "yarn": _package_json, "pnpm": _package_json, "go": _go_mod, "cargo": _cargo_toml,
    "bundle": _gemfile, "composer": _composer_json,
}  # fmt: skip


def _check_tables(value: object) -> None:
    """Raise _Refused where a dependency is a path, a workspace member or editable."""
    for table in _tables(value):
        if table.keys() & {"path", "workspace", "editable", "file"}:
            raise _Refused("a dependency is a local path")


def _check_names(texts: Iterator[str], where: str) -> None:
    if any(re.search(r"\bfile:|@[ \t]*\.{0,2}/", text) for text in texts):
        raise _Refused(f"{posixpath.basename(where)} names a local path")


def _toml(text: str) -> dict[str, object]:
    try:
        return parse_toml(text)
    except NotToml:
        raise _Refused("its manifest is not TOML") from None


def _json(text: str, name: str) -> dict[str, object]:
    import json

    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise _Refused(f"{name} is not JSON")
    return data


def _table(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _walk(value: object) -> Iterator[object]:
    stack = [value]
    while stack:
        one = stack.pop()
        yield one
        if isinstance(one, dict):
            stack += one.values()
        elif isinstance(one, list):
            stack += one


def _strings(value: object) -> Iterator[str]:
    return (one for one in _walk(value) if isinstance(one, str))


def _tables(value: object) -> Iterator[dict[str, object]]:
    return (one for one in _walk(value) if isinstance(one, dict))
