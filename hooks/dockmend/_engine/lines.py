"""Which lines of two texts are the same, and what makes the one of the other."""

from __future__ import annotations

from itertools import pairwise

from dockmend._dockerfile.span import Edit, Span
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# difflib's time grows with the square of a repetitive text: between the first and the last change of a text
# with more lines than this, all lines count as changed. No Dockerfile comes near.
_COMPARED = 2_000


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
    """The stretches of equal lines, in order and apart."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[len(old) - 1 - tail] == new[len(new) - 1 - tail]:
        tail += 1
    found = [Block(0, 0, head)]
    rows, columns = old[head : len(old) - tail], new[head : len(new) - tail]
    if not set(rows).isdisjoint(columns) and max(len(rows), len(columns)) <= _COMPARED:
        from difflib import SequenceMatcher

        found += (
            Block(head + i, head + j, length)
            for i, j, length in SequenceMatcher(None, rows, columns).get_matching_blocks()
        )
    found.append(Block(len(old) - tail, len(new) - tail, tail))
    return [block for block in found if block.length]


def edits(before: str, after: str) -> Iterator[Edit]:
    """The edits that make `after` of `before`, in order and apart: what differs within lines, no more."""
    old, new = split(before), split(after)
    apart = [Block(0, 0, 0), *blocks(old, new), Block(len(old), len(new), 0)]
    at = 0
    for block, following in pairwise(apart):
        at += sum(map(len, old[block.old : block.old + block.length]))
        removed = old[block.old + block.length : following.old]
        added = new[block.new + block.length : following.new]
        if len(removed) != len(added):
            removed, added = ["".join(removed)], ["".join(added)]
        for line, other in zip(removed, added):
            yield from _within(at, line, other)
            at += len(line)


def _within(at: int, old: str, new: str) -> Iterator[Edit]:
    """What makes `new` of the `old` that stands at the offset `at`: one edit, or none."""
    if old != new:
        head = _common(old, new)
        tail = _common(reversed(old[head:]), reversed(new[head:]))
        yield Edit(Span(at + head, at + len(old) - tail), new[head : len(new) - tail])


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    """How many items both begin with."""
    count = 0
    for a, b in zip(one, other):
        if a != b:
            break
        count += 1
    return count
