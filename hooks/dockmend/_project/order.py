"""Where the project is copied ahead of the installation of its dependencies, and how it may be copied behind.

What a COPY brings makes BuildKit run all that follows anew when any file of it has changed.
https://docs.docker.com/build/cache/optimize/#order-your-layers
"""

from __future__ import annotations

import posixpath

from dockmend._dockerfile.document import Document, Instruction, Stage, derived
from dockmend._dockerfile.state import expand, is_windows, state_at
from dockmend._project.context import FOLDER, MISSING, BuildContext
from dockmend._project.pattern import has_wildcard
from dockmend._project.sources import copy_sources, destination, is_remote
from dockmend._regex import regex
from dockmend._shell.code import code_of
from dockmend._shell.groups import has_comment_for_a_tool
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import TypeAlias

    from dockmend._project.installs import Install
    from dockmend._shell.code import Code

    _Done: TypeAlias = tuple[Code, tuple[Install, ...]]

_FLAGS = frozenset({"chown", "chmod", "link"})
_INSTALLERS = ("pip", "uv", "poetry", "pdm", "npm", "yarn", "go", "cargo", "bundle", "composer")
_PLAIN = regex(r"[A-Za-z0-9_.@+/-]+")
_TARGET = regex(r"[^\"'\\ \t<]+")
_PASSED = frozenset(
    """
    LABEL EXPOSE CMD ENTRYPOINT HEALTHCHECK STOPSIGNAL MAINTAINER USER SHELL ONBUILD
    """.split()  # noqa: SIM905
)


class Copied(NamedTuple):
    """A COPY or ADD: each source that is a folder or a file, as its paths in the context and in the image.

    One of which that cannot be told, and whose name tells of no file, is both.
    """

    instruction: Instruction
    target: str
    folders: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]

    def without(self, files: Collection[str]) -> Copied:
        """The same where none of the sources in `files` is a folder."""
        return self._replace(folders=tuple(one for one in self.folders if one[0] not in files))


class Plan(NamedTuple):
    """The instructions `moved` go behind `last`, an installation, the first of them `whole`.

    `ahead` are, for each of them, the arguments of the COPY instructions that take its place. `reason` says
    in a clause why the outcome may differ, or, where not `possible`, why there is no way.
    """

    whole: Instruction
    moved: tuple[Instruction, ...]
    last: Instruction
    ahead: tuple[tuple[str, ...], ...]
    reason: str
    possible: bool

    @property
    def safe(self) -> bool:
        """Whether the build context proves that the outcome is the same."""
        return self.possible and not self.reason


@derived
def plans(doc: Document, build: BuildContext, dockerfile: str | None) -> tuple[Plan, ...]:
    """What can be said of each stage of `doc`; `dockerfile` is its absolute path, None for none."""
    return tuple(
        plan
        for stage in doc.stages
        if _installs_behind_copy(stage) and not is_windows(doc, stage)
        for plan in _Scan(doc, stage, build, dockerfile).plans()
    )


@derived
def held(doc: Document, build: BuildContext, dockerfile: str | None) -> frozenset[int]:
    """The indexes of the RUN instructions behind which a COPY safely goes: nothing may join them there."""
    return frozenset(plan.last.index for plan in plans(doc, build, dockerfile) if plan.safe)


class _Tree:
    """What the copies so far bring from the build context."""

    def __init__(self, build: BuildContext, dockerfile: str | None, copies: list[Copied]) -> None:
        ignore = build.ignore(dockerfile)
        self.build = build
        self.ignore = ignore.file if ignore is not None else None
        self.copies = copies
        self.reason = build.reason or ("" if self.ignore is not None else "its ignore file cannot be read")

    def place(self, path: str) -> str | None:
        """The path in the context that ends up at `path` in the image, the last copy winning."""
        for copied in reversed(self.copies):
            for source, target in copied.files:
                if path == target:
                    return source
            for source, target in copied.folders:
                if path.startswith(target.rstrip("/") + "/"):
                    return posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
        return None

    def kind(self, path: str) -> str | None:
        place = self.place(path)
        if place is None or (self.ignore is not None and self.ignore.excludes(place)):
            return MISSING
        return self.build.kind(place)

    def text(self, path: str) -> str:
        place = self.place(path)
        return "" if place is None else self.build.read_text(place)


class _Scan:
    """One pass over a stage.

    `copies` are all so far, `moving` those that may still go behind the installations `done`, unless
    `blocked` says why not. `ready` is what has been installed before them: installing it again takes no time.
    """

    def __init__(self, doc: Document, stage: Stage, build: BuildContext, dockerfile: str | None) -> None:
        self.doc = doc
        self.stage = stage
        self.build = build
        self.dockerfile = dockerfile
        self.copies: list[Copied] = []
        self.moving: list[Copied] = []
        self.blocked = ""
        self.done: list[_Done] = []
        self.ready: set[tuple[str, tuple[str, ...]]] = set()

    def plans(self) -> Iterator[Plan]:
        for one in self.stage.instructions:
            if one.name in ("COPY", "ADD"):
                yield from self.copy(one)
            elif one.name == "RUN":
                yield from self.run(one)
            elif one.name not in _PASSED and self.moving:
                reason = self.stands_between(one)
                if reason:
                    yield from self.block(reason)
        yield from self.finish()

    def block(self, reason: str) -> Iterator[Plan]:
        """Something that no copy may go behind: end the plan so far, or there is none."""
        yield from self.finish()
        if self.moving:
            self.blocked = self.blocked or reason

    def stands_between(self, one: Instruction) -> str:
        """Why no copy may move behind `one`, in a clause, or empty."""
        moving = [copied.instruction for copied in self.moving]
        if one.name in ("ENV", "ARG"):
            free = not any("$" in copy.args.text for copy in moving)
        elif one.name == "WORKDIR":
            free = not any(copy.flags or not self.is_absolute(copy) for copy in moving)
        else:
            free = False
        return "" if free else f"{one.name} of line {one.line} stands between"

    def is_absolute(self, copy: Instruction) -> bool:
        return (expand(_last_word(copy), state_at(self.doc, copy).env) or "").startswith("/")

    def copy(self, one: Instruction) -> Iterator[Plan]:
        copied = self.read(one)
        if copied is not None and copied.folders:
            self.moving.append(copied)
        elif self.moving and (
            copied is None or any(_overlap(copied.target, each.target) for each in self.moving)
        ):
            yield from self.block(f"{one.name} of line {one.line} stands between")
        if copied is not None:
            self.copies.append(copied)

    def read(self, one: Instruction) -> Copied | None:
        """What a COPY or ADD brings from the build context; None where that is not known."""
        target = destination(self.doc, one)
        texts = [source.text for source in copy_sources(self.doc, one)]
        if target is None or one.heredocs or None in texts or any(is_remote(text or "") for text in texts):
            return None
        if one.flag("from") is not None:
            return Copied(one, target, (), ())
        folders: list[tuple[str, str]] = []
        files: list[tuple[str, str]] = []
        into = len(texts) > 1 or _last_word(one) == "." or _last_word(one).endswith(("/", "/."))
        for text in texts:
            path = posixpath.normpath("/" + (text or "")).lstrip("/")
            if has_wildcard(path):
                continue
            kind = FOLDER if not path or (text or "").endswith("/") else self.build.kind(path)
            if kind == FOLDER or (kind is None and "." not in posixpath.basename(path)):
                folders.append((path, target))
            if kind != FOLDER:
                files.append((path, posixpath.join(target, posixpath.basename(path)) if into else target))
        return Copied(one, target, tuple(folders), tuple(files))

    def run(self, one: Instruction) -> Iterator[Plan]:
        if not self.moving and not _may_install(one):
            return
        code = code_of(self.doc, one)
        from dockmend._project.installs import installs

        found, reason = installs(
            code, lambda path: not any(_overlap(path, each.target) for each in self.moving)
        )
        if not self.moving:
            self.ready.update((install.tool.name, install.files) for install in found)
            return
        if found and all(self.is_ready(install) for install in found):
            found, reason = (), "the project itself is installed"
        if not reason and not found:
            return
        if not reason and not self.blocked:
            self.done.append((code, found))
            return
        if self.done:
            yield from self.finish()
        elif found:
            self.blocked = self.blocked or reason
            self.done.append((code, found))
            yield from self.finish()
        else:
            self.blocked = self.blocked or f"RUN of line {one.line} may need what is copied"

    def is_ready(self, install: Install) -> bool:
        """Whether an earlier RUN has installed the same; `npm ci` removes that first."""
        begins_anew = install.tool.name == "npm" and not install.words & {"install", "i"}
        return not begins_anew and (install.tool.name, install.files) in self.ready

    def finish(self) -> Iterator[Plan]:
        """The plan for what has been seen; from here on the copies stay where they are."""
        done, moving, blocked = self.done, self.moving, self.blocked
        self.done = []
        if not done or not moving:
            return
        self.moving, self.blocked = [], ""
        plan = self.plan(done, moving, blocked)
        if plan is not None:
            yield plan

    def plan(self, done: list[_Done], moving: list[Copied], blocked: str) -> Plan | None:
        last = done[-1][0].instruction
        copies = [each for each in self.copies if each.instruction.index < last.index]
        tree = _Tree(self.build, self.dockerfile, copies)
        from dockmend._project import manifests

        paths: dict[str, str] = {}
        refused = doubt = ""
        for code, found in done:
            absolute = all(name.startswith("/") for install in found for name in install.files)
            workdir = code.state.workdir or ("/" if absolute else None)
            if workdir is None:
                return None
            for install in found:
                needs = manifests.needs(install, workdir, code.state.env, tree)
                paths.update(dict.fromkeys(needs.files, ""))
                paths.update({path: "*" for path in needs.locks if path not in paths})
                refused, doubt = refused or needs.refused, doubt or needs.doubt
        brought = {source for each in copies for source, target in each.files if target in paths}
        before = [each.without(brought) for each in moving if each.instruction.index < last.index]
        covering = [each for each in before if any(_covers(each, path) for path in paths)]
        if not covering:
            return None
        before = before[before.index(covering[0]) :]
        moved = tuple(each.instruction for each in before)
        reason = blocked or refused or self.unmovable(moved)
        ahead: tuple[tuple[str, ...], ...] = ()
        if not reason and not all(_PLAIN.fullmatch(path) for path in paths):
            reason = "a manifest's name is no plain path"
        if not reason:
            given = _given([each for each in copies if each.instruction not in moved], tree)
            wanted = {path: star for path, star in paths.items() if path not in given}
            ahead = tuple(_ahead(each, before, wanted) for each in before)
            if self.would_join(moved, ahead):
                reason = "RUN instructions would stand side by side"
        return Plan(moved[0], moved, last, ahead, reason or doubt, not reason)

    def unmovable(self, moved: tuple[Instruction, ...]) -> str:
        """Why one of the copies cannot be written anew, in a clause, or empty."""
        for one in moved:
            above = self.doc.instructions[one.index - 1].span.end
            if one.comments or one.blanks or any(flag.name not in _FLAGS for flag in one.flags):
                return f"{one.name} of line {one.line} has more to it than its words"
            if one.json is not None or not _TARGET.fullmatch(_last_word(one)):
                return f"{one.name} of line {one.line} has quotes"
            if has_comment_for_a_tool(self.doc.text[above : one.span.start]):
                return f"a comment for a tool stands above {one.name} of line {one.line}"
        return ""

    def would_join(self, moved: tuple[Instruction, ...], ahead: tuple[tuple[str, ...], ...]) -> bool:
        """Whether two RUN would become neighbours where a copy goes without another in its place."""
        gone = {one.index for one, new in zip(moved, ahead) if not new}
        first = self.stage.instruction.index + 1
        for index in gone:
            names = [
                self.stage.instructions[index + step - first].name
                for step in (-1, 1)
                if index + step >= first
            ]
            if names == ["RUN", "RUN"]:
                return True
        return False


def _installs_behind_copy(stage: Stage) -> bool:
    """Whether a RUN that may install something stands behind a COPY or ADD."""
    names = [one.name for one in stage.instructions]
    copies = [names.index(name) for name in ("COPY", "ADD") if name in names]
    return bool(copies) and any(
        one.name == "RUN" and _may_install(one) for one in stage.instructions[min(copies) :]
    )


def _may_install(one: Instruction) -> bool:
    return any(word in text for text in one.texts for word in _INSTALLERS)


def _last_word(one: Instruction) -> str:
    return one.words[-1].text if one.words else ""


def _overlap(first: str, second: str) -> bool:
    """Whether one of two paths is the other, or lies in it."""
    first, second = first.rstrip("/") + "/", second.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)


def _covers(copied: Copied, path: str) -> bool:
    return any(path.startswith(target.rstrip("/") + "/") for _, target in copied.folders)


def _given(others: list[Copied], tree: _Tree) -> frozenset[str]:
    """The files in the image that other copies bring, the same as those of the copies that move."""
    return frozenset(
        target for each in others for source, target in each.files if source == tree.place(target)
    )


def _ahead(copied: Copied, before: list[Copied], paths: dict[str, str]) -> tuple[str, ...]:
    """The arguments of a COPY for each folder of what `copied`, the last of `before` to do so, brings.

    `paths` are those in the image, and "*" behind the one that may not be there.
    """
    written = _last_word(copied.instruction)
    groups: dict[str, list[str]] = {}
    for path, star in paths.items():
        if copied is not next((each for each in reversed(before) if _covers(each, path)), None):
            continue
        source, target = next(one for one in copied.folders if path.startswith(one[1].rstrip("/") + "/"))
        inner = posixpath.relpath(path, target)
        groups.setdefault(posixpath.dirname(inner), []).append(posixpath.join(source, inner) + star)
    found = []
    for folder, names in groups.items():
        if all(name.endswith("*") for name in names):
            # Nothing may match, and then COPY fails.
            continue
        if folder:
            into = ("" if written == "." else written.rstrip("/") + "/") + folder + "/"
        elif written == "." and len(names) > 1:
            into = "./"
        else:
            into = written if written == "." or written.endswith("/") else written + "/"
        found.append(" ".join([*names, into]))
    return tuple(found)
