"""Edits of a text: made at once, in the coordinates of the text they were made for."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import pairwise

from dockmend._hook import Edit


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


def _refuse_meeting(before: Edit, after: Edit) -> None:
    """Two insertions at one place meet too: nothing says which goes first."""
    if after.span.start < before.span.end or after.span.start == before.span.start:
        raise Overlap(f"two edits at {after.span.start}")
