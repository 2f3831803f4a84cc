"""Places in a text, and what is to stand there."""

from __future__ import annotations

from dockmend._typing import NamedTuple


class Span(NamedTuple):
    """The text from `start` up to, not including, `end`: code points from 0 in the document's text."""

    start: int
    end: int


class Edit(NamedTuple):
    """Replace `span` of the document's text with `text`; an empty span inserts."""

    span: Span
    text: str
