"""Places in a text."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """The text from `start` up to, not including, `end`: code points from 0 in the document's text."""

    start: int
    end: int
