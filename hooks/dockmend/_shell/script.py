"""A shell script as a syntax tree, with a flag where the tree is not to be trusted.

tree-sitter-bash reads more than any one shell does, and at times reads it otherwise: a tree alone
proves nothing. `Script.doubt` names what makes one unfit to judge by, and `has_error` sums it up.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right

from dockmend._functools import lru_cache, remembering
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tree_sitter import Node

LONGEST = 100_000
"""Characters; a longer script is not parsed. Linux takes no argument over 131,071 bytes anyway."""

_HEREDOCS = 16
_HEREDOC = regex(r"(?<!<)<<(?!<)")
_PARENTHESIS = regex("[()]")
_DEEPEST = 200
_STRIDE = 256


class Script:
    """A parsed script.

    `root` is tree-sitter's `program` node; its positions are bytes, so ask `span` for places in
    `text`. `doubt` is empty, or says in a clause why the tree must not be relied upon: a syntax
    error, a character or construct that tree-sitter-bash is known to read otherwise than a shell.
    """

    __slots__ = ("_data", "_is_ascii", "_starts", "doubt", "root", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._data = text.encode("utf-8", "surrogateescape")
        self._is_ascii = len(self._data) == len(text)
        self._starts: list[int] | None = None
        self.doubt = _unfit(text)
        self.root: Node = _parser().parse(b"" if self.doubt else self._data).root_node
        if not self.doubt:
            self.doubt = _doubt(self)

    @property
    def has_error(self) -> bool:
        """Whether the tree must not be relied upon."""
        return bool(self.doubt)

    def span(self, node: Node) -> tuple[int, int]:
        """Start and end of `node` in `text`, in code points from 0."""
        if self._is_ascii:
            return node.start_byte, node.end_byte
        return self._index(node.start_byte), self._index(node.end_byte)

    def source(self, node: Node) -> str:
        """The text of `node`."""
        start, end = self.span(node)
        return self.text[start:end]

    def walk(self, node: Node | None = None) -> Iterator[Node]:
        """`node` (the root where not given) and all nodes below it, each before its children."""
        stack = [self.root if node is None else node]
        while stack:
            found = stack.pop()
            yield found
            if found.child_count:
                stack.extend(reversed(found.children))

    def _index(self, byte: int) -> int:
        if self._starts is None:
            starts, at = [], 0
            for i in range(0, len(self.text), _STRIDE):
                starts.append(at)
                at += len(self.text[i : i + _STRIDE].encode("utf-8", "surrogateescape"))
            self._starts = starts
        block = bisect_right(self._starts, byte) - 1
        part = self._data[self._starts[block] : byte]
        return block * _STRIDE + len(part.decode("utf-8", "surrogateescape"))


@remembering(64, longest=4096)
def parse(text: str) -> Script:
    """The script `text`, as a shell gets it after `-c`; parsed once while it is remembered.

    `text` is what UTF-8 with surrogateescape gives. Raises nothing: where tree-sitter-bash cannot
    be relied upon, the result's `has_error` is set.
    """
    return Script(text)


@lru_cache(maxsize=1)
def _parser() -> Any:
    tree_sitter = _extension("tree_sitter")
    return tree_sitter.Parser(tree_sitter.Language(_extension("tree_sitter_bash").language()))


def _extension(package: str) -> Any:
    """The extension module of a package of tree-sitter.

    Not through the packages, which import typing, importlib.resources and 30 modules more: a tenth of the
    time that one file takes.
    """
    from importlib.machinery import PathFinder

    found = PathFinder.find_spec(package)
    places = found.submodule_search_locations if found is not None else None
    spec = PathFinder.find_spec(f"{package}._binding", places)
    loader = spec.loader if spec is not None else None
    module = loader.create_module(spec) if loader is not None and spec is not None else None
    if loader is None or module is None:
        return importlib.import_module(package)
    loader.exec_module(module)
    return module


def _unfit(text: str) -> str:
    """Why `text` is not worth parsing, or empty."""
    if len(text) > LONGEST:
        return "it is too long"
    if "\0" in text:
        return "it has a NUL character"
    if text.count("<<") > _HEREDOCS and len(_HEREDOC.findall(text)) > _HEREDOCS:
        # tree-sitter-bash looks for each delimiter to the end of the text: quadratic
        return "it has too many here-documents"
    if text.count("(") > _DEEPEST and _depth(text) > _DEEPEST:
        # what reads each command substitution by its source would take quadratic memory
        return "it is nested too deeply"
    return ""


def _depth(text: str) -> int:
    """How deep parentheses are nested at most, those in quotes and comments too."""
    depth = deepest = 0
    for mark in _PARENTHESIS.findall(text):
        depth = depth + 1 if mark == "(" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _doubt(script: Script) -> str:
    """Why the tree of `script` is not to be trusted, or empty."""
    if script.root.has_error:
        return "it has a syntax error"
    data, at = script._data, 0
    for node in script.walk():
        if node.child_count == 0:
            start = node.start_byte
            if start > at and data[at:start].strip(b" \t\n"):
                return "part of it is not understood"
            at = node.end_byte
    if data[at:].strip(b" \t\n"):
        return "part of it is not understood"
    return ""
