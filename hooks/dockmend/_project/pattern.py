"""File patterns as Go and BuildKit read them, matched in one pass over the path.

Two dialects share one automaton: Go's `path/filepath.Match`, which the sources of ADD and COPY are
matched with (tonistiigi/fsutil copy/copy.go), and the regular expressions that the lines of an ignore
file become (moby/patternmatcher). The states a path can be in are found when first met and kept, so
that time grows with the path alone, whatever the pattern.
"""

from __future__ import annotations

import posixpath

from dockmend._functools import lru_cache
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEPT = 512
_LONGEST = 1024
_WILD = frozenset("*?[")


class BadPattern(ValueError):
    """A pattern that Docker refuses, or that it reads in a way of its own; the message says which."""


class Token:
    """One step of a pattern: `takes` is the characters it consumes, `loops` that it may take any number.

    A step that `skips` may be left out; `gate` is the character after which a looping step may be left
    behind (the "/" of "(.*/)?"), and `start` a step that holds at the start of the path only.
    """

    __slots__ = ("gate", "loops", "skips", "start", "takes")

    def __init__(
        self, takes: Callable[[str], bool], *, loops: bool = False, gate: str = "", start: bool = False
    ) -> None:
        self.takes = takes
        self.loops = loops
        self.skips = loops
        self.gate = gate
        self.start = start


def _not_slash(char: str) -> bool:
    return char != "/"


def _not_newline(char: str) -> bool:
    # A "." of a Go regular expression.
    return char != "\n"


def _never(_char: str) -> bool:
    return False


ANY_OF_NAME = Token(_not_slash, loops=True)
ONE_OF_NAME = Token(_not_slash)
ANY_PATH = Token(_not_newline, loops=True)
ANY_FOLDERS = Token(_not_newline, loops=True, gate="/")
AT_START = Token(_never, start=True)


def literal(char: str) -> Token:
    """The step that takes `char`."""
    return Token(char.__eq__)


class Automaton:
    """The paths that a sequence of tokens matches; raises BadPattern for more tokens than are modelled.

    A set of states is an int: bit 2i stands before token i, bit 2i + 1 inside a looping token i that
    waits for its gate.
    """

    __slots__ = ("_end", "_first", "_nodes", "_tokens")

    def __init__(self, tokens: list[Token]) -> None:
        if len(tokens) > _LONGEST:
            raise BadPattern(f"wildcards among more than {_LONGEST} characters")
        self._tokens = tokens
        self._end = 1 << (2 * len(tokens))
        self._nodes: dict[int, _Node] = {}
        self._first = self._node(self._closed(0, at_start=True))

    def matches(self, path: str) -> bool:
        """Whether the whole of `path` matches."""
        node = self._first
        for char in path:
            node = node[char]
        return node.accepts

    def matches_or_parent(self, path: str) -> bool:
        """Whether `path`, or a folder it is in, matches; `path` is clean and relative."""
        node = self._first
        for name in path.split("/"):
            for char in name:
                node = node[char]
            if node.accepts:
                return True
            if not node.states:
                return False
            node = node["/"]
        return False

    def after(self, states: int, char: str) -> _Node:
        """The node that `char` leads to."""
        return self._node(self._step(states, char))

    def _node(self, states: int) -> _Node:
        node = self._nodes.get(states)
        if node is None:
            if len(self._nodes) >= _KEPT:
                for old in self._nodes.values():
                    old.clear()
                self._nodes = {self._first.states: self._first}
            node = self._nodes[states] = _Node(self, states, bool(states & self._end))
        return node

    def _step(self, states: int, char: str) -> int:
        after = 0
        rest = states & ~self._end
        while rest:
            bit = rest & -rest
            rest ^= bit
            index = (bit.bit_length() - 1) // 2
            token = self._tokens[index]
            if not token.takes(char):
                continue
            if token.gate:
                after |= 1 << (2 * index + 1)
                if char == token.gate:
                    after |= self._closed(index + 1)
            elif token.loops:
                after |= self._closed(index)
            else:
                after |= self._closed(index + 1)
        return after

    def _closed(self, index: int, *, at_start: bool = False) -> int:
        """The state before token `index`, and those reached from it without taking a character."""
        states = 1 << (2 * index)
        while index < len(self._tokens) and (
            self._tokens[index].skips or (at_start and self._tokens[index].start)
        ):
            index += 1
            states |= 1 << (2 * index)
        return states


class _Node(dict[str, "_Node"]):
    """A set of states that a path can be in, and where each character met so far leads from it."""

    __slots__ = ("_automaton", "accepts", "states")

    def __init__(self, automaton: Automaton, states: int, accepts: bool) -> None:
        super().__init__()
        self._automaton = automaton
        self.states = states
        self.accepts = accepts

    def __missing__(self, char: str) -> _Node:
        if len(self) >= _KEPT:
            self.clear()
        node = self[char] = self._automaton.after(self.states, char)
        return node


def clean(path: str) -> str:
    """Go's filepath.Clean: the shortest name of the same path; "." for none."""
    if path.startswith("//"):
        path = "/" + path.lstrip("/")
    return posixpath.normpath(path) if path else "."


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Automaton:
    """Go's filepath.Match: `*` and `?` stay within a name. Raises BadPattern where Match returns an error."""
    return Automaton(list(_tokens(_Scanner(pattern, strict=False))))


def ignore_pattern(pattern: str) -> Automaton:
    """The regular expression that moby/patternmatcher makes of a line's pattern.

    Raises BadPattern for one it refuses, and for one that its regular expression reads otherwise than
    filepath.Match: a letter or digit after a backslash, a wildcard or a named class within brackets.
    """
    tokens: list[Token] = []
    for token in _tokens(_Scanner(pattern, strict=True)):
        if not (token.loops and tokens and tokens[-1] is token):
            tokens.append(token)
    return Automaton(tokens)


def has_wildcard(pattern: str) -> bool:
    """Whether `*`, `?` or `[` stands unescaped in the pattern (BuildKit's containsWildcards)."""
    if _WILD.isdisjoint(pattern):
        return False
    escaped = False
    for char in pattern:
        if not escaped and char in _WILD:
            return True
        escaped = not escaped and char == "\\"
    return False


def unescaped(pattern: str) -> str:
    """What a pattern without wildcards names."""
    steps = iter(pattern)
    return "".join(next(steps, "") if char == "\\" else char for char in steps)


def _tokens(steps: _Scanner) -> Iterator[Token]:
    for char in steps:
        if char == "*":
            yield steps.double_star() if steps.strict and steps.peek() == "*" else ANY_OF_NAME
        elif char == "?":
            yield ONE_OF_NAME
        elif char == "[":
            yield steps.character_class()
        elif char == "\\":
            yield literal(steps.escaped())
        elif char == "^" and steps.strict:
            # Neither escaped by shouldEscape nor literal: an anchor of the regular expression.
            yield AT_START
        else:
            yield literal(char)


class _Scanner:
    """The characters of a pattern, one by one, with what may follow a star, a backslash or a bracket.

    `strict` reads what moby/patternmatcher hands on to a regular expression.
    """

    def __init__(self, pattern: str, *, strict: bool) -> None:
        self._pattern = pattern
        self._index = 0
        self.strict = strict

    def __iter__(self) -> Iterator[str]:
        while self._index < len(self._pattern):
            self._index += 1
            yield self._pattern[self._index - 1]

    def peek(self) -> str:
        return self._pattern[self._index : self._index + 1]

    def double_star(self) -> Token:
        self._index += 1
        self._index += self.peek() == "/"
        return ANY_FOLDERS if self.peek() else ANY_PATH

    def escaped(self) -> str:
        char = self.peek()
        if not char:
            raise BadPattern("a backslash with nothing after it")
        if self.strict and (char.isalnum() or not char.isascii()):
            raise BadPattern(f"a backslash before {char!r}")
        self._index += 1
        return char

    def character_class(self) -> Token:
        """The class after its "[", as filepath.Match reads it."""
        negated = self.peek() == "^"
        self._index += negated
        ranges: list[tuple[str, str]] = []
        while self.peek() != "]" or not ranges:
            low = high = self._class_char()
            if self.peek() == "-":
                self._index += 1
                high = self._class_char()
            if self.strict and low > high:
                raise BadPattern(f"the range {low}-{high}, which runs backwards")
            ranges.append((low, high))
        self._index += 1
        return Token(lambda char: any(low <= char <= high for low, high in ranges) is not negated)

    def _class_char(self) -> str:
        char = self.peek()
        if char in ("", "-", "]"):
            raise BadPattern("a character class that is empty, not closed, or has a range without an end")
        self._index += 1
        if char == "\\":
            return self.escaped()
        if self.strict and (char in "*?" or (char == "[" and self.peek() == ":")):
            raise BadPattern("a wildcard or a named class within brackets")
        return char
