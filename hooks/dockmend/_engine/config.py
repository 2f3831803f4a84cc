"""Settings from `pyproject.toml` (`[tool.dockmend]`) or `.dockmend.toml`, the nearest upward from a file."""

from __future__ import annotations

import os

from dockmend import _registry
from dockmend._engine import files
from dockmend._engine.errors import Failure, nearest
from dockmend._hook import SEVERITIES
from dockmend._project import hadolint_config
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockmend._engine.select import Selection
    from dockmend._project.hadolint_config import HadolintConfig

# In one folder the first of them that speaks of dockmend counts.
NAMES = (".dockmend.toml", "pyproject.toml")


class Config(NamedTuple):
    """What one configuration file says; `path` None where there is none.

    Hooks are given as `_registry.meaning` has them, whatever code the file used, or as ALL. Globs are
    relative to `folder`; `context` is an absolute path. None means not said.
    """

    path: str | None
    folder: str
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    severity: Mapping[str, str] = {}
    context: str | None = None
    fail_on: str | None = None
    output_format: str | None = None
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    options: Mapping[str, Mapping[str, object]] = {}

    def excludes(self, path: str) -> bool:
        """Whether `exclude` names the absolute `path` or a folder above it."""
        return any(self._matches(glob, path) for glob in self.exclude)

    def ignored_for(self, path: str) -> set[str]:
        """The hooks that `per-file-ignores` turns off for the absolute `path`."""
        return {
            name
            for glob, names in self.per_file_ignores.items()
            if self._matches(glob, path)
            for name in names
        }

    def _matches(self, glob: str, path: str) -> bool:
        parts = os.path.relpath(path, self.folder).split(os.sep)
        pattern = glob.strip("/").split("/")
        if len(pattern) == 1 and not glob.startswith("/"):
            pattern = ["**", *pattern]
        return any(_match(parts[:end], pattern) for end in range(1, len(parts) + 1))


class Configs:
    """The configuration in force for each folder, every file read once.

    `only` is the file that holds for all of them (`--config`).
    """

    __slots__ = ("_hadolint", "_known", "_only", "selected")

    def __init__(self, only: str | None = None) -> None:
        self._known: dict[str, Config | Failure] = {}
        self._only = only
        self._hadolint: HadolintConfig | None = None
        # What `select.settings` has found out for names, ignored names and kinds of file.
        self.selected: dict[tuple[frozenset[str], frozenset[str], bool], Selection] = {}

    @property
    def hadolint(self) -> HadolintConfig:
        """The configuration of hadolint for the current folder."""
        if self._hadolint is None:
            self._hadolint = hadolint_config.read(os.getcwd())
        return self._hadolint

    def of(self, folder: str) -> Config:
        """The configuration for the files of the absolute `folder`. Raises Failure for one that is wrong."""
        if self._only is not None:
            folder = os.path.dirname(os.path.abspath(self._only))
        passed = []
        found = self._known.get(folder)
        while found is None:
            passed.append(folder)
            parent = os.path.dirname(folder)
            found = self._in(folder) or (
                Config(None, folder) if parent == folder else self._known.get(parent)
            )
            folder = parent
        self._known.update(dict.fromkeys(passed, found))
        if isinstance(found, Failure):
            raise found
        return found

    def _in(self, folder: str) -> Config | Failure | None:
        try:
            if self._only is not None:
                return load(self._only, required=True) or Config(self._only, folder)
            found = (load(os.path.join(folder, name)) for name in NAMES)
            return next((config for config in found if config is not None), None)
        except Failure as error:
            return error


def load(path: str, *, required: bool = False) -> Config | None:
    """The settings in the file at `path`, or None where it is missing or does not speak of dockmend.

    Raises Failure for a file that cannot be read (or is missing though `required`), is no TOML, or has a
    key or value that dockmend does not know.
    """
    if not required and not os.path.isfile(path):
        return None
    text = files.read(path).text
    whole = os.path.basename(path) != "pyproject.toml"
    if not whole and "dockmend" not in text:
        return None
    table = _toml(path, text)
    if not whole:
        for key in ("tool", "dockmend"):
            inner = table.get(key)
            if inner is None:
                return None
            if not isinstance(inner, dict):
                raise Failure.at(path, f"`{key}` must be a table")
            table = inner
    return _Reader(path, "" if whole else "tool.dockmend.").config(table)


def _toml(path: str, text: str) -> dict[str, object]:
    from dockmend._project import toml

    try:
        text.encode("utf-8")
        return toml.parse(text)
    except UnicodeEncodeError as error:
        raise Failure.at(path, "is not UTF-8, which TOML must be; save it as UTF-8") from error
    except toml.NotToml as error:
        raise Failure.at(path, f"is not valid TOML: {str(error)[:200]}") from error


class _Reader:
    """Turns the TOML table of one file into a Config."""

    def __init__(self, path: str, prefix: str) -> None:
        self.path = path
        self.prefix = prefix
        self.folder = os.path.dirname(os.path.abspath(path))
        self.keys: dict[str, Callable[[str, object], object]] = {
            "select": self.hooks,
            "extend-select": self.hooks,
            "ignore": self.hooks,
            "unsafe-fixes": self.boolean,
            "severity": self.severities,
            "context": self.path_of,
            "fail-on": self.severity,
            "output-format": self.string,
            "exclude": self.strings,
            "per-file-ignores": self.ignores,
        }

    def config(self, table: Mapping[str, object]) -> Config:
        fields: dict[str, object] = {}
        options: dict[str, Mapping[str, object]] = {}
        for key, value in table.items():
            if key in self.keys:
                fields[key.replace("-", "_")] = self.keys[key](key, value)
            elif (hook := _registry.resolve(key)) is not None:
                options[hook] = self.options(hook, key, value)
            else:
                raise self.wrong(key, f"is no setting{nearest(key, (*self.keys, *_registry.HOOKS))}")
        return Config(self.path, self.folder, options=options, **fields)  # type: ignore[arg-type]

    def wrong(self, key: str, message: str) -> Failure:
        return Failure.at(self.path, f"`{self.prefix}{key}` {message}")

    def boolean(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def string(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        return value

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "must be a list of strings")
        return tuple(value)

    def choice(self, key: str, value: object, choices: tuple[object, ...]) -> str:
        if not isinstance(value, str) or value not in choices:
            listed = ", ".join(f'"{item}"' for item in choices)
            raise self.wrong(key, f"must be one of {listed}{nearest(str(value), map(str, choices))}")
        return value

    def severity(self, key: str, value: object) -> str:
        return self.choice(key, value, SEVERITIES)

    def path_of(self, key: str, value: object) -> str:
        return os.path.join(self.folder, self.string(key, value))

    def table(self, key: str, value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        return value

    def hook(self, key: str, code: str) -> str:
        name = _registry.meaning(code)
        if name is None:
            raise self.wrong(key, f'names no hook: "{code}"{nearest(code, _registry.HOOKS)}')
        return name

    def hooks(self, key: str, value: object) -> tuple[str, ...]:
        return tuple(code if code == "ALL" else self.hook(key, code) for code in self.strings(key, value))

    def severities(self, key: str, value: object) -> dict[str, str]:
        return {
            self.hook(key, code): self.severity(f"{key}.{code}", item)
            for code, item in self.table(key, value).items()
        }

    def ignores(self, key: str, value: object) -> dict[str, tuple[str, ...]]:
        return {glob: self.hooks(f"{key}.{glob}", item) for glob, item in self.table(key, value).items()}

    def options(self, hook: str, key: str, value: object) -> dict[str, object]:
        """The settings of one hook, checked against the defaults that it declares."""
        defaults = _registry.load(hook).options
        checked: dict[str, object] = {}
        for name, item in self.table(key, value).items():
            where = f"{key}.{name}"
            if name not in defaults:
                raise self.wrong(where, f"is no setting of {hook}{nearest(name, defaults)}")
            default = defaults[name]
            if isinstance(default, tuple):
                checked[name] = self.choice(where, item, default)
            elif isinstance(default, bool):
                checked[name] = self.boolean(where, item)
            elif isinstance(default, list):
                checked[name] = self.strings(where, item)
            elif isinstance(default, dict):
                table = self.table(where, item)
                checked[name] = {key: self.string(f"{where}.{key}", value) for key, value in table.items()}
            elif isinstance(default, int):
                if not isinstance(item, int) or isinstance(item, bool):
                    raise self.wrong(where, "must be a whole number")
                checked[name] = item
            else:
                checked[name] = self.string(where, item)
        return checked


def _match(parts: list[str], pattern: list[str]) -> bool:
    """Whether the path's parts match the glob's: `**` takes any number of parts, `*` what is within one."""
    from fnmatch import fnmatchcase

    reached = {0}
    for item in pattern:
        if item == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {i + 1 for i in reached if i < len(parts) and fnmatchcase(parts[i], item)}
        if not reached:
            return False
    return len(parts) in reached
