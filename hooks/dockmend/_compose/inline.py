"""Dockerfiles within Compose files: `build.dockerfile_inline`, mended where they stand.

https://docs.docker.com/reference/compose-file/build/#dockerfile_inline
"""

from __future__ import annotations

from dockmend._compose.document import ComposeFile, Path, Service, fields, interpolates
from dockmend._compose.yaml import SCALAR, Node
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Edit, Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.document import Document

_HEADER = regex(r"\|[-+1-9]{0,2}[ \t]*(?:#[^\n]*)?\r?\n")


class Inline(NamedTuple):
    """A Dockerfile as BuildKit gets it: `doc`, which stands at `node` of `compose`, for `service`.

    `places` has the offset in the Compose file of each character and of the end; `indent` is what its lines
    begin with there. Where `reason` says why it cannot be edited, `places` is empty.
    """

    compose: ComposeFile
    service: Service
    node: Node
    doc: Document
    places: tuple[int, ...]
    indent: str
    reason: str

    @property
    def path(self) -> Path:
        """Where it is written."""
        return self.compose.path(self.node)

    def span(self, span: Span) -> Span:
        """The place in the Compose file of a place in the Dockerfile."""
        if not self.places:
            return self.node.span
        start = self.places[span.start]
        return Span(start, self.places[span.end - 1] + 1 if span.end > span.start else start)

    def edit(self, edit: Edit) -> Edit:
        """The edit of the Compose file that makes an edit of the Dockerfile."""
        (start, end), new = edit
        text, place = self.doc.text, self.places[start]
        begins = start == 0 or text[start - 1] == "\n"
        indented = place - self.compose.line_start(place)
        ends = end == len(text) or text[end] == "\n"
        lines = new.replace("$", "$$").split("\n")
        for number, line in enumerate(lines):
            blank = not line and (ends or number + 1 < len(lines))
            if not blank and (number or begins):
                lines[number] = self.indent[0 if number else indented :] + line
            elif blank and begins and not number:
                place -= indented
        return Edit(Span(place, self.places[end]), self.compose.newline.join(lines))


def inlines(compose: ComposeFile) -> Iterator[Inline]:
    """The Dockerfiles of the services, each once, however many services share it."""
    seen: set[int] = set()
    for service in compose.services:
        build = service.fields.get("build")
        entry = fields(build.value).get("dockerfile_inline") if build else None
        node = entry.value.resolved if entry else None
        if node is not None and node.kind == SCALAR and node.text.strip() and id(node) not in seen:
            seen.add(id(node))
            yield _inline(compose, service, node)


def _inline(compose: ComposeFile, service: Service, node: Node) -> Inline:
    text = node.text.replace("$$", "$")
    places, indent, reason = _places(compose.text, node, text)
    if interpolates(node.text):
        places, reason = (), "Compose replaces variables in it first; `$$` stands for a dollar sign"
    return Inline(compose, service, node, parse(text), places, indent, reason)


def _places(text: str, node: Node, value: str) -> tuple[tuple[int, ...], str, str]:
    """`places`, `indent` and `reason` of an Inline."""
    other = (), "", "it is no literal block (`|`)"
    header = _HEADER.match(text, node.span.start)
    if node.style != "|" or header is None:
        return other
    lines = text[header.end() : node.span.end].split("\n")
    indent = " " * (_indent(lines) - _indent(value.split("\n")))
    at = header.end()
    places: list[int] = []
    written = ""
    for line in lines:
        start = at + min(len(indent), len(line) - len(line.lstrip(" ")))
        end = at + len(line.removesuffix("\r"))
        while start < end:
            written += text[start]
            places.append(start)
            start += 2 if text[start : start + 2] == "$$" else 1
        written += "\n"
        places.append(end)
        at += len(line) + 1
    # The value ends in as many line ends as the block's header says, beyond the last line with text.
    while len(places) <= len(value):
        found = text.find("\n", places[-1])
        places.append(found + 1 if found >= 0 else len(text))
        written += "\n"
    if not written.startswith(value):
        return other
    return tuple(places[: len(value) + 1]), indent, ""


def _indent(lines: list[str]) -> int:
    """How many blanks the first line with text begins with."""
    first = next((line for line in lines if line.strip()), "")
    return len(first) - len(first.lstrip(" "))
