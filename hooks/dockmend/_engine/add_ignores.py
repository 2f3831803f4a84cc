"""An ignore comment for each finding, so that an old repository can begin with what is new."""

from __future__ import annotations

from bisect import bisect_right

from dockmend._dockerfile.document import Problem
from dockmend._dockerfile.span import Span
from dockmend._edit import Edits
from dockmend._engine import ignores
from dockmend._engine.kinds import Kind, kind_of
from dockmend._engine.lines import split
from dockmend._engine.mend import ROUNDS, Reported, Result, Settings, check_text
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockmend._engine.kinds import Parsed
    from dockmend._engine.mend import Only
    from dockmend._hook import Edit
    from dockmend._project.context import BuildContext


def ignored_text(
    text: str, settings: Settings, path: str | None, build: BuildContext, only: Only | None = None
) -> Result:
    """`text` with comments that silence what is found; takes and returns what `mend_text` does.

    `mended` are the findings that are silenced; `findings` has those for which no comment can be proved
    harmless. Hooks mind comments, so that one may bring another finding. The text comes back as it was, with
    `problems`, where it is refused or that does not end.
    """
    kind = kind_of(path)
    silenced: list[Reported] = []
    doc = before = kind.parse(text)
    for _ in range(ROUNDS):
        result = check_text(doc.text, settings, path, build)
        if result.problems:
            return Result(text, problems=result.problems)
        wanted = [found for found in result.findings if only is None or only(doc, found.finding)]
        doc, done = _commented(kind, doc, wanted)
        if not done and _only_comments(before, doc):
            return result._replace(mended=tuple(silenced))
        silenced += done
    said = "no comments silence all that is found; the file is left alone: please report this"
    return Result(text, problems=(Problem(1, said),))


def silencing(kind: Kind, doc: Parsed, name: str, place: Span) -> Edit | None:
    """The edit that silences the hook of that name where `place` is; None where no comment can.

    What is said of nothing, at the start of the text, or of what is before the first place, is said of all.
    """
    asking, places = list(kind.asking(doc)), kind.places(doc)
    edit = ignores.comment(doc, asking, places, name, place.start) if place.end else None
    if edit is None and places:
        edit = ignores.file_comment(doc, asking, places[0], name)
    if edit is None:
        return None
    after = kind.parse(Edits([edit]).apply(doc.text))
    return None if after.problems or kind.difference(doc, after, {}) is not None else edit


def _commented(kind: Kind, doc: Parsed, found: Iterable[Reported]) -> tuple[Parsed, list[Reported]]:
    """The document with a comment for each finding that one can silence, and those findings.

    The last places go first, so that the others stay where they are.
    """
    places = kind.places(doc)
    groups: dict[int, dict[str, list[Reported]]] = {}
    for one in found:
        at = one.finding.span
        index = bisect_right(places, at.start) - 1 if at.end else -1
        groups.setdefault(index, {}).setdefault(one.name, []).append(one)
    done: list[Reported] = []
    for index, names in sorted(groups.items(), reverse=True):
        begin = places[index] if index >= 0 else 0
        for name, alike in names.items():
            edit = silencing(kind, doc, name, Span(begin, begin + (index >= 0)))
            if edit is not None:
                doc = kind.parse(Edits([edit]).apply(doc.text))
                begin += len(edit.text) if index >= 0 else 0
                done += alike
    return doc, sorted(done, key=lambda one: one.finding.span)


def _only_comments(before: Parsed, after: Parsed) -> bool:
    """Whether the text is the same but for ignore comments that are new or name more hooks."""
    old = split(before.text.removeprefix("\ufeff"))
    place = 0
    for line in split(after.text.removeprefix("\ufeff")):
        if place < len(old) and line == old[place]:
            place += 1
            continue
        # In a Compose file, a comment may end a line.
        known = ignores.OWN.search(old[place]) if place < len(old) else None
        if known is not None and known[2] is not None:
            end = known.start(2) + len(known[2].rstrip(" \t,"))
            if line.startswith(old[place][:end]) and line.endswith(old[place][end:]):
                place += 1
                continue
        if ignores.OWN.match(line.lstrip(" \t")) is None:
            return False
    return place == len(old) and before.bom == after.bom
