"""What a script leaves behind that the next RUN, a new shell in a new container, would not have had."""

from __future__ import annotations

import posixpath
import re

from dockmend._regex import regex
from dockmend._shell import errexit, tools
from dockmend._shell.reader import read
from dockmend._shell.syntax import (
    LITERAL,
    UNKNOWN,
    VARIABLE,
    Compound,
    Item,
    List,
    Redirect,
    Simple,
    Unclear,
    Word,
)
from dockmend._shell.words import BUILTINS
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a shell sets anew when it starts, or counts: not the same behind another script.
_OF_THE_SHELL = frozenset(
    """
    _ BASHPID BASH_COMMAND BASH_EXECUTION_STRING BASH_REMATCH BASH_SUBSHELL PIPESTATUS SECONDS
    """.split()  # noqa: SIM905
)
_BLANK_OR_GLOB = frozenset(" \t\n*?[")
_STARTS_SOMETHING = regex(r"(?<![&|<>])&(?![&>])|\b(?:start|restart|service|nohup|daemon)\b")
_MOST_DIRECTORIES = 8


class Place(NamedTuple):
    """Where a script runs: USER and WORKDIR in force, None where unknown, and the variables of the file."""

    user: str | None
    workdir: str | None
    env: Mapping[str, str | None]


class Run(NamedTuple):
    """One simple command in the order of the script.

    `finds` is the name that the shell looks up in PATH, empty where it does not; `remembers` whether
    it keeps the place; `brings` what the command may put before, as `tools.brings` says; `builds`
    that it may bring whatever the script named before.
    """

    finds: str
    remembers: bool
    brings: frozenset[str]
    builds: bool


class Effects(NamedTuple):
    """What a script does to others in the same shell and container.

    `leaks`: it changes its shell (directory, variables, options, …) or may end it. `group`: it needs
    braces behind `&&`; `open_end`: so it does before `&&`. `alone`, `first`, `last`: why it cannot be
    joined, can only be the first, or the last, in a clause of which it is the subject; empty where it can.
    """

    leaks: bool
    group: bool
    open_end: bool
    alone: str
    first: str
    last: str
    runs: tuple[Run, ...]


def effects(text: str, place: Place) -> Effects:
    """What the script `text` leaves behind, run at `place`; never raises."""
    try:
        program = read(text)
    except Unclear as unclear:
        return Effects(False, False, False, f"it has a script that cannot be judged: {unclear}", "", "", ())
    walk = _Walk(place)
    walk.list_(program.items, forked=False)
    items = program.items
    ends = items[-1].separator if items else ""
    group = len(items) > 1 or ends == "&" or any("||" in item.operators for item in items)
    alone, last = walk.alone, walk.last
    if not items:
        alone = "it runs nothing"
    if program.comment is not None:
        last = last or "it ends in a shell comment"
        if group:
            alone = alone or "it ends in a shell comment"
    if not last and errexit.matters(items):
        last = "it may count on `set -e`, which the shell ignores before `&&`"
    return Effects(walk.leaks, group, bool(ends), alone, walk.first, last, tuple(walk.runs))


class _Walk:
    """Goes through a script in its order and gathers its effects."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.leaks = False
        self.alone = ""
        self.first = ""
        self.last = ""
        self.runs: list[Run] = []
        self.functions: set[str] = set()
        self.values: dict[str, str] = {}
        # Every directory that a `cd` may have gone to; None for one that is not known.
        self.directories: list[str | None] = [place.workdir]

    def list_(self, items: List, forked: bool) -> None:
        for item in items:
            self.item(item, forked)

    def item(self, item: Item, forked: bool) -> None:
        if item.separator == "&":
            self.last = self.last or "it leaves a background job behind"
        for pipeline in item.pipelines:
            piped = len(pipeline.commands) > 1
            for command in pipeline.commands:
                if isinstance(command, Simple):
                    self.simple(command, forked or piped or item.separator == "&", remembers=not forked)
                else:
                    self.compound(command, forked or piped or item.separator == "&")

    def compound(self, command: Compound, forked: bool) -> None:
        if command.keyword == "function":
            self.functions.add(command.name)
        if command.keyword in ("function", "for") and not forked:
            self.leaks = True
        forked = forked or command.keyword == "("
        for word in command.words:
            self.word(word, forked)
        if command.keyword == "for":
            self.values[command.name] = tools.UNKNOWN
        for items in (*command.tested, *command.lists):
            self.list_(items, forked)
        for redirect in command.redirects:
            self.redirect(redirect, forked)

    def simple(self, command: Simple, forked: bool, remembers: bool) -> None:
        for name, word in command.assignments:
            self.word(word, forked)
            if not command.words:
                self.assigned(name, self.sketch(word), forked)
        for word in command.words:
            self.word(word, forked)
        for redirect in command.redirects:
            self.redirect(redirect, forked)
        words = tuple(self.sketch(word) or tools.UNKNOWN for word in command.words)
        if not words:
            self.leaks = self.leaks or (not forked and bool(command.assignments))
            return
        own = words
        while own[1:] and own[0] in ("command", "builtin", "time") and not own[1].startswith("-"):
            own = own[1:]
        self.follow(own, forked)
        if not forked and self.changes_shell(own, bool(command.assignments)):
            self.leaks = True
        brings = tools.brings(own)
        for finds in own[1:] if own[0] in ("command", "type", "hash") else own[:1]:
            known = "/" not in finds and tools.UNKNOWN not in finds and finds not in BUILTINS
            self.runs.append(Run(finds if known else "", remembers, brings, tools.builds(own)))
        self.outside(words)

    def follow(self, words: tuple[str, ...], forked: bool) -> None:
        """Keep track of directories, values and traps."""
        name, rest = words[0], words[1:]
        if name in ("cd", "pushd", "chdir"):
            self.goes(rest)
        elif name in ("export", "readonly", "declare", "typeset", "local"):
            for word in rest:
                variable, sign, value = word.partition("=")
                if sign:
                    self.assigned(variable, value, forked)
        elif name in ("read", "getopts", "unset"):
            self.values.update(dict.fromkeys(rest, tools.UNKNOWN))
        elif name == "trap" and any(
            word in ("ERR", "DEBUG", "RETURN") or tools.UNKNOWN in word for word in rest[1:]
        ):
            self.last = self.last or "it sets a trap that may not hold before `&&`"

    def changes_shell(self, words: tuple[str, ...], assigns: bool) -> bool:
        """Whether the command changes the shell that runs it, or may end it with success."""
        name, rest = words[0], words[1:]
        if tools.UNKNOWN in name:
            return "/" not in name
        if assigns and (name in tools.SPECIAL or name in self.functions):
            return True
        if name == "exit" and len(rest) == 1 and re.fullmatch(r"[0-9]{1,3}", rest[0]):
            return int(rest[0]) % 256 == 0
        if name == "printf":
            return "-v" in rest[:1]
        return name in tools.LEAKING or name in self.functions

    def goes(self, arguments: tuple[str, ...]) -> None:
        target = next((word for word in arguments if not word.startswith("-")), tools.UNKNOWN)
        if tools.UNKNOWN in target:
            self.directories.append(None)
            return
        if posixpath.normpath(target) == "/etc" or tools.made_for_one_run(target + "/"):
            self.last = self.last or "it works on files that each RUN gets anew"
        for known in tuple(self.directories):
            base = target if target.startswith("/") else known and posixpath.join(known, target)
            moved = posixpath.normpath(base) if base and len(self.directories) < _MOST_DIRECTORIES else None
            if moved not in self.directories:
                self.directories.append(moved)

    def assigned(self, name: str, value: str, forked: bool) -> None:
        """Only what is set once, in the shell itself, has a value that is known."""
        known = name not in self.values and not forked and _BLANK_OR_GLOB.isdisjoint(value)
        self.values[name] = value if known else tools.UNKNOWN

    def outside(self, words: tuple[str, ...]) -> None:
        """What the command does to the container, as far as tables tell."""
        inner, other = tools.unwrapped(words)
        place = self.place
        if tools.sees_processes(inner):
            self.alone = self.alone or f"`{inner[0]}` may see or end the shell itself"
        script = tools.script_of(inner)
        if script is not None:
            self.nested(script)
        if self.last:
            return
        if tools.stays(inner):
            self.last = f"`{_shown(inner[0])}` may leave a process behind"
        elif tools.holds_for_one_run(inner):
            self.last = f"what `{_shown(inner[0])}` changes holds for one RUN"
        elif tools.changes_account(inner, place.user, other):
            self.last = f"`{_shown(inner[0])}` may change the user in force, which each RUN looks up anew"
        elif tools.replaces_shell(inner):
            self.last = "it may replace /bin/sh"
        elif any(self.may_be_workdir(path) for path in tools.removed(inner)):
            self.last = "it may remove or replace the working directory"

    def nested(self, text: str) -> None:
        """The script of `sh -c`: a process of its own, so that only what leaves the process counts."""
        text = text.replace(tools.UNKNOWN, "X")
        try:
            program = read(text)
        except Unclear:
            if _STARTS_SOMETHING.search(text):
                self.last = self.last or "it may leave a process behind"
            return
        walk = _Walk(self.place)
        walk.list_(program.items, forked=True)
        self.alone, self.last = self.alone or walk.alone, self.last or walk.last

    def may_be_workdir(self, path: str) -> bool:
        """Whether `path` may be the working directory in force or one above it."""
        workdir = self.place.workdir
        if workdir is None or workdir == "/":
            return False
        path = path.rstrip("/") or "/"
        last = posixpath.basename(path).rpartition(tools.UNKNOWN)[2]
        same = str.endswith if tools.UNKNOWN in posixpath.basename(path) else str.__eq__
        if last not in ("", ".", "..") and not any(same(part, last) for part in workdir.split("/")):
            return False
        for directory in self.directories:
            if directory is None and not path.startswith("/"):
                return True
            whole = posixpath.join(directory or "/", path)
            known, unknown, _ = whole.partition(tools.UNKNOWN)
            if unknown:
                folder, _, start = known.rpartition("/")
                if f"{workdir}/".startswith(_clean(folder) + start):
                    return True
            elif f"{workdir}/".startswith(_clean(whole)):
                return True
        return False

    def word(self, word: Word, forked: bool) -> None:
        if word.bare and len(word.pieces) == 1 and word.pieces[0].kind == LITERAL:
            return
        for inner in word.inner:
            self.list_(inner, forked=True)
        if word.assigns and not forked:
            self.leaks = True
        for piece in word.pieces:
            if piece.kind != LITERAL and piece.text in _OF_THE_SHELL:
                self.first = f"`${piece.text}` is another behind other commands"

    def redirect(self, redirect: Redirect, forked: bool) -> None:
        self.word(redirect.target, forked)
        path = self.sketch(redirect.target)
        if redirect.operator in ("<", "<&", ">&") or self.last:
            return
        if tools.made_for_one_run(path):
            self.last = f"what it writes to {_shown(path)} holds for one RUN"
        elif tools.base(path) == "sh" or (
            path.startswith(tools.ACCOUNT_FILES)
            and (redirect.operator != ">>" or self.place.user not in ("root", "0"))
        ):
            self.last = f"each RUN reads {_shown(path)} anew"

    def sketch(self, word: Word) -> str:
        """The word's text; what is not known of it is a NUL."""
        value = word.value
        if value is not None:
            return value
        unknown = tools.UNKNOWN
        if (
            len(word.inner) == 1
            and _is_mktemp(word.inner[0])
            and sum(piece.kind != LITERAL for piece in word.pieces) == 1
        ):
            unknown = f"/tmp/tmp.{tools.UNKNOWN}"
        return "".join(
            self.variable(piece.text)
            if piece.kind == VARIABLE
            else unknown
            if piece.kind == UNKNOWN
            else piece.text
            for piece in word.pieces
        )

    def variable(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            value = self.place.env.get(name)
        return tools.UNKNOWN if value is None or not _BLANK_OR_GLOB.isdisjoint(value) else value


def _is_mktemp(items: List) -> bool:
    if len(items) != 1 or len(items[0].pipelines) != 1:
        return False
    command = items[0].pipelines[0].commands[0]
    return isinstance(command, Simple) and [word.value for word in command.words] in (
        ["mktemp"],
        ["mktemp", "-d"],
    )


def _clean(path: str) -> str:
    """An absolute path in its shortest form, with a slash behind."""
    return posixpath.normpath("/" + path.lstrip("/")).rstrip("/") + "/"


def _shown(text: str) -> str:
    return text.replace(tools.UNKNOWN, "…")
