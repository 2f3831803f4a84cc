"""YAML as nodes with their places in the text: the one module that knows which parser there is.

https://yaml.org/spec/1.2.2/
"""

from __future__ import annotations

from dockmend._dockerfile.span import Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MAPPING = "mapping"
SEQUENCE = "sequence"
SCALAR = "scalar"
ALIAS = "alias"

_DEEPEST = 100
_CORE = "tag:yaml.org,2002:"
# Anchor and tag before a node, with blanks, line ends and comments in between.
_PROPERTIES = regex(r"(?:[!&][^\s,\[\]{}]*\s+(?:#[^\n]*\s+)*)*")


class NotYaml(ValueError):
    """A text that is no YAML; `line` and `column` count from 1, the column None where it is not known."""

    def __init__(self, message: str, line: int = 1, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class Node:
    """What is written: a mapping, a sequence, a scalar or an alias.

    A MAPPING has `entries`, a SEQUENCE `items`, a SCALAR its value as `text`, an ALIAS the node `target` that
    its anchor names. `span` runs from the first character, without the anchor and the tag before it, to the
    last one that is no blank; an empty scalar's is empty, behind its key's colon. `tag` is short for YAML's
    own (`str`, `int`, `null`), else as it is written (`!reset`). `style` is a scalar's quote, `|` or `>`, ""
    where it is plain; `flow` says that it is a collection in brackets, or within one.
    """

    __slots__ = ("anchor", "entries", "flow", "items", "kind", "span", "style", "tag", "target", "text")

    def __init__(self, kind: str, tag: str, anchor: str | None, span: Span) -> None:
        self.kind = kind
        self.tag = tag
        self.anchor = anchor
        self.span = span
        self.text = ""
        self.style = ""
        self.flow = False
        self.entries: tuple[Entry, ...] = ()
        self.items: tuple[Node, ...] = ()
        self.target: Node | None = None

    def entry(self, key: str) -> Entry | None:
        """A mapping's own entry of that key."""
        return next((one for one in self.entries if one.key.text == key), None)

    @property
    def resolved(self) -> Node:
        """The node itself or, for an alias, what it stands for."""
        return self if self.target is None else self.target

    @property
    def is_null(self) -> bool:
        """Whether it is nothing: empty, `~` or `null`."""
        return self.kind == SCALAR and self.tag == "null"

    def __repr__(self) -> str:
        return f"<{self.tag} {self.kind} at {self.span.start}>"


class Entry(NamedTuple):
    """A key of a mapping and its value."""

    key: Node
    value: Node

    @property
    def span(self) -> Span:
        """Both, and what is between them."""
        return Span(self.key.span.start, max(self.key.span.end, self.value.span.end))


def documents(text: str) -> tuple[Node, ...]:
    """The root nodes of the documents in `text`, decoded as UTF-8 with surrogateescape, empty ones left out.

    Raises NotYaml.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yaml = YAML(typ="safe", pure=True)
        return tuple(_Reader(text, yaml.parse(text), yaml.resolver.resolve).documents())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark is not None else ()
        said = str(error.problem or error.context or "it cannot be read")
        raise NotYaml(said.split("\n", maxsplit=1)[0], *place) from error
    except ReaderError as error:
        line, start = text.count("\n", 0, error.position), text.rfind("\n", 0, error.position)
        said = "a character that YAML does not allow"
        raise NotYaml(said, line + 1, error.position - start) from error


class _Reader:
    """Parser events into nodes, by YAML's own rules for anchors and aliases."""

    def __init__(self, text: str, events: Iterator[Any], resolve: Callable[..., Any]) -> None:
        self.text = text
        self.events = events
        self.resolve = resolve
        self.anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        from ruamel.yaml.events import DocumentStartEvent

        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
                root = self.node(next(self.events), 0)
                if not root.is_null:
                    yield root

    def node(self, event: Any, depth: int) -> Node:
        from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent

        start, end = event.start_mark.index, event.end_mark.index
        if depth > _DEEPEST:
            raise NotYaml("it is nested too deeply", event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, AliasEvent):
            node = Node(ALIAS, "", None, Span(start, end))
            node.target = self.anchors.get(str(event.anchor))
            if node.target is None:
                raise NotYaml(
                    f"found undefined alias {str(event.anchor)[:40]!r}",
                    event.start_mark.line + 1,
                    event.start_mark.column + 1,
                )
            return node
        found = _PROPERTIES.match(self.text, start)
        start = found.end() if found else start
        if isinstance(event, ScalarEvent):
            return self.scalar(event, start, end)
        kind = MAPPING if isinstance(event, MappingStartEvent) else SEQUENCE
        tag = _short(event.tag) or ("map" if kind == MAPPING else "seq")
        node = Node(kind, tag, event.anchor, Span(start, end))
        node.flow = bool(event.flow_style)
        if event.anchor is not None:
            self.anchors[str(event.anchor)] = node
        (self.mapping if kind == MAPPING else self.sequence)(node, depth + 1)
        return node

    def scalar(self, event: Any, start: int, end: int) -> Node:
        from ruamel.yaml.nodes import ScalarNode

        tag = event.tag
        if tag is None or tag == "!":
            tag = self.resolve(ScalarNode, event.value, event.implicit)
        if end <= start:
            start = end = min(start, event.start_mark.index)
        else:
            end = start + len(self.text[start:end].rstrip(" \t\r\n"))
        node = Node(SCALAR, _short(tag), event.anchor, Span(start, end))
        node.text = str(event.value)
        node.style = event.style or ""
        if event.anchor is not None:
            self.anchors[str(event.anchor)] = node
        return node

    def mapping(self, node: Node, depth: int) -> None:
        entries: list[Entry] = []
        for event in self.events:
            if _ends(event):
                node.span = self.whole(node, event, [one.span for one in entries])
                break
            key = self.node(event, depth)
            value = self.node(next(self.events), depth)
            key.flow, value.flow = key.flow or node.flow, value.flow or node.flow
            if value.span.start == value.span.end and value.anchor is None and value.target is None:
                colon = self.text.find(":", key.span.end, value.span.end + 1)
                place = key.span.end if colon < 0 else colon + 1
                value.span = Span(place, place)
            entries.append(Entry(key, value))
        node.entries = tuple(entries)

    def sequence(self, node: Node, depth: int) -> None:
        items: list[Node] = []
        for event in self.events:
            if _ends(event):
                node.span = self.whole(node, event, [one.span for one in items])
                break
            items.append(self.node(event, depth))
            items[-1].flow = items[-1].flow or node.flow
        node.items = tuple(items)

    def whole(self, node: Node, event: Any, parts: list[Span]) -> Span:
        """The span of a collection that ends with `event`: without the comments that a block ends in."""
        if node.flow:
            return Span(node.span.start, event.end_mark.index)
        start = node.span.start if node.kind == SEQUENCE or not parts else parts[0].start
        return Span(start, max((part.end for part in parts), default=start))


def _ends(event: Any) -> bool:
    from ruamel.yaml.events import CollectionEndEvent

    return isinstance(event, CollectionEndEvent)


def _short(tag: object) -> str:
    return "" if tag is None else str(tag).removeprefix(_CORE)
