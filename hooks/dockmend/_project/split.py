"""One stage made two: a builder that installs, and the stage itself without what that took."""

from __future__ import annotations

import re

from dockmend._dockerfile.document import Document, Flag, Instruction, Meaning, Stage
from dockmend._dockerfile.mount import mounts
from dockmend._dockerfile.span import Span
from dockmend._project.build_packages import package
from dockmend._project.python_build import WHEELS, Plan
from dockmend._regex import regex
from dockmend._shell import python_caches
from dockmend._shell.code import Code, code_of
from dockmend._shell.installed import package_name, packages, pip_install
from dockmend._shell.packages import APK, APT
from dockmend._shell.trim import Change, apply, chain, without, without_words
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._shell.commands import Command

BUILDER = "builder"

_COPIED = frozenset({"ADD", "ARG", "COPY", "ENV", "RUN", "WORKDIR"})
_PASSED_OVER = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL"})
# Commands that do the same in both stages, quickly.
_SMALL = frozenset(
    """
    : [ addgroup adduser chgrp chmod chown cp echo export groupadd install ldconfig ln locale-gen mkdir mv
    poetry printf sed set test touch true uname update-ca-certificates useradd usermod uv virtualenv
    """.split()  # noqa: SIM905
)
_CACHES = regex(r"/var/(?:lib/apt/lists|cache/(?:apt|apk))")


class Stuck(Exception):
    """The stage cannot be made two; the message says why in a clause."""


class Parts(NamedTuple):
    """The edits of the document, and what each touched instruction becomes, by its index."""

    edits: tuple[tuple[Span, str], ...]
    becomes: Mapping[int, tuple[Meaning, ...]]


class _Run(NamedTuple):
    """A RUN of the builder: its commands, and those that go, and words that change, in what ships."""

    instruction: Instruction
    code: Code
    commands: tuple[Command, ...]
    gone: dict[int, str]
    words: list[Change]

    @property
    def changes(self) -> list[Change] | None:
        """What changes in the stage that ships; None where nothing of the RUN is left there."""
        trimmed = without(self.commands, self.gone)
        return None if trimmed is None else sorted(trimmed + self.words)


class Split:
    """The stage `stage`, the only one of `doc`, with the installation of `way` done in a builder.

    `system` is the family of the image. The constructor and `parts` raise Stuck.
    """

    def __init__(self, doc: Document, stage: Stage, way: Plan, system: str) -> None:
        self.doc = doc
        self.stage = stage
        self.way = way
        self.system = system
        self.base = stage.instruction
        self.upper = doc.text[self.base.keyword.start : self.base.keyword.end].isupper()
        self.comments = {doc.line_start(comment.span.start) for comment in doc.comments}
        self.comments -= {doc.line_start(directive.span.start) for directive in doc.directives}
        self.prefix = [one for one in stage.instructions if one.index <= way.last.index]
        self._check()
        self.runs = {one.index: self._run(one) for one in self.prefix if one.name == "RUN"}

    def parts(self) -> Parts:
        """The edits and what they mean."""
        becomes: dict[int, tuple[Meaning, ...]] = {}
        copied, meanings = self._builder()
        becomes[self.base.index] = (*meanings, self.base.meaning)
        edits = [(Span(self.base.span.start, self.base.span.start), copied)]
        for run in self.runs.values():
            last = run.instruction is self.way.last
            if not (run.gone or run.words or last):
                continue
            changes = run.changes
            kept: tuple[Meaning, ...] = ()
            if changes is not None:
                edits += self._edits(run, changes)
                useless = self._useless(run) if last else None
                flags = tuple(flag.text for flag in run.instruction.flags if flag is not useless)
                edits += self._without_flag(run, useless) if useless else []
                value = apply(run.code.text, changes)
                kept = (run.instruction.meaning._replace(flags=flags, value=value),)
            if last:
                edits.append(self._copy(run, instead=changes is None))
                kept = (self._copy_meaning(), *kept)
            elif changes is None:
                edits.append((self._all_of(run.instruction), ""))
            becomes[run.instruction.index] = kept
        return Parts(tuple(edits), becomes)

    def _check(self) -> None:
        if self.base.comments or self.base.blanks:
            raise Stuck("its FROM runs over lines with comments")
        if "ignore" in self.doc.text[self._above(self.base) : self.base.span.start]:
            raise Stuck("a comment above its FROM tells a linter to look away")
        if BUILDER in self.base.args.text.lower() or any(
            BUILDER in flag.text for one in self.stage.instructions for flag in one.flags
        ):
            raise Stuck(f"the name {BUILDER} is taken")
        for one in self.prefix:
            if one.name not in _COPIED | _PASSED_OVER:
                raise Stuck(f"the {one.name} of line {one.line} comes before the installation")

    def _run(self, instruction: Instruction) -> _Run:
        code = code_of(self.doc, instruction)
        commands = chain(code)
        if commands is None:
            raise Stuck(f"the script of line {instruction.line} is more than commands joined by `&&`")
        gone = {place: text for (index, place), text in self.way.final.items() if index == instruction.index}
        run = _Run(instruction, code, commands, gone, [])
        installs = False
        refreshes: list[int] = []
        for place, command in enumerate(commands):
            installs |= _upgrades(command)
            if packages(command):
                installs |= self._packages(run, place, command)
            elif _is_upkeep(command):
                refreshes.append(place)
            elif pip_install(command) is None and not _is_small(command) and place not in gone:
                raise Stuck(f"line {instruction.line} does more than install")
        if (
            not installs
            and any(packages(command) for command in commands)
            and not self._needed_later(instruction)
        ):
            gone.update(dict.fromkeys(refreshes, ""))
        return run

    def _packages(self, run: _Run, place: int, command: Command) -> bool:
        """Take out what only builds; whether the command stays."""
        found = packages(command)
        names = {package_name(word) for word in found}
        words: dict[int, str] = {}
        put: set[str] = set()
        for word in found:
            name = package_name(word)
            what = package(name, self.system)
            if not name or what.leaves is None:
                raise Stuck(f"which library {name or word.source} leaves behind is not known here")
            if what.builds:
                new = what.leaves if what.leaves not in names | put else ""
                put.add(new)
                words[command.words.index(word)] = new
        if len(words) == len(found) and not any(words.values()):
            run.gone[place] = ""
            return False
        run.words.extend(without_words(command, words))
        return True

    def _needed_later(self, instruction: Instruction) -> bool:
        """Whether a later RUN installs from the lists that this one fetches."""
        for one in self.stage.instructions:
            if one.name == "RUN" and one.index > instruction.index:
                commands = code_of(self.doc, one).program.commands
                if any(
                    command.name in APT.programs and APT.subcommand(command) == "update"
                    for command in commands
                ):
                    return False
                if any(command.name in APT.programs and packages(command) for command in commands):
                    return True
        return False

    def _builder(self) -> tuple[str, list[Meaning]]:
        """The builder's text, an empty line behind it, and what its instructions mean."""
        doc, base = self.doc, self.base
        word = base.words[0]
        head = doc.text[base.head.start : word.span(0, len(word.text)).end]
        keyword = "AS" if self.upper else "as"
        parts = [f"{head} {keyword} {BUILDER}{doc.newline}"]
        meanings = [base.meaning._replace(value=f"{word.text} {keyword} {BUILDER}")]
        for one in self.prefix:
            changes = self._installs(one) if one.name in _COPIED else None
            if changes is not None:
                parts.append(self._text(one, changes))
                meanings.append(self._meaning(one, changes))
        return "".join([*parts, doc.newline]), meanings

    def _useless(self, run: _Run) -> Flag | None:
        """The mount for downloads from the index, where nothing comes from there any more."""
        others = (one for place, one in enumerate(run.commands) if place not in run.gone)
        if any(python_caches.call(one) for one in others):
            return None
        held = (flag for flag in run.instruction.flags if flag.name == "mount")
        for flag, mount in zip(held, mounts(run.instruction, None)):
            if mount.kind == "cache" and (mount.target or "").endswith(("/pip", "/uv", "/pypoetry")):
                return flag
        return None

    def _without_flag(self, run: _Run, flag: Flag) -> list[tuple[Span, str]]:
        flags = run.instruction.flags
        place = flags.index(flag)
        start = flags[place - 1].span.end if place else run.instruction.keyword.end
        return [(self._free(run, Span(start, flag.span.end)), "")]

    def _installs(self, instruction: Instruction) -> list[Change] | None:
        """What changes in the builder's copy of a RUN; None where nothing of it is left there.

        It does not ship: no cache is emptied in it, and behind what is installed it makes nothing more.
        """
        run = self.runs.get(instruction.index)
        if run is None:
            return []
        mine = {
            place: text for (index, place), text in self.way.builder.items() if index == instruction.index
        }
        gone = {place: "" for place, one in enumerate(run.commands) if _empties(one)}
        ends = [place for index, place in self.way.final if index == instruction.index]
        if (mine and self.way.folder == WHEELS) or (ends and instruction is self.way.last):
            gone.update(dict.fromkeys(range(max(ends) + 1, len(run.commands)), ""))
        return without(run.commands, {**gone, **mine})

    def _meaning(self, instruction: Instruction, changes: list[Change]) -> Meaning:
        meaning = instruction.meaning
        return meaning._replace(value=apply(instruction.args.text, changes)) if changes else meaning

    def _text(self, instruction: Instruction, changes: list[Change]) -> str:
        """The builder's copy of an instruction: with its comments only where they leave what ships."""
        doc, span = self.doc, instruction.span
        run = self.runs.get(instruction.index)
        moves = run is not None and run.changes is None
        start = self._above(instruction) if moves and instruction is not self.way.last else span.start
        edits = [
            (run.code.span(change.start, change.end), change.text) for change in changes if run is not None
        ]
        if not moves:
            for comment in instruction.comments:
                line = doc.line_start(comment.span.start)
                whole = Span(line, _next_line(doc, comment.span.end))
                if not any(one.start < whole.end and whole.start < one.end for one, _ in edits):
                    edits.append((whole, ""))
        parts = []
        done = start
        for (low, high), new in sorted(edits):
            parts += [doc.text[done:low], new]
            done = high
        text = "".join([*parts, doc.text[done : span.end]])
        return text if text.endswith("\n") else text + doc.newline

    def _edits(self, run: _Run, changes: list[Change]) -> Iterator[tuple[Span, str]]:
        for change in changes:
            yield self._free(run, run.code.span(change.start, change.end)), change.text

    def _free(self, run: _Run, span: Span) -> Span:
        """`span`, which goes; raises Stuck where a comment is in it."""
        if any(span.start < one.span.end and one.span.start < span.end for one in run.instruction.comments):
            raise Stuck(f"a comment stands among what goes in line {run.instruction.line}")
        return span

    def _copy(self, run: _Run, *, instead: bool) -> tuple[Span, str]:
        """The COPY from the builder: in the place of the RUN, or before it and the comment above it."""
        meaning = self._copy_meaning()
        name = meaning.name if self.upper else meaning.name.lower()
        text = f"{name} {meaning.flags[0]} {meaning.value}"
        if instead:
            return run.instruction.head, text
        place = self._above(run.instruction)
        return Span(place, place), text + self.doc.newline

    def _copy_meaning(self) -> Meaning:
        folder = self.way.folder
        return Meaning("COPY", (f"--from={BUILDER}",), f"{folder} {folder}")

    def _all_of(self, instruction: Instruction) -> Span:
        """The instruction with the comments above it, and one of the empty lines that it stands between."""
        doc, start, end = self.doc, self._above(instruction), instruction.span.end
        after = _next_line(doc, end)
        if not doc.text[doc.line_start(start - 1) : start].strip() and not doc.text[end:after].strip():
            end = after
        return Span(start, end)

    def _above(self, instruction: Instruction) -> int:
        """Where the comment lines right above the instruction start; its own start where there are none."""
        doc = self.doc
        before = doc.instructions[instruction.index - 1].span.end if instruction.index else 0
        start = instruction.span.start
        while start > before and (line := doc.line_start(start - 1)) in self.comments and line >= before:
            start = line
        return start


def _next_line(doc: Document, offset: int) -> int:
    end = doc.text.find("\n", offset)
    return len(doc.text) if end < 0 else end + 1


def _is_upkeep(command: Command) -> bool:
    """Whether the command fetches or removes the lists and caches of a package manager."""
    if command.name in APT.programs:
        return APT.subcommand(command) in ("update", "clean", "autoclean")
    if command.name in APK.programs:
        return APK.subcommand(command) == "update"
    return _empties(command)


def _empties(command: Command) -> bool:
    """Whether the command removes the lists and caches of a package manager, and nothing else."""
    targets = [word.source for word in command.words[1:] if word.source[:1] != "-"]
    return command.name == "rm" and all(_CACHES.match(target) for target in targets)


def _is_small(command: Command) -> bool:
    texts = [word.text or "" for word in command.words]
    if re.match(r"python[0-9.]*\Z", command.name or ""):
        return texts[1] == "-m" and texts[2:3] in (["venv"], ["pip"], ["ensurepip"])
    return command.name in _SMALL or _upgrades(command)


def _upgrades(command: Command) -> bool:
    """Whether the command brings what is installed up to date."""
    subcommand = APT.subcommand(command) if command.name in APT.programs else APK.subcommand(command)
    return command.name in APT.programs | APK.programs and (subcommand or "").endswith("upgrade")
