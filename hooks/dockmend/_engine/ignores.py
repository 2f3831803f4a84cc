"""What an author asked not to hear of, in comments and directives of the Dockerfile itself.

Three dialects: dockmend's own comments, hadolint's (https://github.com/hadolint/hadolint#inline-ignores)
and BuildKit's `# check=skip=…` directive (https://docs.docker.com/reference/dockerfile/#check).
"""

from __future__ import annotations

from bisect import bisect_right

from dockmend._dockerfile.span import Edit, Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Set

    from dockmend._dockerfile.document import Comment, Document
    from dockmend._dockerfile.text import Text
    from dockmend._hook import Finding

_EVERY = frozenset("*")
# Of BuildKit's own checks alone.
_EVERY_BUILDKIT = "*buildkit"
_BUILDKIT_CODE = regex(r"[A-Z]+[a-z]")

# A comment of dockmend's own: `file-` or nothing, and the codes, None where it has no brackets.
OWN = regex(r"#[ \t]*dockmend:[ \t]*(file-)?ignore(?:\[([^\]]*)\]|(?![^ \t]))")
# As measured of hadolint 2.15.1: the whole line counts or nothing, and only another comment may follow.
_HADOLINT = regex(r"#\s*hadolint\s+(global\s+)?ignore\s*=\s*([DLSC0-9]+(?:\s*,\s*[DLSC0-9]+)*)\s*(?:#.*)?")


class Ignores:
    """What is silenced in one document."""

    __slots__ = ("_everywhere", "_instructions", "_starts")

    def __init__(
        self, everywhere: frozenset[str], starts: tuple[int, ...], instructions: dict[int, frozenset[str]]
    ) -> None:
        """`instructions` has the codes silenced, by an instruction's index; `starts` where each begins."""
        self._everywhere = everywhere
        self._starts = starts
        self._instructions = instructions

    def covers(self, names: Set[str], finding: Finding) -> bool:
        """Whether a finding that goes by `names` is silenced: all over, or where it or its fix is."""
        if _named(names, self._everywhere):
            return True
        if not self._instructions:
            return False
        touched = {bisect_right(self._starts, finding.span.start) - 1}
        if finding.fix is not None:
            touched |= finding.fix.becomes.keys()
        return any(_named(names, self._instructions.get(index, frozenset())) for index in touched)


NOTHING = Ignores(frozenset(), (), {})


def silenced(doc: Document, *, hadolints: bool = True) -> Ignores:
    """Read the ignore comments of `doc`, hadolint's where `hadolints` says so, and the check directive.

    `# dockmend: ignore[…]` holds for the instruction under the block of comment lines that it stands
    in, without an empty line between; `file-ignore` and hadolint's `global ignore` for the file, the
    former only before the first instruction; hadolint's `ignore` for the very next line. Comments
    inside an instruction silence nothing.
    """
    check = [item for item in doc.directives if item.name == "check"]
    if not check and "dockmend:" not in doc.text and "hadolint" not in doc.text:
        return NOTHING
    everywhere: set[str] = set()
    for directive in check:
        everywhere |= _skipped(directive.value)
    starts = tuple(instruction.span.start for instruction in doc.instructions)
    lines = {doc.position(start)[0]: index for index, start in enumerate(starts)}
    instructions: dict[int, frozenset[str]] = {}
    block: set[str] = set()
    previous = 0
    for comment, before in outside(doc):
        line = doc.position(comment.span.start)[0]
        text = comment.text
        if line != previous + 1:
            block = set()
        previous = line
        below = lines.get(line + 1)
        if found := OWN.match(text):
            codes = _codes(found[2])
            if not found[1]:
                block |= codes
            elif before == 0:
                everywhere |= codes
        elif hadolints and (found := _HADOLINT.fullmatch(text)):
            codes = _codes(found[2])
            if found[1]:
                everywhere |= codes
            elif below is not None:
                instructions[below] = instructions.get(below, frozenset()) | codes
        if below is not None and block:
            instructions[below] = instructions.get(below, frozenset()) | block
    return Ignores(frozenset(everywhere), starts, instructions)


def silenced_below(doc: Text, comments: Sequence[Comment], parts: Iterable[Span]) -> Ignores:
    """Read dockmend's own ignore comments of a file that is no Dockerfile.

    `parts` are its parts, which may lie in each other. `ignore[…]` holds for the part that starts under the
    block of comment lines, and for all in it; `file-ignore`, before the first part, for the file.
    """
    if "dockmend:" not in doc.text:
        return NOTHING
    spans = sorted(parts)
    everywhere: set[str] = set()
    below: dict[int, frozenset[str]] = {}
    block: frozenset[str] = frozenset()
    previous = 0
    for comment in comments:
        line = doc.position(comment.span.start)[0]
        block = block if line == previous + 1 else frozenset()
        previous = line
        if found := OWN.match(comment.text):
            if not found[1]:
                block |= _codes(found[2])
            elif not spans or comment.span.start < spans[0].start:
                everywhere |= _codes(found[2])
        below[line + 1] = block
    codes: dict[int, frozenset[str]] = {}
    around: list[tuple[int, frozenset[str]]] = []
    for index, span in enumerate(spans):
        while around and around[-1][0] <= span.start:
            around.pop()
        own = below.get(doc.position(span.start)[0], frozenset())
        codes[index] = own | (around[-1][1] if around else frozenset())
        around.append((span.end, codes[index]))
    return Ignores(frozenset(everywhere), tuple(span.start for span in spans), codes)


def unknown(doc: Text, asking: Iterable[Comment], known: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Line (from 1) and code of each code that is not `known`, in dockmend's own comments among `asking`."""
    for comment in asking:
        if found := OWN.match(comment.text):
            line = doc.position(comment.span.start)[0]
            yield from ((line, code) for code in sorted(_codes(found[2]) - _EVERY) if not known(code))


def comment(
    doc: Text, asking: Iterable[Comment], places: Sequence[int], name: str, offset: int
) -> Edit | None:
    """The edit that silences the hook of that name in the last of the `places` that is not behind `offset`.

    It adds the hook to one of the comments `asking` so that is above, or writes one. None before the first.
    """
    index = bisect_right(places, offset) - 1
    if index < 0:
        return None
    line, _ = doc.position(places[index])
    above = {doc.position(comment.span.start)[0]: comment for comment in asking}
    top = line
    while top - 1 in above:
        top -= 1
        found = OWN.match(above[top].text)
        if found and not found[1] and _codes(found[2]) != _EVERY:
            at = above[top].span.start + found.start(2) + len(found[2].rstrip(" \t,"))
            return Edit(Span(at, at), f", {name}")
    # hadolint's speaks of the very next line alone.
    while line - 1 in above and _HADOLINT.fullmatch(above[line - 1].text):
        line -= 1
    start, end = doc.lines_span(line, line)
    start += int(start == 0 and doc.bom)
    written = doc.text[start:end]
    indent = written[: len(written) - len(written.lstrip(" \t"))]
    at = start + len(indent)
    return Edit(Span(at, at), f"# dockmend: ignore[{name}]{doc.newline}{indent}")


def file_comment(doc: Text, asking: Iterable[Comment], first: int, name: str) -> Edit:
    """The edit that silences the hook of that name in the file; `first` is where the first place begins."""
    line, _ = doc.position(first)
    for one in asking:
        found = OWN.match(one.text) if one.span.start < first else None
        if found and found[1] and _codes(found[2]) != _EVERY:
            at = one.span.start + found.start(2) + len(found[2].rstrip(" \t,"))
            return Edit(Span(at, at), f", {name}")
    above = {doc.position(one.span.start)[0]: one for one in asking}
    while line - 1 in above and _speaks_of_what_follows(above[line - 1].text):
        line -= 1
    start = max(doc.lines_span(line, line).start, int(doc.bom))
    return Edit(Span(start, start), f"# dockmend: file-ignore[{name}]{doc.newline}")


def _speaks_of_what_follows(text: str) -> bool:
    own = OWN.match(text)
    return bool(_HADOLINT.fullmatch(text) or (own and not own[1]))


def outside(doc: Document) -> Iterator[tuple[Comment, int]]:
    """The comments outside instructions, each with the number of instructions before it."""
    before = 0
    for comment in doc.comments:
        while before < len(doc.instructions) and doc.instructions[before].span.end <= comment.span.start:
            before += 1
        if before == len(doc.instructions) or comment.span.start < doc.instructions[before].span.start:
            yield comment, before


def _codes(listed: str | None) -> frozenset[str]:
    """The codes of a comma-separated list; none means every one."""
    return frozenset(code.strip(" \t") for code in (listed or "").split(",") if code.strip(" \t")) or _EVERY


def _skipped(value: str) -> set[str]:
    """The checks that `skip=A,B;error=true` names (BuildKit, linter.ParseLintOptions)."""
    for part in value.split(";"):
        key, _, names = part.partition("=")
        if key.strip(" \t") == "skip":
            listed = {name.strip(" \t") for name in names.split(",")}
            return {_EVERY_BUILDKIT} if listed == {"all"} else listed - {"", "*", _EVERY_BUILDKIT}
    return set()


def _named(names: Set[str], codes: Set[str]) -> bool:
    if not codes or not names.isdisjoint(codes) or "*" in codes:
        return bool(codes)
    return _EVERY_BUILDKIT in codes and any(map(_BUILDKIT_CODE.match, names))
