"""Which lines a change touches, and which findings those lines concern."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from io import StringIO

from dockmend._engine.errors import Failure
from dockmend._engine.files import decode, encode
from dockmend._engine.lines import blocks, split
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unidiff.patch import Hunk

    from dockmend._dockerfile.span import Span
    from dockmend._engine.kinds import Parsed
    from dockmend._hook import Finding, Fix

# Line numbers from 1, sorted; None: the whole file.
Lines = list[int] | None
Changes = Mapping[str, Lines]

_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


def since(revision: str, folder: str) -> Changes:
    """What the files have as they are now that was not in the git revision, by real path; new files wholly.

    Where that revision went on by itself, what counts is the commit that both come from: what others did
    meanwhile is no change of these files. `folder` lies in the work tree. Raises Failure where git is missing
    or refuses.
    """
    if revision.startswith("-"):
        raise Failure.at("--since", f'"{revision}" is no revision')
    top = os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).removesuffix("\n")
    if not _git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", may_find_none=True):
        raise Failure.at("--since", f'git knows no revision "{revision}"; check its name, or fetch it first')
    # Nothing in a shallow clone, whose history ends before the two meet.
    shared = _git(top, "merge-base", revision, "HEAD", may_find_none=True).decode("ascii").strip()
    difference = _git(
        top, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative",
        "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--find-renames", "--unified=0",
        shared or revision, "--",
    )  # fmt: skip
    changes = dict(_read(decode(difference), "git diff", lambda name: os.path.join(top, name)))
    for name in _git(top, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0"):
        if name:
            changes[os.path.realpath(os.path.join(top, os.fsdecode(name)))] = None
    return changes


def in_patch(text: str, name: str, folder: str) -> Changes:
    """What a unified diff touches, by real path; `name` is what to call it in an error.

    Its paths are taken from `folder` or, where nothing is there, from the folders above it up to the top
    of the git work tree. Raises Failure for what is no unified diff.
    """

    def find(path: str) -> str:
        base = folder
        while not os.path.exists(os.path.join(base, path)):
            parent = os.path.dirname(base)
            if parent == base or os.path.exists(os.path.join(base, ".git")):
                return os.path.join(folder, path)
            base = parent
        return os.path.join(base, path)

    return _read(text, name, find)


class Touched:
    """What the `changed` lines of `text` concern, there and in what becomes of it as it is mended.

    A place is widened to whole instructions or entries: one changed line in those is enough.
    """

    def __init__(self, changed: list[int], text: str) -> None:
        self._text = text
        self._followed: dict[str, list[int]] = {text: changed}

    def concerns(self, doc: Parsed, finding: Finding) -> bool:
        """Whether a changed line concerns the place of `finding`, or a line that its fix changes."""
        if self._any(doc, finding.span):
            return True
        lines = () if finding.fix is None else edited(doc, finding.fix)
        return any(self._any(doc, doc.lines_span(line, line)) for line in lines)

    def beyond(self, doc: Parsed, lines: Iterable[int]) -> list[int]:
        """Those of the lines of `doc` that no changed line concerns, in order."""
        return sorted(line for line in lines if not self._any(doc, doc.lines_span(line, line)))

    def _any(self, doc: Parsed, span: Span) -> bool:
        if doc.text not in self._followed:
            changed = self._followed[self._text]
            self._followed[doc.text] = _follow(changed, split(self._text), split(doc.text))
        start, end = doc.reach(span)
        first, last = doc.position(start)[0], doc.position(max(start, end - 1))[0]
        return _any_between(self._followed[doc.text], first, last)


def gone(before: str, after: str) -> set[int]:
    """The lines of `before` that `after` lacks or has otherwise."""
    old = split(before)
    lines = set(range(1, len(old) + 1))
    for block in blocks(old, split(after)):
        lines.difference_update(range(block.old + 1, block.old + block.length + 1))
    return lines


def edited(doc: Parsed, fix: Fix) -> set[int]:
    """The lines that `fix` changes or takes away; whole lines that it puts between them change none."""
    lines: set[int] = set()
    for (start, end), text in fix.edits:
        above = doc.line_start(start) == start and text.endswith("\n")
        below = doc.line_end(start) == start and text.startswith(("\n", "\r\n"))
        if start < end or not (above or below):
            lines.update(range(doc.position(start)[0], doc.position(max(start, end - 1))[0] + 1))
    return lines


def reach(lines: list[int]) -> str:
    """What is said of a fix that reaches these lines, sorted, beyond those that changed."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1] = ranges[-1][0], line
        else:
            ranges.append((line, line))
    text = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in ranges)
    called = "line" if len(lines) == 1 else "lines"
    return f"what is mended reaches beyond the changed lines, to {called} {text}"


def _any_between(lines: list[int], first: int, last: int) -> bool:
    index = bisect_left(lines, first)
    return index < len(lines) and lines[index] <= last


def _follow(changed: list[int], old: list[str], new: list[str]) -> list[int]:
    """The changed lines of `old` in `new`; what stands in the place of a changed line is changed."""
    lines: list[int] = []
    i = j = 0
    for block in [*blocks(old, new), None]:
        to_i, to_j = (block.old, block.new) if block else (len(old), len(new))
        if _any_between(changed, i + 1, to_i):
            lines += range(j + 1, to_j + 1)
        if block:
            i, j = to_i + block.length, to_j + block.length
            start = bisect_left(changed, to_i + 1)
            stop = bisect_left(changed, i + 1)
            lines += (line + to_j - to_i for line in changed[start:stop])
    return lines


def _read(text: str, name: str, locate: Callable[[str], str]) -> dict[str, Lines]:
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patch = PatchSet(StringIO(text, newline="\n"))
    except UnidiffParseError as error:
        raise Failure.at(name, f"is not a unified diff: {error}") from error
    if not patch and text.strip():
        raise Failure.at(name, "is not a unified diff; make one with `git diff`")
    changes: dict[str, Lines] = {}
    for file in patch:
        target = _unquoted(file.target_file)
        if target != "/dev/null":
            lines = sorted({line for hunk in file for line in _touched(hunk)})
            # What an attribute declares to be binary differs without lines.
            path = os.path.realpath(locate(target.removeprefix("b/")))
            changes[path] = None if file.is_binary_file else lines
    return changes


def _touched(hunk: Hunk) -> list[int]:
    """The added lines and, where lines went with none in their place, those on both sides of the gap."""
    lines: list[int] = []
    place = hunk.target_start if hunk.target_length else hunk.target_start + 1
    removed = added = False
    for line in [*hunk, None]:
        if line is not None and line.is_removed:
            removed = True
        elif line is not None and line.is_added:
            added = True
            lines.append(place)
            place += 1
        elif line is None or line.is_context:
            if removed and not added:
                lines += place - 1, place
            removed = added = False
            place += 1
    return lines


def _unquoted(name: str) -> str:
    r"""A file name as git writes it: `"b/caf\303\251"` is b/café."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name

    def byte(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 8)]) if found[1].isdigit() else _ESCAPES.get(found[1], found[1])

    return decode(re.sub(rb"\\([0-3][0-7]{2}|.)", byte, encode(name[1:-1])))


def _git(folder: str, *arguments: str, may_find_none: bool = False) -> bytes:
    import subprocess

    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise Failure.at(
            "--since", f"git cannot be run: {error.strerror}; install git, or use --patch"
        ) from error
    if done.returncode and not (may_find_none and done.returncode == 1):
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0] or "no such revision"
        raise Failure.at("--since", f"git {arguments[0]} failed: {said}")
    return done.stdout
