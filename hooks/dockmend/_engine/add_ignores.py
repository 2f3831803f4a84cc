"""An ignore comment for each finding, so that an old repository can begin with what is new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from dockmend._dockerfile.document import Comment, Problem
from dockmend._dockerfile.span import Edit, Span
from dockmend._edit import Edits
from dockmend._engine import ignores
from dockmend._engine.kinds import Kind, kind_of
from dockmend._engine.lines import split
from dockmend._engine.mend import ROUNDS, Only, Reported, Result, Settings, check_text

if TYPE_CHECKING:
    from dockmend._engine.kinds import Parsed
    from dockmend._project.context import BuildContext


def ignored_text(
    text: str, settings: Settings, path: str | None, build: BuildContext, only: Only | None = None
) -> Result:
    """`text` with comments that silence every finding; takes and returns what `mend_text` does.

    `mended` are the findings that are silenced. Hooks mind comments, so that one may bring another finding.
    A file that hooks only report on stays as it is. The text comes back as it was, with `problems`, where it
    is refused or comments do not do.
    """
    kind = kind_of(path)
    silenced: list[Reported] = []
    doc = before = kind.parse(text)
    for _ in range(ROUNDS):
        result = check_text(doc.text, settings, path, build)
        if result.problems:
            return Result(text, problems=result.problems)
        wanted = [found for found in result.findings if only is None or only(doc, found.finding)]
        if not kind.holders(doc):
            return result
        if not wanted and _only_comments(kind, before, doc):
            return result._replace(mended=tuple(silenced))
        silenced += wanted
        doc = kind.parse(_commented(kind, doc, wanted))
    said = "no comments silence all that is found; the file is left alone: please report this"
    return Result(text, problems=(Problem(1, said),))


class _Own(NamedTuple):
    """An ignore comment: where the codes in its brackets end, and whether there are any."""

    of_file: bool
    end: int
    codes: bool


def _commented(kind: Kind, doc: Parsed, found: Iterable[Reported]) -> str:
    """The text with each finding named in a comment above what it is about, or in one for the file."""
    starts = kind.holders(doc)
    first = _begin(doc, starts[0])
    # By where the line begins; None: what is said of nothing, at the start of the text, or before the first.
    wanted: dict[int | None, list[str]] = {}
    for one in found:
        at = one.finding.span
        index = ignores.holder_at(starts, at.start) if at.end else -1
        names = wanted.setdefault(_begin(doc, starts[index]) if index >= 0 else None, [])
        if one.hook.name not in names:
            names.append(one.hook.name)
    comments = list(kind.asking(doc))
    added: dict[int, str] = {}
    for line, names in sorted(wanted.items(), key=lambda item: -1 if item[0] is None else item[0]):
        codes = ", ".join(names)
        start = first if line is None else line
        above = _before(comments, first) if line is None else _above(doc, comments, start)
        known = [own for own in map(_own, above) if own and own.of_file == (line is None)]
        if known:
            added[known[-1].end] = f", {codes}" if known[-1].codes else codes
            continue
        indent = doc.text[start : doc.line_end(start)]
        indent = indent[: len(indent) - len(indent.lstrip(" \t"))]
        if above and _adjoin(doc, above[-1], start) and ignores.for_next_line(above[-1].text):
            start = _begin(doc, above[-1].span.start)
        comment = f"# dockmend: {'file-' if line is None else ''}ignore[{codes}]"
        added[start] = f"{added.get(start, '')}{indent}{comment}{doc.newline}"
    return Edits(Edit(Span(place, place), text) for place, text in added.items()).apply(doc.text)


def _begin(doc: Parsed, offset: int) -> int:
    """Where the line of `offset` begins, behind a byte order mark."""
    return max(doc.line_start(offset), int(doc.bom))


def _before(comments: list[Comment], place: int) -> list[Comment]:
    return [comment for comment in comments if comment.span.start < place]


def _above(doc: Parsed, comments: list[Comment], start: int) -> list[Comment]:
    """The comments in the lines just above `start`, without an empty line between."""
    found = _before(comments, start)
    first = len(found)
    while first and _adjoin(doc, found[first - 1], start):
        first -= 1
        start = found[first].span.start
    return found[first:]


def _adjoin(doc: Parsed, comment: Comment, start: int) -> bool:
    return doc.position(comment.span.start)[0] + 1 == doc.position(start)[0]


def _own(comment: Comment) -> _Own | None:
    found = ignores.OWN.match(comment.text)
    if found is None or found[2] is None:
        return None
    codes = found[2].rstrip(" \t")
    return _Own(bool(found[1]), comment.span.start + found.start(2) + len(codes), bool(codes.strip(" \t")))


def _only_comments(kind: Kind, before: Parsed, after: Parsed) -> bool:
    """Whether `after` is `before` but for ignore comments that are new or name more hooks."""
    old = split(before.text.removeprefix("\ufeff"))
    place = 0
    for line in split(after.text.removeprefix("\ufeff")):
        if place < len(old) and line == old[place]:
            place += 1
            continue
        # In a Compose file, a comment may end a line.
        if ignores.OWN.search(line) is None:
            return False
        known = ignores.OWN.search(old[place]) if place < len(old) else None
        if known is not None and known[2] is not None:
            end = known.start(2) + len(known[2].rstrip(" \t"))
            if line.startswith(old[place][:end]) and line.endswith(old[place][end:]):
                place += 1
                continue
        if ignores.OWN.match(line.lstrip(" \t")) is None:
            return False
    return place == len(old) and before.bom == after.bom and kind.difference(before, after, {}) is None
