"""New entries in the mappings of a Compose file, in the file's own indentation and quotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dockmend._compose.document import ComposeFile, Leaf, Path, plain
from dockmend._compose.yaml import MAPPING, SCALAR, Entry, Node
from dockmend._dockerfile.span import Edit, Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

Value: TypeAlias = "str | int | float | Mapping[str, Value]"

_PLAIN = regex(r"[A-Za-z][A-Za-z0-9_./-]*|[0-9]+(?:\.[0-9]+)?[A-Za-z]+")
_BRACES = regex(r"[{}\[\],]")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class Put(NamedTuple):
    """An edit that adds entries, and what it means: by the path of each, what is then written there."""

    edit: Edit
    becomes: Mapping[Path, Mapping[Path, Leaf]]


def put(doc: ComposeFile, node: Node, keys: Sequence[str], value: Mapping[str, Value]) -> Put | str:
    """The entries of `value` in the mapping that `keys` lead to from the mapping `node`, as far as missing.

    The mappings that are not there yet are made. Where this cannot be done in place, why not, as a clause.
    None of the keys of `value` may be there already.
    """
    for depth, key in enumerate(keys):
        entry = node.entry(key)
        if entry is None:
            return _added(doc, node, _nested(keys[depth:], value))
        if entry.value.span.start == entry.value.span.end and entry.value.is_null and not node.flow:
            return _filled(doc, entry, _nested(keys[depth + 1 :], value))
        if entry.value.kind != MAPPING or entry.value.tag != "map":
            return f"its `{key}` is no mapping that is written there"
        node = entry.value
    return _added(doc, node, value)


def replaced(doc: ComposeFile, node: Node, start: int, end: int, new: str) -> Put | None:
    """`text[start:end]` of a scalar as `new`, which has no quotes or blanks; None where it cannot be done."""
    span = doc.part(node, start, end)
    text = node.text[:start] + new + node.text[end:]
    if doc.text[span.start : span.end] != node.text[start:end] or node.style in ("|", ">"):
        return None
    path = doc.path(node)
    leaf = (SCALAR, "str", node.anchor or "", text)
    if node.style or not (node.flow and _BRACES.search(new)):
        return Put(Edit(span, new), {path: {path: leaf}})
    # In brackets a plain scalar ends at a brace.
    return Put(Edit(node.span, f'"{text}"'), {path: {path: leaf}}) if '"' not in text else None


def _nested(keys: Sequence[str], value: Mapping[str, Value]) -> Mapping[str, Value]:
    for key in reversed(keys):
        value = {key: value}
    return value


def _added(doc: ComposeFile, node: Node, value: Mapping[str, Value]) -> Put | str:
    """The entries at the end of a mapping."""
    path = doc.path(node)
    becomes = {(*path, key): dict(plain(inner, (*path, key))) for key, inner in value.items()}
    if node.flow:
        at = node.entries[-1].span.end if node.entries else node.span.start + 1
        text = ", ".join(f"{key}: {_flow(doc, inner)}" for key, inner in value.items())
        return Put(Edit(Span(at, at), f", {text}" if node.entries else text), becomes)
    last = node.entries[-1]
    column = _column(doc, last.key)
    if column is None or _keeps_blanks(doc, last.value):
        return "there is no line of its own behind its last entry"
    return Put(_lines(doc, last.span.end, column, value), becomes)


def _filled(doc: ComposeFile, entry: Entry, value: Mapping[str, Value]) -> Put | str:
    """The entries as the value of a key that has none."""
    column = _column(doc, entry.key)
    if column is None or entry.value.anchor is not None:
        return f"its `{entry.key.text}` does not stand on a line of its own"
    path = doc.path(entry.value)
    edit = _lines(doc, entry.span.end, column + step(doc), value)
    return Put(edit, {path: dict(plain(value, path))})


def _lines(doc: ComposeFile, offset: int, column: int, value: Mapping[str, Value]) -> Edit:
    """The entries in lines of their own, behind the line of `offset`."""
    lines = [" " * column + line for line in _block(doc, value)]
    at = doc.line_end(offset)
    return Edit(Span(at, at), "".join(doc.newline + line for line in lines))


def _block(doc: ComposeFile, value: Mapping[str, Value]) -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield f"{key}:"
            yield from (" " * step(doc) + line for line in _block(doc, inner))
        else:
            yield f"{key}: {_scalar(doc, inner)}"


def _flow(doc: ComposeFile, value: Value) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(doc, inner)}" for key, inner in value.items()) + "}"
    return _scalar(doc, value)


def _scalar(doc: ComposeFile, value: str | float) -> str:
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quote = "'" if doc.text.count("'") > doc.text.count('"') else '"'
    return f"{quote}{value}{quote}"


def step(doc: ComposeFile) -> int:
    """By how many blanks the file indents a mapping in another."""
    for service in doc.services:
        for entry in service.node.entries[:1]:
            outer, inner = _column(doc, service.key), _column(doc, entry.key)
            if outer is not None and inner is not None and inner > outer:
                return inner - outer
    return 2


def _column(doc: ComposeFile, key: Node) -> int | None:
    """The column, from 0, of a key that begins its line; None for another."""
    start = doc.line_start(key.span.start)
    before = doc.text[start : key.span.start].removeprefix("\ufeff")
    return None if before.strip(" ") else len(before)


def _keeps_blanks(doc: ComposeFile, node: Node) -> bool:
    """Whether `node` ends in a block scalar to which the empty lines behind it belong (`|+`)."""
    while node.entries or node.items:
        node = node.entries[-1].value if node.entries else node.items[-1]
    header = doc.text[node.span.start : doc.line_end(node.span.start)]
    return node.style in ("|", ">") and "+" in header.partition("#")[0]
