"""Facts on Python's installers: where each keeps its downloads, and what says that it keeps none."""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._shell.command_words import unversioned
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockmend._shell.code import Code
    from dockmend._shell.commands import Command

_ENVIRONMENTS = regex(r"\bvirtualenvs\.(?:create[ \t]+(?:false|0)|in-project[ \t]+(?:true|1)|path[ \t])")
_UV_LINKS = regex(r"(?i)link[-_]mode[= \"']+symlink")
_PDM_LINKS = regex(r"install\.cache|PDM_\w*CACHE(?!_DIR)")
# Options of pip itself, and of `uv`, `poetry`, … before the subcommand, that take the next word.
_VALUED = frozenset(
    """
    --log --proxy --retries --timeout --exists-action --trusted-host --cert --client-cert --cache-dir
    --python --directory --project --config-file --color --allow-insecure-host -C -P -p
    """.split()  # noqa: SIM905
)


class Installer(NamedTuple):
    """One installer: its cache is in `folder` of the user's cache, or where `variable` says.

    `fills` are the subcommands that download, `never` (an option) and `off` (a variable) say that nothing
    is kept; either is empty where there is none.
    """

    name: str
    folder: str
    variable: str
    fills: frozenset[tuple[str, ...]]
    never: str
    off: str


def _subcommands(*texts: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(text.split()) for text in texts)


# https://pip.pypa.io/en/stable/topics/caching/
PIP = Installer(
    "pip", "pip", "PIP_CACHE_DIR", _subcommands("install", "wheel"), "--no-cache-dir", "PIP_NO_CACHE_DIR"
)
# https://docs.astral.sh/uv/concepts/cache/
UV = Installer(
    "uv",
    "uv",
    "UV_CACHE_DIR",
    _subcommands("pip install", "pip sync", "sync", "tool install"),
    "--no-cache",
    "UV_NO_CACHE",
)
# https://python-poetry.org/docs/configuration/#cache-dir: its virtual environments are in there too.
POETRY = Installer(
    "poetry", "pypoetry", "POETRY_CACHE_DIR", _subcommands("install", "sync", "add"), "--no-cache", ""
)
# https://pipenv.pypa.io/en/latest/configuration.html: it hands its own folder to pip.
PIPENV = Installer("pipenv", "pipenv", "PIPENV_CACHE_DIR", _subcommands("install", "sync"), "", "")
# https://pdm-project.org/en/latest/reference/configuration/
PDM = Installer("pdm", "pdm", "PDM_CACHE_DIR", _subcommands("install", "sync", "add"), "", "PDM_NO_CACHE")

INSTALLERS = (PIP, UV, POETRY, PIPENV, PDM)

_BY_NAME = {installer.name: installer for installer in INSTALLERS}


class Call(NamedTuple):
    """A command that fills an installer's cache; `at` is the index of the last word of its subcommand."""

    installer: Installer
    command: Command
    at: int


def call(command: Command) -> Call | None:
    """The call of an installer that the command is, one that keeps its downloads or may; None for others."""
    name, start = command.name or "", 1
    texts = [word.text for word in command.words]
    if texts[1:2] == ["-m"] and len(texts) > 2 and unversioned(name) in ("python", "pypy"):
        name, start = texts[2] or "", 3
    if unversioned(name) == "pip":
        name = "pip"
    installer = _BY_NAME.get(name)
    if installer is None:
        return None
    words: list[str] = []
    at = start
    while at < len(texts):
        text = texts[at]
        if text is None:
            return None
        if text.startswith("-"):
            at += text in _VALUED
        else:
            words.append(text)
            if tuple(words) in installer.fills:
                return None if _keeps_nothing(installer, command) else Call(installer, command, at)
            if len(words) == 2:
                return None
        at += 1
    return None


def _keeps_nothing(installer: Installer, command: Command) -> bool:
    texts = [word.text or "" for word in command.words]
    if installer is PIP:
        # pip takes any beginning of an option that is like no other.
        return any(text.startswith("--no-cache") or text == "--no-index" for text in texts)
    return installer.never in texts or (installer is UV and "-n" in texts)


def folder(installer: Installer, env: Mapping[str, str | None], home: str | None) -> str | None:
    """The installer's cache folder, for the variables in force and the user's home; None where not known.

    HOME is the user's own where ENV does not set it.
    """
    for name, below in ((installer.variable, ""), ("XDG_CACHE_HOME", ""), ("HOME", "/.cache")):
        if name in env:
            base = env[name]
            if base is None or not base.startswith("/"):
                return None
            return base.rstrip("/") + below + ("" if name == installer.variable else f"/{installer.folder}")
    return None if home is None else f"{home.rstrip('/')}/.cache/{installer.folder}"


def told_where(code: Code, calls: Sequence[Call]) -> str:
    """Why the script itself may have its downloads elsewhere, in a clause, or empty."""
    variable = calls[0].installer.variable
    if any((word.text or "").startswith("--cache-dir") for one in calls for word in one.command.words):
        return "it names a cache folder of its own"
    if any(word.text in ("sudo", "env") for one in calls for word in one.command.prefix):
        return "it runs as another user, or in another environment"
    if re.search(rf"\b(?:{variable}|XDG_CACHE_HOME|HOME)=", code.text):
        return "its script sets where the cache is"
    return ""


def settings(text: str) -> frozenset[Installer]:
    """The installers of which a Dockerfile's text has a setting that `keeps_more` asks for."""
    found = ((POETRY, "virtualenvs", _ENVIRONMENTS), (UV, "symlink", _UV_LINKS), (PDM, "cache", _PDM_LINKS))
    low = text.lower()
    return frozenset(installer for installer, hint, pattern in found if hint in low and pattern.search(text))


def keeps_more(installer: Installer, env: Mapping[str, str | None], said: frozenset[Installer]) -> str:
    """Why what the installer has in its cache may be needed later, in a clause, or empty.

    `env` are the variables in force, `said` is what `settings` found.
    """
    if installer is POETRY and installer not in said:
        inside = env.get("POETRY_VIRTUALENVS_IN_PROJECT", "no") or "no"
        made = env.get("POETRY_VIRTUALENVS_CREATE", "yes") or "yes"
        if not (
            inside.lower() in ("true", "1")
            or made.lower() in ("false", "0")
            or "POETRY_VIRTUALENVS_PATH" in env
            or "VIRTUAL_ENV" in env
        ):
            return "poetry may make its virtual environment in its cache folder"
    if installer in (UV, PDM) and installer in said:
        return f"{installer.name} may link to its cache"
    return ""
