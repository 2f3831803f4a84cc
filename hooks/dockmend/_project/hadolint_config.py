"""hadolint's configuration, where hadolint looks for it and as it reads it.

https://github.com/hadolint/hadolint#configure; what that leaves open is as measured of hadolint 2.15.1.
"""

from __future__ import annotations

import os

from dockmend._project.context import read_head
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from dockmend._compose.yaml import Node

    _Table: TypeAlias = Mapping[str, Node]

LEVELS = ("error", "warning", "info", "style")

# What its levels and thresholds are here.
SEVERITIES = {
    "error": "error", "warning": "warning", "info": "info", "style": "info", "ignore": "info", "none": "info",
}  # fmt: skip

_LARGEST = 1 << 20
_TRUE = frozenset({"1", "y", "on", "true", "yes"})


class HadolintConfig(NamedTuple):
    """What it says of findings, whoever makes them.

    `ignored` are codes, `levels` the LEVELS of codes, and `threshold` is the least that fails: a level, or
    "ignore" and "none", which anything reaches. `trusted` are the registries to take images from, any where
    there are none; `pragmas` says whether `# hadolint ignore=…` counts. `problem` is a line, empty where
    there is none, that says why the file was not read; hadolint goes on without it too.
    """

    ignored: frozenset[str] = frozenset()
    levels: Mapping[str, str] = {}
    threshold: str | None = None
    no_fail: bool = False
    trusted: tuple[str, ...] = ()
    pragmas: bool = True
    problem: str = ""


class _Wrong(Exception):
    """A value that hadolint refuses; the message is a clause."""


def read(folder: str) -> HadolintConfig:
    """The configuration for hadolint in the current folder `folder`, that of the environment included."""
    path = next(filter(os.path.isfile, _places(folder)), None)
    if path is None:
        return _config({})
    from dockmend._compose.yaml import NotYaml

    try:
        return _config(_table(path))
    except NotYaml as error:
        problem = f":{error.line}: warning: is not valid YAML ({error})"
    except _Wrong as error:
        problem = f": warning: {error}"
    problem = f"{os.path.relpath(path)}{problem}; hadolint goes on without it, and so does dockmend"
    return _config({})._replace(problem=problem)


def _places(folder: str) -> Iterator[str]:
    home = os.path.expanduser("~")
    general = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    for place, stems in (
        (folder, [".hadolint"]),
        (general, ["hadolint"]),
        (os.path.join(home, ".hadolint"), ["hadolint", "config"]),
        (home, [".hadolint"]),
    ):
        yield from (os.path.join(place, f"{stem}.{ending}") for stem in stems for ending in ("yaml", "yml"))


def _table(path: str) -> _Table:
    data = read_head(path, _LARGEST + 1)
    if data is None or len(data) > _LARGEST:
        raise _Wrong("cannot be read")
    from dockmend._compose.yaml import documents

    try:
        found = documents(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Wrong("is not UTF-8") from error
    if len(found) > 1:
        raise _Wrong("has more than one document")
    return _fields(found[0], "the file") if found else {}


def _fields(node: Node, name: str) -> _Table:
    """The values of a mapping; nothing where it is null."""
    from dockmend._compose.yaml import MAPPING

    node = node.resolved
    if node.is_null:
        return {}
    fields = {entry.key.text: entry.value.resolved for entry in node.entries}
    if node.kind != MAPPING or len(fields) < len(node.entries):
        raise _Wrong(f"{name} must be a mapping, each key once")
    return {key: value for key, value in fields.items() if not value.is_null}


def _config(table: _Table) -> HadolintConfig:
    """What the file and, where it is silent, the environment say; lists of both count. Raises _Wrong."""
    override = _fields(table["override"], "`override`") if "override" in table else {}
    levels: dict[str, str] = {}
    for level in LEVELS:
        listed = *_strings(override, level), *_variable(f"OVERRIDE_{level.upper()}")
        levels = {**dict.fromkeys(listed, level), **levels}
    threshold: str | None = os.environ.get("HADOLINT_FAILURE_THRESHOLD")
    if "failure-threshold" in table:
        threshold = table["failure-threshold"].text
        if threshold not in SEVERITIES:
            raise _Wrong(f"`failure-threshold` must be one of {', '.join(SEVERITIES)}")
    return HadolintConfig(
        frozenset({*_strings(table, "ignored"), *_variable("IGNORE")}),
        levels,
        threshold if threshold in SEVERITIES else None,
        _boolean(table, "no-fail", "NOFAIL"),
        (*_strings(table, "trustedRegistries", alone=True), *_variable("TRUSTED_REGISTRIES")),
        not _boolean(table, "disable-ignore-pragma", "DISABLE_IGNORE_PRAGMA"),
    )


def _strings(table: _Table, key: str, *, alone: bool = False) -> list[str]:
    """The strings of a list, or the one that stands `alone` in its place."""
    node = table.get(key)
    if node is None:
        return []
    from dockmend._compose.yaml import SEQUENCE

    items = node.items if node.kind == SEQUENCE else (node,) if alone else (None,)
    if any(item is None or item.resolved.tag != "str" for item in items):
        raise _Wrong(f"`{key}` must be a list of strings")
    return [item.resolved.text for item in items if item is not None]


def _variable(name: str) -> list[str]:
    return [item for item in os.environ.get(f"HADOLINT_{name}", "").split(",") if item]


def _boolean(table: _Table, key: str, variable: str) -> bool:
    node = table.get(key)
    if node is None:
        return os.environ.get(f"HADOLINT_{variable}", "").lower() in _TRUE
    if node.tag != "bool":
        raise _Wrong(f"`{key}` must be true or false")
    return node.text.lower() == "true"
