r"""Consecutive RUN instructions as one.

## Why

Each RUN is a layer of the image. What one RUN makes and the next deletes still ships in the first layer, and
every layer costs a round trip when the image is pulled. Commands that belong together are one RUN, joined by
`&&`.

## Example

```dockerfile
FROM debian:12-slim
RUN apt-get update
# for the health check
RUN apt-get install -y curl
RUN cd /srv && mkdir app
RUN test -d /srv/app || exit 1
```

```dockerfile
FROM debian:12-slim
RUN apt-get update \
# for the health check
    && apt-get install -y curl \
    && ( cd /srv && mkdir app ) \
    && { test -d /srv/app || exit 1; }
```

## Fix safety

Each RUN starts a new shell in a new container. A script that changes its shell (the directory, variables,
options, traps, functions) or may end it goes into a subshell, unless it is the last; so does one that leaves
the shell with an outdated place of a program (`pip install -U pip`). Braces stand only where `&&` would bind
otherwise. Every other line keeps its bytes, comments stay where they are, and empty lines between the
instructions go.

## Left alone

What a new container would not have had: background jobs and services, mounts, `/etc/hosts` and `/proc`,
another user database for the user in force, a removed working directory, a replaced `/bin/sh`. Scripts that
count on `set -e` anywhere but at the end, since the shell ignores it before `&&`. Scripts that dash, bash and
busybox may read differently, or that end in a shell comment. Here-documents, the exec form, ONBUILD, shells
other than `/bin/sh -c`, Windows images, unequal flags, mounts whose content is lost after each RUN, and a RUN
under a comment for a linter. RUN instructions that cannot be joined divide the others into several groups.

cache-order goes first: the installation of dependencies that it can safely put before the COPY of the project
is not joined with the RUN behind it, since that COPY goes between them.

## Options

- `stages`: `"shipping"`, the last stage and those it is built FROM, or `"all"`. Layers of other stages never
  ship, and split RUN instructions are cached better there.

## References

- https://docs.docker.com/reference/dockerfile/#run
- https://docs.docker.com/build/building/best-practices/#run
- https://github.com/hadolint/hadolint/wiki/DL3059
"""

from __future__ import annotations

from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import shipping
from dockmend._hook import INFO, SAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.order import held
from dockmend._shell.groups import end_of, parted, rows
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._shell.effects import Effects

_JOINT = "    && "


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each group of RUN that can be one, and each RUN that must stay apart from the one above."""
    kept = held(doc, ctx.build, ctx.path)
    for stage in doc.stages if ctx.options["stages"] == "all" else shipping(doc):
        for row in rows(stage):
            found = parted(doc, stage, row, kept)
            yield from (_apart(run, reason) for run, reason in found.apart)
            yield from (_joined(doc, group.runs, group.effects) for group in found.groups)


def _apart(run: Instruction, reason: str) -> Finding:
    return Finding("RUN stays a layer of its own", run.keyword, reason=reason, severity=INFO)


def _joined(doc: Document, runs: Sequence[Instruction], found: Sequence[Effects]) -> Finding:
    edits: list[Edit] = []
    value = ""
    from dockmend._shell import join

    parts = join.parts(found)
    for index, (run, part) in enumerate(zip(runs, parts)):
        start, end, line_end = run.args.offset(0), end_of(run), doc.line_end(end_of(run))
        if index == 0:
            lead, lead_start = part.before, start
        else:
            lead, lead_start = _JOINT + part.before, doc.line_start(run.keyword.start)
            kept = "".join(_line(doc, comment.span) for comment in run.comments if comment.span.start < start)
            edits += _without_blank_lines(doc, Span(runs[index - 1].span.end, lead_start))
            edits.append(Edit(Span(lead_start, start), kept + lead))
        if index == 0 and lead:
            edits.append(Edit(Span(start, start), lead))
        tail = doc.text[end:line_end]
        behind = part.behind
        if index < len(runs) - 1:
            behind += tail + ("" if tail else " ")
            edits.append(Edit(Span(end, line_end), behind + doc.escape))
        elif behind:
            edits.append(Edit(Span(end, end), behind))
        value += lead + run.args.text + behind
    merged = runs[0].meaning._replace(value=value)
    becomes = {run.index: (merged,) if run is runs[0] else () for run in runs}
    message = f"{len(runs)} consecutive RUN make {len(runs)} layers where one would do"
    return Finding(message, runs[1].keyword, Fix(SAFE, tuple(edits), becomes))


def _line(doc: Document, span: Span) -> str:
    """The whole line of `span`, which is not the last one of the text."""
    end = doc.line_end(span.end)
    return doc.text[doc.line_start(span.start) : doc.text.index("\n", end) + 1]


def _without_blank_lines(doc: Document, span: Span) -> Iterator[Edit]:
    """BuildKit warns of empty lines in a continuation, NoEmptyContinuation."""
    start = span.start
    while start < span.end:
        end = doc.text.index("\n", start) + 1
        if not doc.text[start:end].strip():
            yield Edit(Span(start, end), "")
        start = end


HOOK = Hook(
    name="merge-run",
    practice=4,
    summary="Consecutive RUN instructions as one",
    check=check,
    aliases=("DL3059",),
    keywords=frozenset({"RUN"}),
    options={"stages": ("shipping", "all")},
)


def main() -> int:
    """The command `dockmend-merge-run`; returns its exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
