"""Edits of a text: made at once, in the coordinates of the text they were made for."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import pairwise

from dockmend._dockerfile.span import Span
from dockmend._hook import Edit
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockmend._dockerfile.document import Document, Instruction


class Overlap(ValueError):
    """Two edits want the same place."""


class Edits:
    """Edits that are known not to meet, in the order of the text."""

    __slots__ = ("_sorted",)

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        """Raises Overlap."""
        self._sorted: list[Edit] = []
        self.add(edits)

    def add(self, edits: Iterable[Edit]) -> None:
        """Raises Overlap, and then none of `edits` is added."""
        added = sorted(edits)
        for before, after in pairwise(added):
            _refuse_meeting(before, after)
        for edit in added:
            place = bisect_left(self._sorted, edit)
            for neighbour in self._sorted[max(place - 1, 0) : place + 1]:
                _refuse_meeting(*sorted((neighbour, edit)))
        for edit in added:
            insort(self._sorted, edit)

    def apply(self, text: str) -> str:
        """`text` with all edits made."""
        parts: list[str] = []
        done = 0
        for span, new in self._sorted:
            parts += text[done : span.start], new
            done = span.end
        parts.append(text[done:])
        return "".join(parts)


def insert_after(doc: Document, instruction: Instruction, lines: Sequence[str]) -> Edit | None:
    """Insert `lines`, without line ends, after the last line of `instruction`; set off where what follows is.

    None where the instruction ends in a line continuation, which would take the lines in.
    """
    end = instruction.span.end
    tail = doc.text[instruction.head.end : doc.line_end(instruction.head.end)]
    if tail.strip(" \t\r"):
        return None
    if not doc.text.endswith("\n") and end == len(doc.text):
        return Edit(Span(end, end), doc.newline + doc.newline.join(lines))
    apart = end < len(doc.text) and not doc.text[end : doc.line_end(end)].strip(" \t\r")
    text = "".join(line + doc.newline for line in lines)
    return Edit(Span(end, end), doc.newline + text if apart else text)


def cased(doc: Document, like: Instruction, keyword: str) -> str:
    """`keyword` in lower case where that of `like` is: BuildKit's ConsistentInstructionCasing."""
    return keyword.lower() if doc.text[like.keyword.start : like.keyword.end].islower() else keyword


def _refuse_meeting(before: Edit, after: Edit) -> None:
    """Two insertions at one place meet too: nothing says which goes first."""
    if after.span.start < before.span.end or after.span.start == before.span.start:
        raise Overlap(f"two edits at {after.span.start}")
