"""JSON arrays of strings: the edits that put one in the place of a shell form, and what was meant for one.

https://docs.docker.com/reference/dockerfile/#exec-form. BuildKit reads an array once the line
continuations are gone, so that its strings may run over lines, comments in between included.
"""

from __future__ import annotations

from dockmend._dockerfile.lexer import GO_SPACE
from dockmend._dockerfile.span import Edit, Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockmend._dockerfile.document import Document, Logical

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What closes a string that opens with a quote, those of word processors (U+2018 to U+201E) too.
_DOUBLE, _SINGLE = "\u201c\u201d\u201e", "\u2018\u2019"
_QUOTES = {'"': '"', "'": "'", **dict.fromkeys(_DOUBLE, _DOUBLE), **dict.fromkeys(_SINGLE, _SINGLE)}
_BARE = regex(rf"""[^\s,\[\]"'{_DOUBLE}{_SINGLE}$`\\]+""")
_ESCAPE = regex(r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})')


class Item(NamedTuple):
    """A string of an array that takes the place of `text[start:end]`.

    `parts` spell it: each with the place in `text` that it stands for, in order, escaped as JSON.
    """

    start: int
    end: int
    parts: tuple[tuple[int, str], ...]

    @property
    def value(self) -> str:
        """The string itself."""
        body = "".join(part for _, part in self.parts)
        if "\\" not in body:
            return body
        import json

        return str(json.loads(f'"{body}"'))


class Lookalike(NamedTuple):
    """What was meant for an array but is none to BuildKit; `note` is where a comment after it starts."""

    items: tuple[Item, ...]
    note: int | None


def item(text: str, start: int, end: int, places: Iterable[int]) -> Item:
    """The string that the characters at `places` of `text` make, in the place of `text[start:end]`."""
    return Item(start, end, tuple((place, escaped(text[place])) for place in places))


def escaped(char: str) -> str:
    """A character as a JSON string spells it; what needs no escape stays as it is."""
    return _SHORT.get(char) or (f"\\u{ord(char):04x}" if char < " " else char)


def spelled(strings: Sequence[str]) -> str:
    """`strings` as the inside of a JSON array, without its brackets."""
    return ", ".join('"' + "".join(map(escaped, string)) + '"' for string in strings)


def edits(doc: Document, args: Logical, items: Sequence[Item], first: Sequence[str] = ()) -> tuple[Edit, ...]:
    """The edits that make of `args` an array of the strings `first` and then the `items`.

    Each item stands where its text stood, over as many lines; words of one line get one blank between them,
    and what else is between, before and after the items goes.
    """
    made: list[Edit] = []
    if not items:
        return (Edit(args.span(0, len(args.text)), f"[{spelled(first)}]"),)
    lead = "[" + (spelled(first) + ", " if first else "")
    _between(doc, args, 0, items[0].start, "", made)
    for number, one in enumerate(items):
        following = items[number + 1].start if number + 1 < len(items) else len(args.text)
        last = number + 1 == len(items)
        touching = not last and args.offset(following) == args.offset(one.end - 1) + 1
        comma = _between(doc, args, one.end, following, "" if last or touching else " ", made)
        behind = "]" if last else "" if comma else ", " if touching else ","
        _spell(doc, args, one, lead if number == 0 else "", behind, made)
    return tuple(sorted(made))


def _between(doc: Document, args: Logical, start: int, end: int, filler: str, made: list[Edit]) -> bool:
    """Edit what stands between two items, line breaks kept; whether a comma stays in it."""
    low = args.offset(start - 1) + 1 if start else args.offset(0)
    high = args.offset(end)
    if "\n" not in doc.text[low:high]:
        if doc.text[low:high] != filler:
            made.append(Edit(Span(low, high), filler))
        return False
    comma = False
    for place in range(start, end):
        if args.text[place] == "," and filler and not comma:
            comma = True
        elif args.text[place] not in GO_SPACE:
            made.append(Edit(args.span(place, place + 1), ""))
    return comma


def _spell(doc: Document, args: Logical, one: Item, before: str, after: str, made: list[Edit]) -> None:
    """Edit each of the item's lines."""
    runs = [[one.start, args.offset(one.start)]]
    for place in range(one.start + 1, one.end):
        offset = args.offset(place)
        if offset - runs[-1][1] != place - runs[-1][0]:
            runs.append([place, offset])
    parts = list(reversed(one.parts))
    for number, (start, offset) in enumerate(runs):
        end = runs[number + 1][0] if number + 1 < len(runs) else one.end
        text = before + '"' if number == 0 else ""
        while parts and parts[-1][0] < end:
            text += parts.pop()[1]
        if end == one.end:
            text += '"' + after
        span = Span(offset, offset + end - start)
        if doc.text[span.start : span.end] != text:
            made.append(Edit(span, text))


def lookalike(text: str) -> Lookalike | None:
    """What `text`, which is no JSON array, evidently means as one: `['a']`, `["a",]`, `[a, b]`, `["a"] # b`.

    None where it does not say so. Never a test command, whose words stand apart: `[ -f x ]`.
    """
    if not text.startswith("["):
        return None
    items: list[Item] = []
    bare = 0
    commas = False
    parted = True
    at = _skip(text, 1)
    while at < len(text) and text[at] != "]":
        one = _quoted(text, at) if text[at] in _QUOTES else _bare(text, at)
        if one is None:
            return None
        bare += text[at] not in _QUOTES
        if bare and not parted:
            return None
        items.append(one)
        at = _skip(text, one.end)
        parted = text[at : at + 1] == ","
        commas = commas or parted
        at = _skip(text, at + 1) if parted else at
    closed = at < len(text)
    if bare == len(items) and (not closed or (not commas and text[1] in GO_SPACE)):
        return None
    rest = _skip(text, at + 1)
    if rest >= len(text):
        return Lookalike(tuple(items), None)
    return Lookalike(tuple(items), rest) if text[rest] == "#" and rest > at + 1 else None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in GO_SPACE:
        at += 1
    return at


def _quoted(text: str, start: int) -> Item | None:
    """The string whose quote, straight or not, opens at `start`; None where it is never closed."""
    closing = _QUOTES[text[start]]
    parts: list[tuple[int, str]] = []
    at = start + 1
    while at < len(text) and text[at] not in closing:
        found = _ESCAPE.match(text, at) if closing == '"' else None
        spelling = found[0] if found else escaped(text[at])
        parts.append((at, spelling))
        at += len(spelling) if found else 1
    return Item(start, at + 1, tuple(parts)) if at < len(text) else None


def _bare(text: str, start: int) -> Item | None:
    found = _BARE.match(text, start)
    return item(text, start, found.end(), range(start, found.end())) if found else None
