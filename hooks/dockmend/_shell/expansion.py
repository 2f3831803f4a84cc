"""Reads one word of a script: its quotes and expansions, as far as dash, bash and busybox ash agree."""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._shell.syntax import LITERAL, UNKNOWN, VARIABLE, List, Piece, Unclear, Word
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._shell.reader import Reader

_ENDS_WORD = " \t\n;&|()<>"
# What stands for itself, in a word and in double quotes.
_PLAIN = regex(r"[A-Za-z0-9_./:=+,@%-]+")
_PLAIN_QUOTED = regex(r"[^\"$`\\\n]+")
_PARAMETER = regex(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_IN_BRACES = regex(r"#?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])")
_BRACES = regex(r"\{[^ \t\n{}]*?(?:,|\.\.)")
_ARITHMETIC_ASSIGNMENT = regex(r"(?:<<|>>|[-+*/%&|^])=|(?<![=!<>])=(?!=)|\+\+|--")
_TEST = regex(r"\[\[?(?=[ \t\n;&|()<>]|\Z)")


def read_word(reader: Reader, assigned: bool = False) -> Word:
    """The word at which `reader` stands; it steps over. `assigned` says it follows `X=`. Raises Unclear."""
    start = reader.at
    plain = _PLAIN.match(reader.text, start)
    if plain is not None and reader.text[plain.end() : plain.end() + 1] in _ENDS_WORD:
        reader.at = plain.end()
        return Word(start, reader.at, (Piece(LITERAL, plain[0]),), True)
    return _WordReader(reader, assigned).read()


class _WordReader:
    """Reads one word of a reader's text."""

    def __init__(self, outer: Reader, assigned: bool) -> None:
        self.outer = outer
        self.text = outer.text
        self.assigned = assigned
        self.pieces: list[Piece] = []
        self.inner: list[List] = []
        self.bare = True
        self.assigns = False

    def read(self) -> Word:
        outer, text, start = self.outer, self.text, self.outer.at
        if text[start : start + 1] == "[" and (found := _TEST.match(text, start)):
            outer.at = found.end()
            return Word(start, outer.at, (Piece(LITERAL, found[0]),), True)
        if text.startswith("~", start):
            self.pieces.append(Piece(UNKNOWN))
            outer.at += 1
        while outer.at < len(text) and text[outer.at] not in _ENDS_WORD:
            if plain := _PLAIN.match(text, outer.at):
                self.pieces.append(Piece(LITERAL, plain[0]))
                outer.at = plain.end()
                continue
            char = text[outer.at]
            if char in "*?[" or (char == "{" and not self.assigned and _BRACES.match(text, outer.at)):
                self.pieces.append(Piece(LITERAL, char) if self.assigned else Piece(UNKNOWN))
                outer.at += 1
            else:
                self.one(char, quoted=False)
        return Word(start, outer.at, tuple(self.pieces), self.bare, tuple(self.inner), self.assigns)

    def one(self, char: str, quoted: bool) -> None:
        """Read on over `char`, a quote or an expansion; `quoted` inside double quotes."""
        outer, text = self.outer, self.text
        if char == "\\":
            if outer.at + 1 == len(text):
                raise Unclear("it ends in a backslash")
            self.bare = False
            after = text[outer.at + 1]
            if after == "\n":
                raise Unclear("it has more than one line")
            self.literal(after if not quoted or after in '$`"\\' else char + after)
            outer.at += 2
        elif char == "'" and not quoted:
            end = self.find("'", outer.at + 1)
            self.bare = False
            self.literal(text[outer.at + 1 : end])
            outer.at = end + 1
        elif char == '"' and not quoted:
            self.double()
        elif char == "$":
            self.dollar(quoted)
        elif char == "`":
            self.backtick(quoted)
        else:
            self.literal(char)
            outer.at += 1

    def literal(self, text: str) -> None:
        if "\n" in text:
            raise Unclear("it has more than one line")
        self.pieces.append(Piece(LITERAL, text))

    def find(self, char: str, start: int) -> int:
        end = self.text.find(char, start)
        if end < 0:
            raise Unclear("it has a syntax error")
        return end

    def next_(self) -> str:
        if self.outer.at >= len(self.text):
            raise Unclear("it has a syntax error")
        return self.text[self.outer.at]

    def double(self) -> None:
        self.bare = False
        self.pieces.append(Piece(LITERAL))
        self.outer.at += 1
        while (char := self.next_()) != '"':
            if plain := _PLAIN_QUOTED.match(self.text, self.outer.at):
                self.pieces.append(Piece(LITERAL, plain[0]))
                self.outer.at = plain.end()
            else:
                self.one(char, quoted=True)
        self.outer.at += 1

    def dollar(self, quoted: bool) -> None:
        outer, text = self.outer, self.text
        after = text[outer.at + 1 : outer.at + 2]
        if after == "(":
            outer.deeper()
            if text.startswith("$((", outer.at):
                self.arithmetic()
            else:
                outer.at += 2
                self.inner.append(outer.list_(frozenset({")"})))
                if outer.peek() != ")":
                    raise Unclear("it has a syntax error")
                outer.at += 1
            outer.depth -= 1
            self.pieces.append(Piece(UNKNOWN))
        elif after == "{":
            outer.deeper()
            self.braces(quoted)
            outer.depth -= 1
        elif found := _PARAMETER.match(text, outer.at + 1):
            self.pieces.append(Piece(VARIABLE, found[0]))
            outer.at = found.end()
        elif after == "[" or (after and after in "'\"" and not quoted):
            raise Unclear(f"shells read `${after}` differently")
        else:
            self.literal("$")
            outer.at += 1

    def braces(self, quoted: bool) -> None:
        outer = self.outer
        found = _IN_BRACES.match(self.text, outer.at + 2)
        outer.at = found.end() if found else outer.at + 2
        if found and self.next_() == "}":
            counted = len(found[0]) > 1 and found[0][0] == "#"
            self.pieces.append(Piece(UNKNOWN) if counted else Piece(VARIABLE, found[0]))
            outer.at += 1
            return
        if self.text.startswith((":=", "="), outer.at):
            self.assigns = True
        kept = len(self.pieces)
        while (char := self.next_()) != "}":
            if char == '"' and not quoted:
                self.double()
            elif char in "'\"" and quoted:
                raise Unclear("shells read its quotes differently")
            else:
                self.one(char, quoted)
        outer.at += 1
        self.pieces[kept:] = [Piece(UNKNOWN, found[0] if found else "")]

    def arithmetic(self) -> None:
        outer, start, open_ = self.outer, self.outer.at + 3, 0
        outer.at = start
        kept = len(self.pieces)
        while open_ or self.next_() != ")":
            char = self.next_()
            if char in "'\"":
                raise Unclear("shells read its arithmetic differently")
            open_ += (char == "(") - (char == ")")
            self.one(char, quoted=True)
        if not self.text.startswith("))", outer.at):
            raise Unclear("shells read `$((` differently")
        if _ARITHMETIC_ASSIGNMENT.search(self.text, start, outer.at):
            self.assigns = True
        outer.at += 2
        del self.pieces[kept:]

    def backtick(self, quoted: bool) -> None:
        outer = self.outer
        end = outer.at + 1
        while end < len(self.text) and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        source = self.text[outer.at + 1 : end]
        if end >= len(self.text):
            raise Unclear("it has a syntax error")
        if quoted and '\\"' in source:
            raise Unclear("shells read its quotes differently")
        outer.deeper()
        script_ = re.sub(r"\\([`$\\])", r"\1", source)
        reader = type(outer)(script_, outer.depth)
        self.inner.append(reader.program().items)
        if script_ == source:
            outer.marks |= {(outer.at + 1 + place, mark) for place, mark in reader.marks}
        outer.depth -= 1
        outer.at = end + 1
        self.pieces.append(Piece(UNKNOWN))
