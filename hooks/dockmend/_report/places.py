"""Lines and byte offsets of a text, for what a finding does not say itself."""

from __future__ import annotations

from bisect import bisect_right


class Places:
    """The lines of one text, ended by LF alone."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        found = text.find("\n")
        while found >= 0:
            self._starts.append(found + 1)
            found = text.find("\n", found + 1)
        self._bytes: list[int] | None = None

    def line(self, number: int) -> str:
        """Line `number` (from 1) without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """The offsets of the whole lines in which `text[start:end]` lies, line end included."""
        last = bisect_right(self._starts, max(start, end - 1))
        return (
            self._starts[bisect_right(self._starts, start) - 1],
            self._starts[last] if last < len(self._starts) else len(self.text),
        )

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, the column in code points."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def byte(self, offset: int) -> int:
        """The offset in bytes of an offset in code points, in the file as it is on disk."""
        if self.text.isascii():
            return offset
        if self._bytes is None:
            self._bytes = [0]
            for start, end in zip(self._starts, self._starts[1:]):
                self._bytes.append(self._bytes[-1] + _length(self.text[start:end]))
        line = bisect_right(self._starts, offset) - 1
        return self._bytes[line] + _length(self.text[self._starts[line] : offset])


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
