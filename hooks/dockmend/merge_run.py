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

## Options

- `stages`: `"shipping"`, the last stage and those it is built FROM, or `"all"`. Layers of other stages never
  ship, and split RUN instructions are cached better there.

## References

- https://docs.docker.com/reference/dockerfile/#run
- https://docs.docker.com/build/building/best-practices/#run
- https://github.com/hadolint/hadolint/wiki/DL3059
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dockmend._dockerfile.document import Document, Instruction, Stage
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import DEFAULT_SHELL, is_windows, shipping, state_at
from dockmend._hook import INFO, SAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.reference import base_image
from dockmend._shell import join
from dockmend._shell.effects import Effects, Place, effects

_JOINT = "    && "
# jupyter/docker-stacks, CircleCI's cimg-base and hassio-addons/app-base set a SHELL, which is inherited.
_SETS_SHELL = re.compile(r"(?:quay\.io/|ghcr\.io/)?(?:jupyter|cimg|hassio-addons|hassioaddons)/")
_LOST = re.compile(r"(?:\A|,)(?:type=tmpfs|rw|readwrite|(?:ro|readonly)=(?:false|0))\b", re.IGNORECASE)
_FOR_A_TOOL = re.compile(
    r"#\s*(?:dockmend|hadolint|checkov|trivy|kics|nosemgrep|semgrep|tally|shellcheck|dockle|snyk|nosec|nosonar|"
    r"renovate|lint|check)\b",
    re.IGNORECASE,
)


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each group of RUN that can be one, and each RUN that must stay apart from the one above."""
    for stage in doc.stages if ctx.options["stages"] == "all" else shipping(doc):
        together: list[Instruction] = []
        for instruction in (*stage.instructions, None):
            if instruction is not None and instruction.name == "RUN":
                together.append(instruction)
                continue
            if len(together) > 1:
                yield from _findings(doc, stage, together)
            together = []


def _findings(doc: Document, stage: Stage, runs: Sequence[Instruction]) -> Iterator[Finding]:
    state = state_at(doc, runs[0])
    reason = ""
    if is_windows(doc, stage):
        reason = "a Windows image has another shell"
    elif state.shell != DEFAULT_SHELL or (not state.shell_set and _base_sets_shell(doc, stage)):
        reason = "the shell in force is not `/bin/sh -c`"
    elif any(_sets_state(one) for base in _bases(stage) for one in base.instructions):
        reason = "an ONBUILD of its base changes what is in force"
    elif "SHELLOPTS" in state.env:
        reason = "SHELLOPTS sets options of the shell"
    if reason:
        yield _apart(runs[1], reason)
        return
    place = Place(state.user, state.workdir, state.env)
    found = [effects(run.args.text, place) for run in runs]
    sizes = [_size(doc, run) for run in runs]
    start, size = 0, sizes[0]
    for index in range(1, len(runs) + 1):
        if index < len(runs):
            same_flags = _flags(runs[index - 1]) == _flags(runs[index])
            reason = (
                _unfit(runs[index - 1])
                or _unfit(runs[index])
                or join.apart(found[index - 1], found[index])
                or _between(doc, runs[index - 1], runs[index])
            )
            size += sizes[index]
            if same_flags and not reason and size >= join.LONGEST:
                reason = "the script would be too long for one argument"
            if same_flags and not reason:
                continue
            if same_flags:
                yield _apart(runs[index], reason)
            size = sizes[index]
        if index - start > 1:
            yield _joined(doc, runs[start:index], found[start:index])
        start = index


def _base_sets_shell(doc: Document, stage: Stage) -> bool:
    image = base_image(doc, stage)
    return image is not None and bool(_SETS_SHELL.match(image.name))


def _bases(stage: Stage) -> Iterator[Stage]:
    while stage.parent is not None:
        stage = stage.parent
        yield stage


def _sets_state(instruction: Instruction) -> bool:
    trigger = instruction.trigger
    return trigger is not None and trigger.name in {"ENV", "SHELL", "USER", "WORKDIR"}


def _apart(run: Instruction, reason: str) -> Finding:
    return Finding("RUN stays a layer of its own", run.keyword, reason=reason, severity=INFO)


def _flags(run: Instruction) -> tuple[str, ...]:
    return tuple(flag.text for flag in run.flags)


def _size(doc: Document, run: Instruction) -> int:
    """Bytes of the script, with what joining adds at most."""
    blanks = doc.line_end(_end(run)) - _end(run)
    return len(run.args.text.encode("utf-8", "surrogateescape")) + blanks + 16


def _unfit(run: Instruction) -> str:
    """Why the RUN, whatever its script says, can be part of no other."""
    if run.heredocs:
        return "a here-document is a script of its own"
    if run.json is not None:
        return "the exec form has no shell"
    for flag in run.flags:
        if flag.name == "mount" and _LOST.search(flag.value or ""):
            return "what is written to its mount is lost after each RUN"
    return ""


def _between(doc: Document, first: Instruction, second: Instruction) -> str:
    """What stands between two RUN that cannot stand within one."""
    if doc.text[_end(first) : doc.line_end(_end(first))].strip(" \t"):
        return "the RUN above ends in a blank that is none to the shell"
    above = doc.text[first.span.end : second.args.offset(0)]
    if any(_FOR_A_TOOL.match(line.strip()) for line in above.split("\n")):
        return "a comment for a tool stands above it"
    return ""


def _end(run: Instruction) -> int:
    return run.args.offset(len(run.args.text))


def _joined(doc: Document, runs: Sequence[Instruction], found: Sequence[Effects]) -> Finding:
    edits: list[Edit] = []
    value = ""
    parts = join.parts(found)
    for index, (run, part) in enumerate(zip(runs, parts)):
        start, end, line_end = run.args.offset(0), _end(run), doc.line_end(_end(run))
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
