"""Consecutive RUN instructions that can be one: what merge-run joins, and what others have to wait for."""

from __future__ import annotations

import re

from dockmend._dockerfile.document import Document, Instruction, Stage, derived
from dockmend._dockerfile.span import Edit, Span
from dockmend._dockerfile.state import DEFAULT_SHELL, State, is_windows, shipping, state_at
from dockmend._project.reference import base_image
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockmend._shell.effects import Effects

_LOST = regex(r"(?:\A|,)(?:type=tmpfs|rw|readwrite|(?:ro|readonly)=(?:false|0))\b", re.IGNORECASE)
_FOR_A_TOOL = regex(
    r"#\s*(?:dockmend|hadolint|checkov|trivy|kics|nosemgrep|semgrep|tally|shellcheck|dockle|snyk|nosec|nosonar|"
    r"renovate|lint|check)\b",
    re.IGNORECASE,
)


class Group(NamedTuple):
    """Two or more RUN instructions that can be one, with what each of their scripts leaves behind."""

    runs: tuple[Instruction, ...]
    effects: tuple[Effects, ...]


class Parted(NamedTuple):
    """A row of RUN instructions: its groups, and those that stay apart from the one above, each with why."""

    groups: tuple[Group, ...]
    apart: tuple[tuple[Instruction, str], ...]


def rows(stage: Stage) -> Iterator[tuple[Instruction, ...]]:
    """Two or more RUN with nothing between them but comments and empty lines."""
    row: list[Instruction] = []
    for instruction in (*stage.instructions, None):
        if instruction is not None and instruction.name == "RUN":
            row.append(instruction)
            continue
        if len(row) > 1:
            yield tuple(row)
        row = []


@derived
def parted(doc: Document, stage: Stage, runs: Sequence[Instruction], held: frozenset[int]) -> Parted:
    """The groups in a row of RUN of `stage`.

    `held` are the indexes of those behind which something else goes, see dockmend._project.order.
    """
    state = state_at(doc, runs[0])
    reason = _unjoined(doc, stage, state)
    if reason:
        return Parted((), ((runs[1], reason),))
    from dockmend._shell import join
    from dockmend._shell.effects import Place, effects

    place = Place(state.user, state.workdir, state.env)
    found = [effects(run.args.text, place) for run in runs]
    sizes = [_size(doc, run) for run in runs]
    groups: list[Group] = []
    apart: list[tuple[Instruction, str]] = []
    start, size = 0, sizes[0]
    for index in range(1, len(runs) + 1):
        if index < len(runs):
            same_flags = _flags(runs[index - 1]) == _flags(runs[index])
            reason = (
                _unfit(runs[index - 1])
                or _unfit(runs[index])
                or join.apart(found[index - 1], found[index])
                or _between(doc, runs[index - 1], runs[index])
                or ("cache-order puts COPY in front of it" if runs[index - 1].index in held else "")
            )
            size += sizes[index]
            if same_flags and not reason and size >= join.LONGEST:
                reason = "the script would be too long for one argument"
            if same_flags and not reason:
                continue
            if same_flags:
                apart.append((runs[index], reason))
            size = sizes[index]
        if index - start > 1:
            groups.append(Group(tuple(runs[start:index]), tuple(found[start:index])))
        start = index
    return Parted(tuple(groups), tuple(apart))


def _unjoined(doc: Document, stage: Stage, state: State) -> str:
    """Why no RUN of the stage, with that in force, is joined with another, in a clause, or empty."""
    if is_windows(doc, stage):
        return "a Windows image has another shell"
    if state.shell != DEFAULT_SHELL or (not state.shell_set and _base_sets_shell(doc, stage)):
        return "the shell in force is not `/bin/sh -c`"
    if any(_sets_state(one) for base in _bases(stage) for one in base.instructions):
        return "an ONBUILD of its base changes what is in force"
    return "SHELLOPTS sets options of the shell" if "SHELLOPTS" in state.env else ""


def behind(doc: Document, stage: Stage, run: Instruction, script: str) -> tuple[tuple[Edit, ...], str] | None:
    """`script` behind that of `run`, as if it were a RUN of its own and merge-run joined the two.

    The edits, the one at the end of `run` the last, and the script that it then has; None where merge-run
    would leave them apart.
    """
    from dockmend._shell import join
    from dockmend._shell.effects import Place, effects

    state = state_at(doc, run)
    place = Place(state.user, state.workdir, state.env)
    found = effects(run.args.text, place), effects(script, place)
    end = end_of(run)
    if (
        _unjoined(doc, stage, state)
        or _unfit(run)
        or join.apart(*found)
        or doc.text[end : doc.line_end(end)].strip(" \t")
        or _size(doc, run) + len(script) + 16 >= join.LONGEST
    ):
        return None
    first, second = join.parts(found)
    tail = f"{first.behind} {doc.escape}{doc.newline}    && {second.before}{script}{second.behind}"
    edits = [Edit(Span(end, end), tail)]
    if first.before:
        start = run.args.offset(0)
        edits.insert(0, Edit(Span(start, start), first.before))
    joint = tail.replace(f"{doc.escape}{doc.newline}", "")
    return tuple(edits), first.before + run.args.text + joint


@derived
def partners(doc: Document, held: frozenset[int]) -> Mapping[int, tuple[Instruction, ...]]:
    """For each RUN that merge-run joins with others, by its index, all of them in order.

    With the defaults of merge-run; `held` as for `parted`.
    """
    found: dict[int, tuple[Instruction, ...]] = {}
    for stage in shipping(doc):
        for row in rows(stage):
            for group in parted(doc, stage, row, held).groups:
                found.update(dict.fromkeys((run.index for run in group.runs), group.runs))
    return found


def _base_sets_shell(doc: Document, stage: Stage) -> bool:
    image = base_image(doc, stage)
    return image is not None and image.sets_shell


def _bases(stage: Stage) -> Iterator[Stage]:
    while stage.parent is not None:
        stage = stage.parent
        yield stage


def _sets_state(instruction: Instruction) -> bool:
    trigger = instruction.trigger
    return trigger is not None and trigger.name in {"ENV", "SHELL", "USER", "WORKDIR"}


def _flags(run: Instruction) -> tuple[str, ...]:
    return tuple(flag.text for flag in run.flags)


def _size(doc: Document, run: Instruction) -> int:
    """Bytes of the script, with what joining adds at most."""
    blanks = doc.line_end(end_of(run)) - end_of(run)
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
    if doc.text[end_of(first) : doc.line_end(end_of(first))].strip(" \t"):
        return "the RUN above ends in a blank that is none to the shell"
    above = doc.text[first.span.end : second.args.offset(0)]
    if has_comment_for_a_tool(above):
        return "a comment for a tool stands above it"
    return ""


def has_comment_for_a_tool(text: str) -> bool:
    """Whether one of the lines is a comment that a linter or another tool takes for the line below."""
    return "#" in text and any(_FOR_A_TOOL.match(line.strip()) for line in text.split("\n"))


def end_of(run: Instruction) -> int:
    """The offset behind the script of `run`."""
    return run.args.offset(len(run.args.text))
