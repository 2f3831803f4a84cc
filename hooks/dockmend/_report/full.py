"""Each finding with its source line, carets under the place, and its fix as a small diff."""

from __future__ import annotations

import os

from dockmend._hook import SAFE
from dockmend._report.concise import head
from dockmend._report.places import Places
from dockmend._report.shared import address
from dockmend._report.style import (
    BLUE,
    BOLD,
    GREEN,
    RED,
    SEVERITY,
    Style,
    cells,
    cut,
    printable,
    printable_path,
)
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome
    from dockmend._hook import Fix

# Longer diffs are cut: the report is for reading, `--diff` for the whole.
_DIFF_LINES = 16
# The least columns that a message begins in.
_ROOM = 20


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """A block of lines for each finding, an empty line after it."""
    for outcome in outcomes:
        places = Places(outcome.text) if outcome.findings else None
        for found in outcome.findings:
            if places is not None:
                yield "\n".join([*_finding(outcome.path, found, places, style), "", ""])


def _finding(path: str, found: Reported, places: Places, style: Style) -> Iterator[str]:
    colour = SEVERITY[found.severity]
    yield from _heading(path, found, style)
    number = str(found.line)
    margin = " " * len(number)
    bar = style.paint("|", BLUE)
    line = places.line(found.line)
    start = found.column - 1
    end = found.end_column - 1 if found.end_line == found.line else len(line)
    source, marks = excerpt(line, start, end, style.width - len(number) - 3)
    yield f"{margin} {bar}"
    yield f"{style.paint(number, BLUE)} {bar} {source}".rstrip(" ")
    further = "" if found.end_line == found.line else f" to line {found.end_line}"
    yield f"{margin} {bar} {style.paint(marks + further, colour)}"
    yield from _remedy(found, places, style, margin)
    if found.finding.link:
        yield f"{margin} {style.paint('=', BLUE)} see {printable(found.finding.link)}"


def _heading(path: str, found: Reported, style: Style) -> Iterator[str]:
    """The place, the hook and the message, over as many lines as it takes."""
    from textwrap import wrap

    place, mark = head(path, found, style)
    width = len(f"{printable_path(path)}:{found.line}:{found.column}: {found.name} {found.severity}: ")
    hook = style.link(style.paint(found.name, BOLD, SEVERITY[found.severity]), address(found))
    # Where a path leaves the message little room, that begins in the next line.
    room = style.width - width
    text = printable(found.finding.message) + (" [*]" if mark else "")
    indent = " " * (width if room >= _ROOM else 4)
    lines = wrap(
        text,
        style.width,
        initial_indent=indent,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [lines[0][width:], *lines[1:]] if room >= _ROOM else ["", *lines]
    if mark:
        lines[-1] = lines[-1].removesuffix("[*]") + mark.lstrip(" ")
    yield f"{place} {hook} {found.severity}: {lines[0]}".rstrip(" ")
    yield from lines[1:]


def excerpt(line: str, start: int, end: int, room: int) -> tuple[str, str]:
    """As much of `line`, around `start`, as `room` cells show, and carets under `line[start:end]`."""
    first = 0 if start < room * 2 // 3 else start - room // 3
    end = max(end, start + 1)
    shown, marks = ["…"] if first else [], [" "] if first else []
    used = len(shown)
    for index in range(first, len(line)):
        part = "    " if line[index] == "\t" else printable(line[index])
        width = sum(map(cells, part))
        if used + width > room - (index < len(line) - 1):
            shown.append("…")
            break
        used += width
        shown.append(part)
        marks.append(("^" if start <= index < end else " ") * width)
    else:
        if start >= len(line):
            marks.append("^")
    return "".join(shown), "".join(marks).rstrip(" ") or "^"


def _remedy(found: Reported, places: Places, style: Style, margin: str) -> Iterator[str]:
    fix, reason = found.finding.fix, printable(found.finding.reason)
    sign = f"{margin} {style.paint('=', BLUE)}"
    if fix is None:
        yield from _wrapped(f"not mended: {reason}" if reason else "not mended", sign, margin, style)
        return
    label = fix.safety if fix.safety == SAFE or found.fixable else f"{fix.safety}, needs --unsafe-fixes"
    yield from _wrapped(f"fix ({label}){': ' + reason if reason else ''}", sign, margin, style)
    lines = [line for diff in _diffs(fix, places) for line in diff]
    for line in lines[:_DIFF_LINES]:
        text = cut(line, style.width - len(margin) - 5)
        yield f"{margin}     {style.paint(text, {'-': RED, '+': GREEN}.get(line[0], BLUE))}"
    if len(lines) > _DIFF_LINES:
        yield f"{margin}     {style.paint(f'… {len(lines) - _DIFF_LINES} more lines', BLUE)}"


def _wrapped(text: str, sign: str, margin: str, style: Style) -> Iterator[str]:
    from textwrap import wrap

    for index, line in enumerate(wrap(text, style.width - len(margin) - 3)):
        yield f"{sign if index == 0 else margin + '  '} {line}"


def _diffs(fix: Fix, places: Places) -> Iterator[list[str]]:
    """The lines that the fix takes (`- `) and puts (`+ `), in the Dockerfile and then in other files."""
    from dockmend._edit import Edits

    if fix.edits:
        start, _ = places.bounds(*min(edit.span for edit in fix.edits))
        _, end = places.bounds(*max((edit.span for edit in fix.edits), key=lambda span: span.end))
        moved = [edit._replace(span=type(edit.span)(*(at - start for at in edit.span))) for edit in fix.edits]
        before = places.text[start:end]
        yield list(_changed(before, Edits(moved).apply(before)))
    for edit in fix.files:
        name = os.path.basename(edit.path)
        yield [f"@ {name}{' (new)' if edit.before is None else ''}", *_changed(edit.before or "", edit.text)]


def _changed(before: str, after: str) -> Iterator[str]:
    from dockmend._engine.patch import hunks

    for number, hunk in enumerate(hunks(before, after, context=0)):
        if number:
            yield "  …"
        for line in hunk.split("\n")[1:]:
            if line[:1] in {"-", "+"}:
                yield f"{line[0]} {line[1:]}".removesuffix("\r") if line[1:].strip("\r") else line[0]
