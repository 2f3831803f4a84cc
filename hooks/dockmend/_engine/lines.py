"""Which lines of two texts are the same, in time that grows with their length.

difflib is quadratic on repetitive texts and leaves out the mark of a missing final newline.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

# Below this many pairs of lines a stretch without unique lines is compared pair by pair.
_SMALL = 40_000


class Block(NamedTuple):
    """`length` equal lines, from index `old` in the one text and `new` in the other."""

    old: int
    new: int
    length: int


def split(text: str) -> list[str]:
    r"""The lines of `text`, each with its `\n`; unlike `str.splitlines`, no other character ends a line."""
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def blocks(old: list[str], new: list[str]) -> list[Block]:
    """The stretches of equal lines, in order and apart, as far as lines that are unique lead to them."""
    found: list[Block] = []
    _between(old, new, 0, len(old), 0, len(new), found, anchored=False)
    merged: list[Block] = []
    for block in found:
        if (
            merged
            and merged[-1].old + merged[-1].length == block.old
            and (merged[-1].new + merged[-1].length == block.new)
        ):
            merged[-1] = merged[-1]._replace(length=merged[-1].length + block.length)
        else:
            merged.append(block)
    return merged


def _between(
    old: list[str],
    new: list[str],
    i: int,
    i_end: int,
    j: int,
    j_end: int,
    found: list[Block],
    *,
    anchored: bool,
) -> None:
    start = i
    while i < i_end and j < j_end and old[i] == new[j]:
        i, j = i + 1, j + 1
    if i > start:
        found.append(Block(start, j - (i - start), i - start))
    tail = 0
    while i < i_end - tail and j < j_end - tail and old[i_end - tail - 1] == new[j_end - tail - 1]:
        tail += 1
    last, new_last = i_end - tail, j_end - tail
    if not anchored:
        for k, m in [*_anchors(old, new, i, last, j, new_last), (last, new_last)]:
            _between(old, new, i, k, j, m, found, anchored=True)
            if k < last:
                found.append(Block(k, m, 1))
            i, j = k + 1, m + 1
    elif 0 < (last - i) * (new_last - j) <= _SMALL:
        found += _common(old, new, i, last, j, new_last)
    if tail:
        found.append(Block(last, new_last, tail))


def _anchors(old: list[str], new: list[str], i: int, i_end: int, j: int, j_end: int) -> list[tuple[int, int]]:
    """The longest rising sequence of lines that occur once in each text (patience sorting)."""
    places: dict[str, list[int]] = {}
    for side, lines, start, end in ((0, old, i, i_end), (2, new, j, j_end)):
        for index in range(start, end):
            entry = places.setdefault(lines[index], [0, 0, 0, 0])
            entry[side] += 1
            entry[side + 1] = index
    pairs = sorted((entry[1], entry[3]) for entry in places.values() if entry[0] == entry[2] == 1)
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        ends[pile : pile + 1] = [index]
    rising = []
    index = ends[-1] if ends else -1
    while index >= 0:
        rising.append(pairs[index])
        index = before[index]
    return rising[::-1]


def _common(old: list[str], new: list[str], i: int, i_end: int, j: int, j_end: int) -> list[Block]:
    """A longest common subsequence of a small stretch."""
    width = j_end - j
    rows = [[0] * (width + 1)]
    for k in range(i_end - 1, i - 1, -1):
        below = rows[-1]
        row = [0] * (width + 1)
        for m in range(width - 1, -1, -1):
            row[m] = below[m + 1] + 1 if old[k] == new[j + m] else max(below[m], row[m + 1])
        rows.append(row)
    rows.reverse()
    found = []
    k = m = 0
    while k < i_end - i and m < width:
        if old[i + k] == new[j + m]:
            found.append(Block(i + k, j + m, 1))
            k, m = k + 1, m + 1
        elif rows[k + 1][m] >= rows[k][m + 1]:
            k += 1
        else:
            m += 1
    return found
