"""A change as a unified diff that `git apply`, `patch` and unidiff take, from the folder it was made in.

There is no `diff --git` line: with it `git apply` takes paths from the top of the repository, without
it from the current folder, as `patch` does.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockmend._engine.lines import Block, blocks, split

CONTEXT = 3

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def unified(path: str, before: str | None, after: str) -> str:
    """The patch that makes `after` of `before` in the file `path` (relative, `/` between its parts).

    `before` None is a new file. Nothing where the texts are equal.
    """
    body = "".join(hunks(before or "", after))
    if not body:
        return ""
    old = "/dev/null" if before is None else _quoted(f"a/{path}")
    return f"--- {old}\n+++ {_quoted(f'b/{path}')}\n{body}"


def hunks(before: str, after: str, context: int = CONTEXT) -> Iterator[str]:
    """The hunks of a unified diff, each with its `@@` line."""
    old, new = split(before), split(after)
    last = Block(len(old), len(new), 0)
    changes: list[tuple[int, int, int, int]] = []
    i = j = 0
    for block in [*blocks(old, new), last]:
        if (i, j) != (block.old, block.new):
            changes.append((i, block.old, j, block.new))
        i, j = block.old + block.length, block.new + block.length
    group: list[tuple[int, int, int, int]] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * context:
            yield _hunk(old, new, group, context)
            group = []
        group.append(change)
    if group:
        yield _hunk(old, new, group, context)


def _hunk(old: list[str], new: list[str], group: list[tuple[int, int, int, int]], context: int) -> str:
    lead = min(context, group[0][0])
    i, j = group[0][0] - lead, group[0][2] - lead
    end = min(len(old), group[-1][1] + context)
    new_end = group[-1][3] + end - group[-1][1]
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
