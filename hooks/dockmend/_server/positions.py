"""Offsets of a text as positions in the protocol, and back.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position
"""

from __future__ import annotations

from bisect import bisect_right

from lsprotocol import types

from dockmend._dockerfile.span import Edit, Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Unlike in a Dockerfile, CR alone ends a line; nothing else that `str.splitlines` knows does.
_LINE_END = regex(r"\r\n|\n|\r")


class Positions:
    """The places of one text: lines and characters from 0, in units of what client and server agreed on."""

    def __init__(self, text: str, units: Callable[[str], int]) -> None:
        """`units` counts a string's code units."""
        self._text = text
        self._units = units
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def position(self, offset: int) -> types.Position:
        """The position of an offset in code points."""
        line = bisect_right(self._starts, offset) - 1
        before = self._text[self._starts[line] : offset]
        return types.Position(line, len(before) if before.isascii() else self._units(before))

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one behind the end of its line, or of the text, is that end."""
        if position.line >= len(self._starts):
            return len(self._text)
        start = self._starts[position.line]
        found = _LINE_END.search(self._text, start)
        end = found.start() if found else len(self._text)
        left = position.character
        while start < end and left > 0:
            left -= self._units(self._text[start])
            start += 1
        return start

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.start), self.position(span.end))

    def span(self, given: types.Range) -> Span:
        """The span of a range."""
        return Span(self.offset(given.start), self.offset(given.end))

    def line(self, number: int) -> Span:
        """What stands in line `number`, counted from 1 and ended by LF alone, without blanks around it."""
        start = 0
        for _ in range(number - 1):
            start = self._text.find("\n", start) + 1
        end = self._text.find("\n", start)
        line = self._text[start : len(self._text) if end < 0 else end]
        start += len(line) - len(line.lstrip())
        return Span(start, start + len(line.strip()))

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """The edits as the client makes them; none begins or ends within a CRLF, where no position is."""
        made = []
        for (start, end), text in edits:
            before = "\r" if self._within_line_end(start) else ""
            after = "\n" if self._within_line_end(end) else ""
            span = Span(start - len(before), end + len(after))
            made.append(types.TextEdit(self.range(span), f"{before}{text}{after}"))
        return made

    def _within_line_end(self, offset: int) -> bool:
        return offset > 0 and self._text[offset - 1 : offset + 1] == "\r\n"
