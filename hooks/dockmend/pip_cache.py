r"""What pip downloads is kept on the host, not in the image.

## Why

pip keeps each package it downloads or builds for the next time, and in an image there is no next time: the
cache is dead weight in the layer. In a cache mount it stays on the host, out of the image, and the next build
downloads only what has changed.

## Example

```dockerfile
FROM python:3.12-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```

```dockerfile
FROM python:3.12-slim
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
```

## Fix safety

The mount takes the place of the installer's own cache folder and of nothing else: that of the user in force,
where HOME, XDG_CACHE_HOME, PIP_CACHE_DIR and the like put it. For a user other than root it belongs to that
user, and the RUN may do nothing but install, since the folders above the mount belong to root. BuildKit is
needed, which Docker has built with since version 23.

## Left alone

`--no-cache-dir`, `PIP_NO_CACHE_DIR` and mounts that are there. Users whose number or home the file does not
tell, and images whose user is not known. Scripts that empty the cache themselves, or say where it is. poetry
while its virtual environments are in the same folder, uv and pdm where they link to their cache. The exec
form, shells other than sh and bash, Windows images, a `# syntax=` from before cache mounts.

merge-run goes first: it joins only RUN instructions of equal flags, so this hook waits where it would.

## Options

- `style`: `"mount"`, or `"no-cache-dir"` to have the installer keep nothing at all.

## References

- https://docs.docker.com/build/cache/optimize/#use-cache-mounts
- https://pip.pypa.io/en/stable/topics/caching/
- https://github.com/hadolint/hadolint/wiki/DL3042
"""

from __future__ import annotations

import re
from functools import cached_property

from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import is_windows, root_base
from dockmend._hook import INFO, SAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.order import held
from dockmend._project.users import ROOT, User, Users
from dockmend._regex import regex
from dockmend._shell import python_caches
from dockmend._shell.code import Code, code_of
from dockmend._shell.groups import partners
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._shell.commands import Command
    from dockmend._shell.python_caches import Call, Installer

_ANY = ("pip", "uv", "poetry", "pdm")
_SEEMS_PIP = regex(r"\bpip[0-9.]*[\", ]+install\b")
_PATH = regex(r"(?:/[A-Za-z0-9_.@+-]+){2,}")
_ITS_OWN = regex(r"cache|pip|uv|poetry|pdm", re.IGNORECASE)
_HOME = regex(r"~|/root\b|HOME\b")
_CACHE = regex(r"(?<!install)\.cache\b|\bcache (?:purge|remove|clear|clean|prune)\b")
_CACHES = regex(r"(?:~|/root|\$HOME|\$\{HOME\})/\.cache(?:/pip)?(?:/\*?)?")
_CONFIGURED = regex(r"\bpip[0-9.]* config\b.{0,200}no-cache-dir|\bno-cache-dir[ \t]*=")
_SYNTAX = regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?")
_OLD_SYNTAX = regex(r"[^:]*:(?:1\.[01]|0)(?:\.[0-9]+)*")
_OLD_PIP = regex(r"[:-](?:12\.04|14\.04|precise|trusty|wheezy|jessie)\b")


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each installer whose downloads a RUN leaves in its layer."""
    checked = _Checked(doc, ctx)
    for stage in doc.stages:
        if not is_windows(doc, stage):
            for instruction in stage.instructions:
                run = instruction.trigger or instruction
                if run.name == "RUN" and any(word in text for text in run.texts for word in _ANY):
                    yield from checked.run(code_of(doc, instruction))


class _Checked:
    """What is found out of one document, each thing once."""

    def __init__(self, doc: Document, ctx: Context) -> None:
        self.doc = doc
        self.ctx = ctx
        self.users = Users(doc)

    def run(self, code: Code) -> Iterator[Finding]:
        from dockmend._dockerfile.mount import mounts

        if code.reason:
            if _SEEMS_PIP.search(code.text) and "--no-cache" not in code.text and not mounts(code.run, None):
                yield Finding("what pip downloads stays in the layer", code.run.keyword, reason=code.reason)
            return
        calls: dict[str, list[Call]] = {}
        for command in code.program.commands:
            found = python_caches.call(command)
            if found is not None:
                calls.setdefault(found.installer.name, []).append(found)
        for some in calls.values():
            if not self.is_off(code, some[0].installer):
                yield from self.finding(code, some)

    def is_off(self, code: Code, installer: Installer) -> bool:
        """Whether the installer is told to keep nothing."""
        if installer.off and (installer.off in code.state.env or installer.off in code.text):
            return True
        return installer is python_caches.PIP and self.configured

    def finding(self, code: Code, calls: list[Call]) -> Iterator[Finding]:
        installer, first = calls[0].installer, calls[0].command
        user = self.users.of(code)
        home = user.home if isinstance(user, User) else None
        folder = python_caches.folder(installer, code.state.env, home)
        from dockmend._dockerfile.mount import covered, mounts

        held = mounts(code.run, code.state.workdir)
        if covered(held, folder) if folder else any(mount.kind == "cache" for mount in held):
            return
        message = f"what {installer.name} downloads stays in the layer"
        span = code.span(first.start, first.end)
        if self.ctx.options["style"] == "no-cache-dir":
            fix = self.without_cache(code, calls)
        elif any(_removes(one) for one in code.program.commands if one.start > calls[-1].command.start):
            return
        elif any(_empties(one, code.text) for one in code.program.commands):
            yield Finding(message, span, reason="its script works on the cache folder itself", severity=INFO)
            return
        else:
            fix = self.mounted(code, calls, user, folder)
        if isinstance(fix, str):
            yield Finding(message, span, reason=fix)
        else:
            yield Finding(message, span, fix)

    def without_cache(self, code: Code, calls: list[Call]) -> Fix | str:
        """The option to keep nothing, behind the subcommand."""
        never = calls[0].installer.never
        if not never:
            return f"{calls[0].installer.name} has no option to keep nothing"
        assert code.instruction.stage is not None
        if _OLD_PIP.search(root_base(self.doc.stages[code.instruction.stage])):
            return "the pip of that base image may be too old for --no-cache-dir"
        ends = [call.command.words[call.at].end for call in calls]
        places = [(end, code.span(end - 1, end).end) for end in ends]
        edits = tuple(Edit(Span(offset, offset), f" {never}") for _, offset in places)
        meaning = code.meaning(self.doc, [(end, f" {never}") for end in ends])
        return Fix(SAFE, edits, {code.instruction.index: (meaning,)})

    def mounted(self, code: Code, calls: list[Call], user: User | str, folder: str | None) -> Fix | str:
        """The cache folder in a mount, right behind the keyword; or why that may not do."""
        installer = calls[0].installer
        reason = self.no_mount or python_caches.told_where(code, calls)
        if reason:
            return reason
        if isinstance(user, str):
            return user
        if folder is None:
            return f"the cache folder of {installer.name} is not known"
        if not (_PATH.fullmatch(folder) and _ITS_OWN.search(folder)):
            return f"{folder} may hold more than the cache"
        if user.uid != ROOT and any(python_caches.call(one) is None for one in code.program.commands):
            return f"the folders above {folder} would be root's while its other commands run"
        reason = python_caches.keeps_more(installer, code.state.env, self.settings)
        if reason:
            return reason
        for other in self.partners.get(code.instruction.index, ()):
            if other is not code.run:
                return f"merge-run joins it with the RUN of line {other.line} first"
        flag = f"--mount=type=cache,target={folder}" + (f",uid={user.uid}" if user.uid != ROOT else "")
        end = code.run.keyword.end
        return Fix(
            SAFE,
            (Edit(Span(end, end), f" {flag}"),),
            {code.instruction.index: (code.meaning(self.doc, (), (flag,)),)},
        )

    @cached_property
    def configured(self) -> bool:
        """Whether pip is configured to keep nothing."""
        return "no-cache-dir" in self.doc.text and _CONFIGURED.search(self.doc.text) is not None

    @cached_property
    def settings(self) -> frozenset[Installer]:
        return python_caches.settings(self.doc.text)

    @cached_property
    def partners(self) -> Mapping[int, tuple[Instruction, ...]]:
        return partners(self.doc, held(self.doc, self.ctx.build, self.ctx.path))

    @cached_property
    def no_mount(self) -> str:
        """Why the file can have no cache mount, or empty."""
        for directive in self.doc.directives:
            if directive.name == "syntax" and not _SYNTAX.fullmatch(directive.value):
                return "its syntax is not Docker's own"
            if directive.name == "syntax" and _OLD_SYNTAX.fullmatch(directive.value):
                return f"{directive.value} is from before cache mounts"
        return ""


def _removes(command: Command) -> bool:
    """Whether the command removes the folder of all caches, or pip's in it."""
    words = [word.source for word in command.words[1:]]
    recursive = any(re.fullmatch(r"-[a-zA-Z]*[rR][a-zA-Z]*|--recursive", word) for word in words)
    return command.name == "rm" and recursive and any(_CACHES.fullmatch(word.strip('"')) for word in words)


def _empties(command: Command, text: str) -> bool:
    """Whether the command, of the script `text`, may work on the cache folder itself."""
    written = text[command.start : command.end]
    return bool(
        ("cache" in written and _CACHE.search(written)) or (command.name == "rm" and _HOME.search(written))
    )


HOOK = Hook(
    name="pip-cache",
    practice=7,
    summary="What pip downloads is kept on the host, not in the image",
    check=check,
    aliases=("DL3042",),
    keywords=frozenset({"RUN"}),
    options={"style": ("mount", "no-cache-dir")},
)


def main() -> int:
    """The command `dockmend-pip-cache`; returns its exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
