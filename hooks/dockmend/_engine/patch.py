"""A change as a unified diff that `git apply`, `patch` and unidiff take, from the folder it was made in.

There is no `diff --git` line: with it `git apply` takes paths from the top of the repository, without
it from the current folder, as `patch` does.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf

from dockmend._engine.lines import Block, blocks, split
from dockmend._functools import lru_cache
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT = 3

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


_Change = tuple[int, int, int, int]


@lru_cache(maxsize=4)
def _secret_lines(path: str, text: str) -> list[int]:
    # Read as a Dockerfile, each line of an ignore file would be an unknown instruction.
    if not text or path.endswith(".dockerignore"):
        return []
    from dockmend._engine.kinds import masked

    shown = masked(text, path)
    if shown == text:
        return []
    return [n for n, (old, new) in enumerate(zip(text.split("\n"), shown.split("\n"))) if old != new]


def _first(lines: list[int], start: int) -> float:
    """The first of the sorted `lines` from `start` on; infinity where there is none."""
    at = bisect_left(lines, start)
    return lines[at] if at < len(lines) else inf


class _Hidden:
    """Lines of the old and the new text that no patch may show, by their indexes."""

    def __init__(self, path: str = "", before: str = "", after: str = "") -> None:
        self.old = _secret_lines(path, before)
        self.new = _secret_lines(path, after)

    def __bool__(self) -> bool:
        return bool(self.old or self.new)

    def changed(self, change: _Change) -> bool:
        """Whether one of them is changed."""
        return self.between(*change[:2]) or _first(self.new, change[2]) < change[3]

    def between(self, start: int, end: int) -> bool:
        """Whether one of them is among these lines of the old text."""
        return _first(self.old, start) < end

    def parts(self, before: _Change, after: _Change) -> bool:
        """Whether two neighbouring changes cannot stand in one hunk."""
        return self.changed(before) or self.changed(after) or self.between(before[1], after[0])


_NOTHING = _Hidden()


def unified(path: str, before: str | None, after: str) -> str:
    """The patch that makes `after` of `before` in the file `path` (relative, `/` between its parts).

    `before` None is a new file. Nothing where the texts are equal. No secret is in it: lines that hold one
    are left out of the context, and a change of such a line is left out, since masked it would not apply.
    """
    body = "".join(hunks(before or "", after, hidden=_Hidden(path, before or "", after)))
    if not body:
        return ""
    old = "/dev/null" if before is None else _quoted(f"a/{path}")
    return f"--- {old}\n+++ {_quoted(f'b/{path}')}\n{body}"


def withheld(path: str, before: str, after: str) -> bool:
    """Whether `unified` leaves out a change because its lines hold a secret."""
    hidden = _Hidden(path, before, after)
    return bool(hidden) and not all(hunks(before, after, hidden=hidden))


def hunks(before: str, after: str, context: int = CONTEXT, hidden: _Hidden = _NOTHING) -> Iterator[str]:
    """The hunks of a unified diff, each with its `@@` line; an empty one for each that is `hidden`."""
    old, new = split(before), split(after)
    last = Block(len(old), len(new), 0)
    changes: list[_Change] = []
    i = j = 0
    for block in [*blocks(old, new), last]:
        if (i, j) != (block.old, block.new):
            changes.append((i, block.old, j, block.new))
        i, j = block.old + block.length, block.new + block.length
    group: list[_Change] = []
    for change in changes:
        if group and (change[0] - group[-1][1] > 2 * context or hidden.parts(group[-1], change)):
            yield _hunk(old, new, group, context, hidden)
            group = []
        group.append(change)
    if group:
        yield _hunk(old, new, group, context, hidden)


def _hunk(old: list[str], new: list[str], group: list[_Change], context: int, hidden: _Hidden) -> str:
    first, last = group[0], group[-1]
    i = max(0, first[0] - context)
    while hidden.between(i, first[0]):
        i += 1
    end = int(min(len(old), last[1] + context, _first(hidden.old, last[1])))
    # git takes a hunk without lines behind its changes for one at the end of the file.
    if any(map(hidden.changed, group)) or (context and end == last[1] < len(old)):
        return ""
    j, new_end = first[2] - (first[0] - i), last[3] + end - last[1]
    parts = [f"@@ -{_range(i, end)} +{_range(j, new_end)} @@\n"]
    for start, stop, new_start, new_stop in group:
        parts += (_line(" ", line) for line in old[i:start])
        parts += (_line("-", line) for line in old[start:stop])
        parts += (_line("+", line) for line in new[new_start:new_stop])
        i = stop
    parts += (_line(" ", line) for line in old[i:end])
    return "".join(parts)


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """The name as git writes it: quoted unless printable ASCII, a tab after one with blanks."""
    data = name.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in _ESCAPES for byte in data):
        return f"{name}\t" if " " in name else name
    return '"' + "".join(_escaped(byte) for byte in data) + '"'


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return "\\" + _ESCAPES[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
