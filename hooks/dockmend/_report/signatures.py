"""What was found of the signatures of images: in full, a line each, or as JSON."""

from __future__ import annotations

from dockmend._report.full import excerpt
from dockmend._report.places import Places
from dockmend._report.style import BLUE, BOLD, GREEN, RED, Style, printable, printable_path
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dockmend._dockerfile.span import Span


class Signature(NamedTuple):
    """An image that a file takes, at `span` of its `text`, in which secrets are masked.

    `image` is the reference that the file comes to, `asked` the one that was verified, or "". `reason` says
    why it is not verified, and is "" where it is.
    """

    path: str
    text: str
    span: Span
    image: str
    asked: str
    reason: str


def _full(found: Sequence[Signature], style: Style) -> Iterator[str]:
    """A block of lines for each image, an empty line after it."""
    for one in found:
        places = Places(one.text)
        line, column = places.position(one.span.start)
        end_line, end_column = places.position(one.span.end)
        text = places.line(line)
        number, margin, bar = str(line), " " * len(str(line)), style.paint("|", BLUE)
        end = end_column - 1 if end_line == line else len(text)
        source, marks = excerpt(text, column - 1, end, style.width - len(number) - 3)
        yield f"{_head(one, style)}\n{margin} {bar}\n{style.paint(number, BLUE)} {bar} {source}\n"
        yield f"{margin} {bar} {style.paint(marks, RED if one.reason else GREEN)}\n"
        yield f"{margin} {style.paint('=', BLUE)} {one.reason}\n\n" if one.reason else "\n"
    yield _summary(found)


def _concise(found: Sequence[Signature], style: Style) -> Iterator[str]:
    """One line an image: `path:line:column: verified: image`, or `not verified` and why."""
    for one in found:
        yield f"{_head(one, style)}{f' ({one.reason})' if one.reason else ''}\n"
    yield _summary(found)


def _head(one: Signature, style: Style) -> str:
    line, column = Places(one.text).position(one.span.start)
    result = style.paint("not verified", BOLD, RED) if one.reason else style.paint("verified", BOLD, GREEN)
    place = f"{style.paint(printable_path(one.path), BOLD)}:{line}:{column}:"
    return f"{place} {result}: {printable(one.image)}"


def _summary(found: Sequence[Signature]) -> str:
    bad = sum(1 for one in found if one.reason)
    good = len(found) - bad
    if not found:
        return "No image to verify.\n"
    return f"{good} verified, {bad} not.\n" if bad else f"{good} verified.\n"


def _json(found: Sequence[Signature], style: Style) -> Iterator[str]:
    """An array with an object for each image; lines and columns count from 1."""
    import json

    del style
    listed = []
    for one in found:
        line, column = Places(one.text).position(one.span.start)
        listed.append(
            {
                "path": one.path,
                "line": line,
                "column": column,
                "image": one.image,
                "verified": not one.reason,
                "reason": one.reason or None,
            }
        )
    yield json.dumps(listed, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Signature], Style], Iterator[str]]] = {
    "full": _full,
    "concise": _concise,
    "json": _json,
}
