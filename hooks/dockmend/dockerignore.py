"""A .dockerignore that keeps out what no image needs, and nothing that the build uses.

## Why

Without one, every build sends the whole folder to the builder, and `COPY . .` puts it into the image: the
git history, `.env` files and keys, virtual environments built for another system, caches. They make the
image large, break the layer cache with each commit, and publish secrets.

## Example

```dockerfile
FROM python:3.13-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir .
```

The Dockerfile stays as it is. Beside it, a `.dockerignore` is made, chosen by what the project is:

```gitignore
# Version control
.git

# Secrets
**/.env
**/.env.*
**/*.pem
**/*.key

# Virtual environments
.venv
venv

# Caches
**/__pycache__
**/*.pyc
.pytest_cache
.mypy_cache
.ruff_cache
.tox

# Build output
build
dist
**/*.egg-info

# Docker
Dockerfile*
.dockerignore

# Editors
.vscode
.idea
**/.DS_Store
```

An existing file gets what it lacks, after its own lines, which stay byte for byte; where it deals with each
kind of such things, and lacks only lines for what is not there, that is a finding for information. A file
that excludes everything and lists exceptions lacks nothing. `Dockerfile.dockerignore` is the file looked at
where there is one.

Files with secrets that a COPY of a folder takes along are named, never shown. The report tells how many files
and bytes the build context has before and after, and how many of them each new line keeps out.
`dockmend-dockerignore --explain PATH` tells which line decides about a path.

## Fix safety

Safe: no line excludes what an ADD, COPY or bind mount of any stage, of any Dockerfile with this build
context, names, by itself, by a pattern or through a variable; nor what a command, a script that it runs, or
the package's metadata uses by name and the image does not make itself; nor a file that git tracks, other
than the documentation, the Dockerfiles and the settings of editors; nor what an exception (`!`) brings
back. Before the fix is offered, its result is read again and every named source is looked up in it.

## Left alone

- A build context that is not known, or cannot be read.
- Dockerfiles that take nothing from the build context.
- `.git`, where something asks git for a version; `README`, where a manifest names it; `.env`, where a script
  loads it; build output that the project tracks, or that nothing in the image would make again.

A source that the ignore file excludes (CopyIgnoredFile) is reported: the build fails there, or copies
nothing, and which of the two lines is the mistake is the author's to say.

## References

- https://docs.docker.com/build/concepts/context/#dockerignore-files
- https://docs.docker.com/reference/build-checks/copy-ignored-file/
- https://github.com/moby/patternmatcher
"""

from __future__ import annotations

import os
from itertools import groupby

from dockmend._hook import INFO, SAFE, Context, FileEdit, Finding, Fix, Hook, Unavailable
from dockmend._project.context import FILE, FOLDER, MISSING, BuildContext, Ignore
from dockmend._project.sources import Source, context_sources
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._project.baked import Baked
    from dockmend._project.ignore import IgnoreFile
    from dockmend._project.kind import Line
    from dockmend._project.project import Project

_KEPT = "git tracks it, or the build may use it, so that excluding it may break the build"


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """A finding where the ignore file is missing or lacks lines, and for each source that it excludes."""
    sources = [source for source in context_sources(doc) if _is_run(doc, source.instruction)]
    first = next((one.instruction for one in sources if _name(one.instruction) in ("ADD", "COPY")), None)
    if first is None:
        return
    ignore = ctx.build.ignore(ctx.path)
    if ignore is None:
        reason = ctx.build.reason
        yield Finding(
            "what the build takes along cannot be checked", first.head, reason=reason, severity=INFO
        )
        return
    name = os.path.basename(ignore.path)
    if ignore.file is None:
        yield Finding(f"{name} cannot be checked", first.head, reason="it cannot be read as a text file")
    elif ignore.file.problems:
        problem = ignore.file.problems[0]
        message = f"line {problem.line} of {name} is not a pattern that Docker reads as it stands"
        yield Finding(message, first.head, reason=problem.message)
    else:
        yield from _excluded(sources, ignore.file, name, ctx.build)
        yield from _lacking(doc, ctx, sources, ignore, ignore.file)


def _is_run(doc: Document, one: Instruction) -> bool:
    """Whether an instruction runs in this build; a trigger does where a later stage is built on its stage."""
    return one.trigger is None or any(
        stage.parent is not None and stage.parent.index == one.stage for stage in doc.stages
    )


def _name(one: Instruction) -> str:
    return (one.trigger or one).name


def _excluded(
    sources: Iterable[Source], file: IgnoreFile, name: str, build: BuildContext
) -> Iterator[Finding]:
    for source in sources:
        path = source.literal
        # An excluded folder may hold what an exception brings back.
        if path and file.excludes(path) and not (file.has_exceptions and build.kind(path) != FILE):
            line = f"line {file.deciding_line(path)} of {name}"
            yield Finding(
                f"{_name(source.instruction)} of {path}, which {line} excludes",
                source.span,
                reason="only the author knows which of the two is meant",
            )


def _lacking(
    doc: Document, ctx: Context, sources: list[Source], ignore: Ignore, file: IgnoreFile
) -> Iterator[Finding]:
    if not ignore.exists and ctx.build.kind(".containerignore") == FILE:
        return
    from dockmend._project.baked import baked
    from dockmend._project.ignore import IgnoreFile
    from dockmend._project.kind import SECRETS
    from dockmend._project.project import Project

    project = Project(ctx.build, doc, ctx.path)
    first = next(one.instruction for one in sources if _name(one.instruction) in ("ADD", "COPY"))
    secrets = baked(ctx.build, project.paths, sources, file)
    lacked = [] if file.excludes_everything else _lacked(project, file, secrets)
    added = _added(project, ignore, file, lacked)
    found = None if file.excludes_everything else _gains(project, ignore, file, lacked, added, first)
    after = file
    if found is not None:
        after = file if found.fix is None else IgnoreFile.parse(found.fix.files[0].text)
        gone = [one for one in secrets if after.excludes(one.path)]
        along = f", and {_name(gone[0].source.instruction)} takes {_listed(gone)} along" if gone else ""
        yield found._replace(message=found.message + along)
    left = [one for one in secrets if not after.excludes(one.path)]
    for instruction, members in groupby(left, key=lambda one: one.source.instruction):
        message = f"{_name(instruction)} takes {_listed(list(members))} along"
        yield Finding(message, instruction.head, reason=_KEPT)
    told = {*(one.path for one in left), *(one.literal for one in sources)}
    for one in lacked:
        for path in one.covered if one.group == SECRETS and one not in added else ():
            if path not in told and ctx.build.kind(path) == FILE:
                message = f"{path} goes along into the build"
                yield Finding(message, first.head, reason=_KEPT, severity=INFO)


def _lacked(project: Project, file: IgnoreFile, secrets: list[Baked]) -> list[Line]:
    """The lines that the file lacks, one for each secret that the others would not exclude among them."""
    lines = [line for line in project.wanted() if not all(map(file.excludes, line.covered))]
    from dockmend._project.ignore import IgnoreFile
    from dockmend._project.kind import GROUPS, SECRETS, line

    rules = IgnoreFile.parse("\n".join(line.pattern for line in lines if line.group == SECRETS))
    lines += [line(one.path, SECRETS) for one in secrets if not rules.excludes(one.path)]
    return sorted(lines, key=lambda line: GROUPS.index(line.group))


def _added(project: Project, ignore: Ignore, file: IgnoreFile, lacked: list[Line]) -> list[Line]:
    """Those that may go into the file."""
    from dockmend._project.exclude import harmless

    usable = harmless(project, lacked, file)
    groups = {line.group for line in usable if not line.extra}
    return [line for line in usable if not line.extra or line.group in groups or not ignore.exists]


def _gains(
    project: Project,
    ignore: Ignore,
    file: IgnoreFile,
    lacked: list[Line],
    added: list[Line],
    first: Instruction,
) -> Finding | None:
    """What the file lacks, with the lines to add, or why there are none."""
    from dockmend._project.kind import CACHES, DOCKER, OUTPUT

    needed = [line for line in lacked if not line.extra]
    name = os.path.basename(ignore.path)
    message = f"{name} does not exclude" if ignore.exists else f"there is no {name} to exclude"
    named = [line.pattern for line in needed if line in added] or [line.pattern for line in needed or added]
    message += f" {_listed(named or ['anything'])}"
    worth = any(not line.extra for line in added)
    text = file.with_lines(_block(added))
    sources = [source for build in project.builds for source in build.sources]
    if worth and _keeps(project.paths, sources, file, text):
        edit = FileEdit(ignore.path, file.text if ignore.exists else None, text, project.context.root)
        # What does little harm where it is not there when the image is built.
        small = {CACHES, OUTPUT, DOCKER}
        dealt_with = {line.group for line in project.wanted() if line not in lacked} | small
        mild = ignore.exists and dealt_with.issuperset(line.group for line in needed)
        least = file.with_lines(line.pattern for line in needed if line.group != DOCKER)
        mild = mild and _keeps(project.paths, (), file, least, every=True)
        fix = Fix(SAFE, (), {}, files=(edit,))
        return Finding(message, first.head, fix, severity=INFO if mild else None)
    if worth or (needed and not ignore.exists):
        return Finding(message, first.head, reason="the build may use whatever a line for it would exclude")
    return None


def _listed(things: Sequence[object]) -> str:
    names = list(map(str, things))
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _block(lines: Iterable[Line]) -> Iterator[str]:
    for number, (group, members) in enumerate(groupby(lines, key=lambda line: line.group)):
        if number:
            yield ""
        yield f"# {group}"
        yield from (line.pattern for line in members)


def _keeps(
    paths: Iterable[str], sources: Iterable[Source], before: IgnoreFile, text: str, *, every: bool = False
) -> bool:
    """Whether what is named, and what the author brought back with "!", is in the build as it was before.

    Or `every` one of the paths.
    """
    from dockmend._project.ignore import IgnoreFile

    after = IgnoreFile.parse(text)
    named = [source.literal for source in sources if source.literal]
    if before.has_exceptions or every:
        named += [path for path in paths if every or before.deciding_line(path)]
    return not after.problems and all(before.excludes(path) or not after.excludes(path) for path in named)


def explain(path: str, ctx: Context) -> Iterator[str]:
    """Say which line of the ignore file decides on the absolute `path`. Raises Unavailable."""
    root, ignore = ctx.build.root, ctx.build.ignore(ctx.path)
    if root is None or ignore is None:
        raise Unavailable(f"the build context cannot be told: {ctx.build.reason}; give it with --context")
    inner = os.path.relpath(path, root).replace(os.sep, "/")
    if inner.split("/")[0] == "..":
        raise Unavailable(f"{path} is not below {root}, which is the build context")
    name = os.path.basename(ignore.path)
    if ignore.file is None:
        raise Unavailable(f"{name} cannot be read as a text file")
    if ignore.file.problems:
        problem = ignore.file.problems[0]
        raise Unavailable(
            f"line {problem.line} of {name} is not a pattern that Docker reads: {problem.message}"
        )
    number, excluded = ignore.file.decision(inner)
    there = "" if ctx.build.kind(inner) != MISSING else " (nothing is there now)"
    why = f"no line of {name} is about it" if ignore.exists else f"there is no {name}"
    if number is not None:
        does = "excludes it" if excluded else "brings it back"
        why = f"line {number} of {name} {does}: {ignore.file.lines[number - 1].strip()}"
    yield f"{inner} is {'not ' if excluded else ''}in the build context{there}: {why}"
    if excluded and ignore.file.has_exceptions and ctx.build.kind(inner) == FOLDER:
        yield f"{inner} holds what lines with an exclamation mark bring back, where they do"


HOOK = Hook(
    name="dockerignore",
    practice=14,
    summary="A .dockerignore that keeps what COPY needs",
    check=check,
    aliases=("CopyIgnoredFile",),
    beside=True,
    keywords=frozenset({"ADD", "COPY"}),
    explain=explain,
)


def main() -> int:
    """The command of this hook."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
