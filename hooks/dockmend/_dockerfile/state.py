"""What is in force at an instruction: shell, user, working directory, variables, what starts.

https://docs.docker.com/reference/dockerfile/ and BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

import sys
from _collections_abc import Mapping  # collections.abc, without the package around it
from bisect import bisect_left

from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import Document, Instruction, Stage, derived
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEFAULT_SHELL = ("/bin/sh", "-c")

# Thirty lines of ENV A=$A$A make a gigabyte.
MAX_VALUE = 1 << 16
# Linux's PATH_MAX.
MAX_PATH = 4096

_WINDOWS = regex(r"(?:\A|/)(?:windows|(?:windows)?servercore|nanoserver|dotnet/framework|iis)(?:[/:@]|\Z)")
_WINDOWS_TAG = regex(r":[^/]*(?:nanoserver|windowsservercore|windows)")
_SETS = frozenset({"SHELL", "USER", "WORKDIR", "ENV", "ARG", "ENTRYPOINT", "CMD"})
_EXPANDED = frozenset("$\"'\\")
_VARIABLE = regex(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


class State(NamedTuple):
    """What holds just before an instruction, as far as the file tells.

    `user` and `workdir` are None where the base image or a build argument decides; `workdir` is an
    absolute path. `env` maps each variable set in the file to its value, None where it may be
    anything (an ARG, which the command line can set, or a value made of one). `cmd` and
    `entrypoint` are the instructions in force, None where the base image's are.
    `shell` is the shell form's command; `shell_set` whether a SHELL instruction chose it.
    """

    shell: tuple[str, ...]
    shell_set: bool
    user: str | None
    workdir: str | None
    env: Mapping[str, str | None]
    entrypoint: Instruction | None
    cmd: Instruction | None


def state_at(doc: Document, instruction: Instruction) -> State:
    """What is in force at `instruction`, which must be in a stage of `doc`."""
    if instruction.stage is None:
        raise ValueError("an instruction before the first FROM has no state")
    return _state(doc, doc.stages[instruction.stage], instruction.index)


def state_after(doc: Document, stage: Stage) -> State:
    """What is in force at the end of `stage`: what its image's configuration holds."""
    return _state(doc, stage, len(doc.instructions))


def shipping(doc: Document) -> tuple[Stage, ...]:
    """The stage whose image ships and those it is built FROM, in the order of the file.

    It is the last stage, or the last of those that `doc.targets` names.
    """
    chain: list[Stage] = []
    named = (one for one in reversed(doc.stages) if {one.name, str(one.index)} & doc.targets)
    stage = next(named, doc.stages[-1] if doc.stages else None)
    while stage is not None:
        chain.append(stage)
        stage = stage.parent
    return tuple(reversed(chain))


def root_base(stage: Stage) -> str:
    """The image that the chain of stages under `stage` starts from, as written."""
    return stage.root.base


def is_windows(doc: Document, stage: Stage) -> bool:
    """Whether the stage's image is a Windows image, by its name, platform or the file's escape character."""
    if doc.escape == "`":
        return True
    chain: list[Stage] = []
    current: Stage | None = stage
    while current is not None and current.windows is None:
        chain.append(current)
        current = current.parent
    for current in reversed(chain):
        below = current.parent is not None and current.parent.windows is True
        current.windows = below or _looks_windows(current)
    return stage.windows is True


def _looks_windows(stage: Stage) -> bool:
    platform = stage.instruction.flag("platform")
    if platform is not None and (platform.value or "").lower().startswith("windows"):
        return True
    if stage.parent is not None:
        return False
    base = stage.base.lower()
    if not any(part in base for part in ("windows", "server", "framework", "iis")):
        return False
    return bool(_WINDOWS.search(base) or _WINDOWS_TAG.search(base))


def expand(text: str, env: Mapping[str, str | None]) -> str | None:
    """`text` unquoted, its variables replaced, as BuildKit does for ENV, COPY, WORKDIR and others.

    None where a variable is unknown, the values are too long to be meant, or the substitution is not a
    plain $NAME or ${NAME}.
    """
    if _EXPANDED.isdisjoint(text):
        return text
    # BuildKit takes other letters for a part of the name.
    if "\\" in text or ("$" in text and not text.isascii()):
        return None
    names = [match[1] or match[2] for match in _VARIABLE.finditer(text)]
    values = [env.get(name) for name in names]
    if text.count("$") != len(names) or sum(MAX_VALUE if v is None else len(v) for v in values) >= MAX_VALUE:
        return None
    quotes = text.count('"') + text.count("'")
    if not quotes:
        return _VARIABLE.sub(lambda match: env[match[1] or match[2]] or "", text)
    if not names and quotes == 2 and text[0] in "\"'" and text[0] == text[-1]:
        return text[1:-1]
    # To import it takes a fifth of the time that a small file takes.
    from dockerfile_parse.util import WordSplitter

    return str(WordSplitter(text, envs={name: env[name] for name in names}).dequote())


class _History:
    """The values of one thing over a stage, by the index of the instruction that set each."""

    __slots__ = ("_indexes", "_values")

    def __init__(self) -> None:
        self._indexes: list[int] = []
        self._values: list[Any] = []

    def set(self, index: int, value: Any) -> None:
        self._indexes.append(index)
        self._values.append(value)

    def before(self, index: int, default: Any) -> Any:
        place = bisect_left(self._indexes, index)
        return self._values[place - 1] if place else default


class _Timeline:
    """One stage's settings over its instructions, so that any state is found without a new walk.

    `changes` are the indexes of those that set something, `states` what holds behind so many of them.
    """

    def __init__(self, stage: Stage, parent: _Timeline | None, escape: str) -> None:
        self.parent = parent
        self.changes: list[int] = []
        self.states: dict[int, State] = {}
        self.fields = {name: _History() for name in State._fields if name != "env"}
        self.env: dict[str, _History] = {}
        self.arguments: dict[str, _History] = {}
        if parent is not None:
            for name, history in parent.fields.items():
                self.fields[name].set(-1, history.before(sys.maxsize, None))
        else:
            scratch = stage.base.lower() == "scratch"
            user, workdir = ("root", "/") if scratch else (None, None)
            start = State(DEFAULT_SHELL, False, user, workdir, {}, None, None)
            for name, history in self.fields.items():
                history.set(-1, getattr(start, name))
        self.cmd_set = False
        for instruction in stage.instructions:
            if instruction.name in _SETS:
                self.changes.append(instruction.index)
                self._read(instruction, escape)

    def _read(self, instruction: Instruction, escape: str) -> None:
        name, index = instruction.name, instruction.index
        fields = self.fields
        if name == "SHELL" and instruction.json:
            fields["shell"].set(index, instruction.json)
            fields["shell_set"].set(index, True)
        elif name == "USER":
            fields["user"].set(index, expand(instruction.args.text, Env(self, index)))
        elif name == "WORKDIR":
            path = expand(instruction.args.text, Env(self, index))
            fields["workdir"].set(index, _joined(fields["workdir"].before(index, None), path))
        elif name == "ENV":
            env = Env(self, index)
            for key, value in _pairs(instruction, escape):
                self.env.setdefault(key, _History()).set(index, expand(value, env))
        elif name == "ARG":
            for word in lexer.quoted_words(instruction.args.text, escape):
                self.arguments.setdefault(word.partition("=")[0], _History()).set(index, None)
        elif name == "ENTRYPOINT":
            fields["entrypoint"].set(index, instruction)
            if not self.cmd_set:
                # dispatchEntrypoint: an ENTRYPOINT drops the CMD that the base brought.
                fields["cmd"].set(index, None)
        elif name == "CMD":
            fields["cmd"].set(index, instruction)
            self.cmd_set = True


class Env(Mapping[str, "str | None"]):
    """The variables that hold before instruction `end` of a stage: a view, so that no state is a copy.

    An ENV overrides an ARG of its name, and an ARG ends with its stage.
    """

    def __init__(self, timeline: _Timeline, end: int) -> None:
        self._timeline = timeline
        self._end = end

    def __getitem__(self, name: str) -> str | None:
        timeline: _Timeline | None = self._timeline
        missing = _History()
        while timeline is not None:
            value: str | _History | None = timeline.env.get(name, missing).before(self._end, missing)
            if not isinstance(value, _History):
                return value
            timeline = timeline.parent
        if self._timeline.arguments.get(name, missing).before(self._end, missing) is missing:
            raise KeyError(name)
        return None

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(self._timeline.arguments)
        timeline: _Timeline | None = self._timeline
        while timeline is not None:
            names.update(dict.fromkeys(timeline.env))
            timeline = timeline.parent
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _state(doc: Document, stage: Stage, end: int) -> State:
    timeline = _timelines(doc)[stage.index]
    place = bisect_left(timeline.changes, end)
    if place not in timeline.states:
        values = {name: history.before(end, None) for name, history in timeline.fields.items()}
        timeline.states[place] = State(env=Env(timeline, end), **values)
    return timeline.states[place]


@derived
def _timelines(doc: Document) -> tuple[_Timeline, ...]:
    """Of each stage, by its index."""
    found: list[_Timeline] = []
    for stage in doc.stages:
        found.append(_Timeline(stage, found[stage.parent.index] if stage.parent else None, doc.escape))
    return tuple(found)


def _pairs(instruction: Instruction, escape: str) -> list[tuple[str, str]]:
    try:
        return lexer.name_values(instruction.args.text, escape)
    except ValueError:
        return []


def _joined(workdir: str | None, path: str | None) -> str | None:
    import posixpath

    if path is None or len(path) + len(workdir or "") > MAX_PATH:
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if workdir is None else posixpath.normpath(posixpath.join(workdir, path))
