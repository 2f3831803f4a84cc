"""A Compose file with every part's place in the text.

https://docs.docker.com/reference/compose-file/. All offsets are code points from 0 in `ComposeFile.text`.
"""

from __future__ import annotations

from dockmend._compose import yaml
from dockmend._compose.yaml import ALIAS, MAPPING, SCALAR, SEQUENCE, Entry, Node
from dockmend._dockerfile.document import Comment, Problem
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.text import Text, line_starts
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

MERGE = "<<"

Path: TypeAlias = "tuple[str | int, ...]"

_VERSION_1 = frozenset({"image", "build"})
_COMMENT = regex(r"(?:^|(?<=[ \t\n]))#[^\r\n]*")
_VARIABLE = regex(r"\$(?:\$|[A-Za-z_{])")


class Service(NamedTuple):
    """A service: its `key`, and the mapping `node` that says what it is, which others may share.

    `fields` are its settings by name, those of merged mappings included: what is nearest holds.
    """

    name: str
    key: Node
    node: Node
    fields: dict[str, Entry]

    def text(self, name: str) -> Node | None:
        """The setting of that name, where it is a scalar."""
        entry = self.fields.get(name)
        value = entry and entry.value.resolved
        return value if value and value.kind == SCALAR and not value.is_null else None


class ComposeFile(Text):
    """One Compose file; `problems` says why Compose would refuse it, and is empty where it would not.

    `roots` are its documents. `entries` are all entries of all mappings, in the order of the text.
    """

    __slots__ = ("_paths", "comments", "entries", "problems", "roots", "services")

    def __init__(self, text: str) -> None:
        super().__init__(text, line_starts(text))
        self.roots: tuple[Node, ...] = ()
        self.entries: tuple[Entry, ...] = ()
        self.comments: tuple[Comment, ...] = ()
        self.services: tuple[Service, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self._paths: dict[int, Path] = {}

    @property
    def scalars(self) -> Iterator[Node]:
        """All scalar values."""
        return (node for _, node in _nodes(self) if node.kind == SCALAR)

    @property
    def version(self) -> str:
        """The `version` of the file, "" where it says none."""
        found = (root.entry("version") for root in self.roots)
        return next((entry.value.resolved.text for entry in found if entry is not None), "")

    def reach(self, span: Span) -> Span:
        """`span`, widened to the entry whose key it is."""
        return next((entry.span for entry in self.entries if entry.key.span == span), span)

    def part(self, node: Node, start: int, end: int) -> Span:
        """Where `text[start:end]` of a scalar stands; the whole scalar where it is written otherwise."""
        low = node.span.start + (node.style in ("'", '"'))
        if self.text[low : low + len(node.text)] == node.text:
            return Span(low + start, low + end)
        return node.span

    def path(self, node: Node) -> Path:
        """Where `node` is written: the document's number, then keys and the numbers of items."""
        return self._paths[id(node)]


def parse(text: str) -> ComposeFile:
    """The Compose file `text`, decoded as UTF-8 with surrogateescape; never raises.

    What Compose refuses, as far as YAML and the shape of the file go, is in `problems`.
    """
    doc = ComposeFile(text)
    try:
        doc.roots = yaml.documents(text)
    except yaml.NotYaml as error:
        doc.problems = (Problem(error.line, f"it is no YAML: {error}", error.column),)
        return doc
    doc._paths = {id(node): path for path, node in _nodes(doc)}
    doc.entries = tuple(entry for _, node in _nodes(doc) for entry in node.entries)
    doc.problems = tuple(_problems(doc))
    doc.comments = tuple(_comments(doc))
    if not doc.problems:
        doc.services = tuple(_services(doc))
    return doc


def interpolates(text: str) -> bool:
    """Whether Compose replaces a variable in `text`; `$$` stands for one dollar sign.

    https://docs.docker.com/reference/compose-file/interpolation/
    """
    return any(match[0] != "$$" for match in _VARIABLE.finditer(text))


def _nodes(doc: ComposeFile) -> Iterator[tuple[Path, Node]]:
    """All nodes that are written but the keys, in the order of the text."""
    for number, root in enumerate(doc.roots):
        yield from _walk(root, (number,))


def _walk(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    yield path, node
    for key, value in node.entries:
        yield from _walk(value, (*path, key.text))
    for number, item in enumerate(node.items):
        yield from _walk(item, (*path, number))


def _problems(doc: ComposeFile) -> Iterator[Problem]:
    for _, node in _nodes(doc):
        seen: set[str] = set()
        for key, _ in node.entries:
            if key.text in seen:
                message = f"the key {_shown(key.text)} is there twice; Compose refuses that"
                yield _problem(doc, key, message)
            seen.add(key.text)
    for root in doc.roots:
        if root.kind != MAPPING:
            yield _problem(doc, root, "a Compose file is a mapping, with `services` in it")
            continue
        services = root.entry("services")
        if services is not None and services.value.resolved.kind != MAPPING and not services.value.is_null:
            yield _problem(doc, services.key, "`services` must be a mapping of names")


def _problem(doc: ComposeFile, node: Node, message: str) -> Problem:
    line, column = doc.position(node.span.start)
    return Problem(line, message, column)


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:40])


def _comments(doc: ComposeFile) -> Iterator[Comment]:
    """What stands behind a `#` outside all scalars."""
    scalars = [node.span for node in doc.scalars]
    scalars += (entry.key.span for entry in doc.entries if entry.key.kind == SCALAR)
    end_of_text = len(doc.text)
    done = 0
    for start, end in (*sorted(scalars), Span(end_of_text, end_of_text)):
        for match in _COMMENT.finditer(doc.text, done, start):
            yield Comment(Span(*match.span()), match[0])
        done = max(done, end)


def _services(doc: ComposeFile) -> Iterator[Service]:
    """The services of all documents; of a file of version 1, the entries that have an image or a build."""
    for root in doc.roots:
        services = root.entry("services")
        if services is not None:
            entries = services.value.resolved.entries
        else:
            entries = tuple(one for one in root.entries if _VERSION_1 & fields(one.value).keys())
        for key, value in entries:
            if value.resolved.kind == MAPPING and key.text != MERGE and not key.text.startswith("x-"):
                yield Service(key.text, key, value.resolved, fields(value))


def fields(node: Node) -> dict[str, Entry]:
    """The entries of a mapping by key, with those of the mappings that it merges (`<<`) behind its own.

    https://yaml.org/type/merge.html
    """
    found: dict[str, Entry] = {}
    pending, seen = [node.resolved], set[int]()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        merged: list[Node] = []
        for entry in current.entries:
            if entry.key.text != MERGE:
                found.setdefault(entry.key.text, entry)
            elif entry.value.resolved.kind == SEQUENCE:
                merged += (item.resolved for item in entry.value.resolved.items)
            else:
                merged.append(entry.value.resolved)
        pending[:0] = merged
    return found


def pairs(node: Node) -> Iterator[tuple[str, str, Node, int]]:
    """Name and value of each variable that a mapping, or a list of `NAME=value`, sets: `environment`, `args`.

    With them come the scalar, and where in its text the value starts. Those without a value are left out.
    https://docs.docker.com/reference/compose-file/services/#environment
    """
    for name, entry in fields(node).items():
        value = entry.value.resolved
        if value.kind == SCALAR and not value.is_null:
            yield name, value.text, value, 0
    for item in node.resolved.items:
        name, equals, text = item.resolved.text.partition("=")
        if equals:
            yield name, text, item.resolved, len(name) + 1


def words(node: Node) -> tuple[Node, ...]:
    """The scalars of a list of words, or the one scalar itself: `command`, `entrypoint`."""
    node = node.resolved
    return (node,) if node.kind == SCALAR else tuple(item.resolved for item in node.items)


def texts(node: Node) -> dict[str, str]:
    """The fields of a mapping that are scalars; of what is written short, as one scalar, the `context`.

    https://docs.docker.com/reference/compose-file/build/
    """
    if node.resolved.kind == SCALAR:
        return {"context": node.resolved.text}
    values = {key: entry.value.resolved for key, entry in fields(node).items()}
    return {key: value.text for key, value in values.items() if value.kind == SCALAR}


Leaf: TypeAlias = "tuple[str, ...]"


def meaning(doc: ComposeFile) -> dict[Path, Leaf]:
    """What is written, wherever it stands: equal meanings load the same.

    For each node its kind and, of a scalar or an alias, what it is.
    """
    return {path: _leaf(node) for path, node in _nodes(doc)}


def _leaf(node: Node) -> Leaf:
    if node.kind == ALIAS:
        return ALIAS, (node.target.anchor or "") if node.target else ""
    return node.kind, node.tag, node.anchor or "", node.text


def plain(value: object, path: Path) -> Iterator[tuple[Path, Leaf]]:
    """The meaning of a mapping, list, string or number that is to be written at `path`."""
    if isinstance(value, dict):
        yield path, (MAPPING, "map", "", "")
        for key, inner in value.items():
            yield from plain(inner, (*path, key))
    elif isinstance(value, list):
        yield path, (SEQUENCE, "seq", "", "")
        for number, inner in enumerate(value):
            yield from plain(inner, (*path, number))
    else:
        tag = {str: "str", int: "int", float: "float"}[type(value)]
        yield path, (SCALAR, tag, "", str(value))
