"""A text and its lines, which LF alone ends."""

from __future__ import annotations

from bisect import bisect_right

from dockmend._dockerfile.span import Span


class Text:
    """The text of a file; offsets are code points from 0, `line_starts` those at which its lines begin.

    `newline` is the line end that the first line has; `bom` says that a byte order mark is the first
    character.
    """

    __slots__ = ("_line_starts", "bom", "newline", "text")

    def __init__(self, text: str, line_starts: list[int]) -> None:
        self.text = text
        self._line_starts = line_starts
        self.bom = text.startswith("\ufeff")
        first = text.find("\n")
        self.newline = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1, the column in code points."""
        line = bisect_right(self._line_starts, offset) - 1
        return line + 1, offset - self._line_starts[line] + 1

    def lines_span(self, first: int, last: int) -> Span:
        """The lines `first` to `last`, counted from 1, with their line ends."""
        end = self._line_starts[last] if last < len(self._line_starts) else len(self.text)
        return Span(self._line_starts[first - 1], end)

    def line_start(self, offset: int) -> int:
        """The offset at which the line of `offset` starts."""
        return self._line_starts[bisect_right(self._line_starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """The offset just before the line end (LF or CRLF) of the line of `offset`."""
        line = bisect_right(self._line_starts, offset)
        if line == len(self._line_starts):
            return len(self.text)
        end = self._line_starts[line] - 1
        return end - 1 if self.text.endswith("\r", self._line_starts[line - 1], end) else end


def line_starts(text: str) -> list[int]:
    """The offsets at which the lines of `text` begin; one after the last line end as well."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
