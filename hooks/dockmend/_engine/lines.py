"""Which lines of two texts are the same."""

from __future__ import annotations

from typing import NamedTuple

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
    if rows and columns and max(len(rows), len(columns)) <= _COMPARED:
        from difflib import SequenceMatcher

        found += (
            Block(head + i, head + j, length)
            for i, j, length in SequenceMatcher(None, rows, columns).get_matching_blocks()
        )
    found.append(Block(len(old) - tail, len(new) - tail, tail))
    return [block for block in found if block.length]
