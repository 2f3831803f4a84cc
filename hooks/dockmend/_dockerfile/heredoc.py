"""The here-documents that a line opens: heredocsFromLine, and BuildKit's frontend/dockerfile/shell/lex.go."""

from __future__ import annotations

from dockmend._dockerfile.lexer import GO_SPACE
from dockmend._regex import regex
from dockmend._typing import NamedTuple

_HEREDOC = regex(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_SUBSTITUTION_DEPTH = 100
_BLANKS_OR_NOT = regex(rf"[{GO_SPACE}]+|[^{GO_SPACE}]+")
_PLAIN = regex(rf"[^'\"$\\<{GO_SPACE}]+")
_LESS = regex(rf"<<[{GO_SPACE}]*|<")
_PARAMETER = regex(r"\d+|[@*#?\-$!]|\w+")


class HeredocWord(NamedTuple):
    """`<<EOF` at `start` to `end` of a logical line."""

    name: str
    fd: int
    expand: bool
    chomp: bool
    start: int
    end: int


def heredoc_words(text: str) -> list[HeredocWord]:
    """The here-documents that a whole logical line opens, in order (heredocsFromLine).

    The escape character is always a backslash here, whatever the directive says
    (heredocFromMatch makes its own lexer). A line that BuildKit's lexer cannot take, such as one with
    `${name^^}`, opens none. Raises ValueError for a word that BuildKit refuses.
    """
    try:
        words = _Shell(text, raw_quotes=True, raw_escapes=True).words()
    except _NotLexed:
        return []
    return [found for word in words if (found := _heredoc(*word))]


def is_heredoc_word(text: str) -> bool:
    """Whether the whole of `text` would open a here-document (MustParseHeredoc)."""
    try:
        return _heredoc(text, 0, len(text)) is not None
    except ValueError:
        return False


def _heredoc(word: str, start: int, end: int) -> HeredocWord | None:
    match = _HEREDOC.match(word)
    if match is None or not match[3]:
        return None
    try:
        plain = _Shell(match[3], raw_quotes=False, raw_escapes=False).words()
        raw = _Shell(match[3], raw_quotes=True, raw_escapes=False).words()
    except _NotLexed:
        raise ValueError(f"the heredoc word {match[3]!r} has no end") from None
    if len(plain) != 1 or len(raw) != 1:
        return None
    name = plain[0][0]
    expand = _quotes(raw[0][0]) == _quotes(name)
    return HeredocWord(name, int(match[1] or 0), expand, bool(match[2]), start, end)


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


class _NotLexed(Exception):
    """Text on which shell.Lex fails."""


class _Shell:
    """shell.Lex.ProcessWords with no variable set and SkipUnsetEnv, from `text[pos]` on."""

    def __init__(self, text: str, *, raw_quotes: bool, raw_escapes: bool) -> None:
        self.text = text
        self.pos = 0
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.pos : self.pos + 1]

    def words(self) -> list[tuple[str, int, int]]:
        """Each word, and where in the text it was made from. Raises _NotLexed."""
        words: list[tuple[str, int, int]] = []
        word: list[str] = []
        start = 0

        def end(at: int) -> None:
            if whole := "".join(word):
                words.append((whole, start, at))
            word.clear()

        while char := self.peek():
            begin = self.pos
            if char in GO_SPACE:
                end(begin)
                self.pos += 1
                continue
            if not word:
                start = begin
            if char != "$":
                word.append(self.part(self.raw_escapes))
                continue
            # A substitution's own blanks part words too: addString, not addRawString.
            for piece in _BLANKS_OR_NOT.findall(self.dollar()):
                if piece[0] in GO_SPACE:
                    end(self.pos)
                else:
                    word.append(piece)
        end(self.pos)
        return words

    def part(self, escapes: bool) -> str:
        """A quoted string, an escape, the start of a heredoc word, or plain characters."""
        char = self.peek()
        if char == "'":
            close = self.text.find("'", self.pos + 1)
            if close < 0:
                raise _NotLexed
            quoted = self.text[self.pos : close + 1]
            self.pos = close + 1
            return quoted if self.raw_quotes else quoted[1:-1]
        if char == '"':
            return self.double_quote(escapes)
        match = _PLAIN.match(self.text, self.pos) or _LESS.match(self.text, self.pos)
        if match:
            self.pos = match.end()
            return match[0]
        self.pos += 1
        if char != "\\":
            return char
        escaped = self.peek()
        self.pos += len(escaped)
        return char + escaped if escapes else escaped

    def double_quote(self, escapes: bool) -> str:
        self.pos += 1
        body: list[str] = []
        while (char := self.peek()) != '"':
            if not char:
                raise _NotLexed
            if char == "$":
                body.append(self.dollar())
                continue
            self.pos += 1
            if char == "\\":
                if escapes:
                    body.append(char)
                if self.peek() in ('"', "$", "\\"):
                    char = self.peek()
                    self.pos += 1
            body.append(char)
        self.pos += 1
        inner = "".join(body)
        return f'"{inner}"' if self.raw_quotes else inner

    def dollar(self) -> str:
        """`$name` or `${…}`, as it was: nothing is set."""
        self.pos += 1
        if self.peek() != "{":
            return "$" + self.name()
        self.pos += 1
        if self.peek() in ("", "{", "}", ":"):
            raise _NotLexed
        name = self.name()
        modifier = self.peek()
        self.pos += 1
        if modifier == "}":
            return f"${{{name}}}"
        if modifier == "/":
            self.pos += self.peek() == "/"
            return f"${{{name}/{self.until('/', True)}/{self.until('}', True)}}}"
        if modifier == ":":
            modifier += self.peek()
            self.pos += 1
        elif modifier not in ("+", "-", "?", "#", "%"):
            raise _NotLexed
        return f"${{{name}{modifier}{self.until('}', modifier[-1] in '#%')}}}"

    def name(self) -> str:
        match = _PARAMETER.match(self.text, self.pos)
        if match is None:
            return ""
        self.pos = match.end()
        return match[0]

    def until(self, stop: str, escapes: bool) -> str:
        self.depth += 1
        if self.depth > _SUBSTITUTION_DEPTH:
            raise _NotLexed
        found: list[str] = []
        while (char := self.peek()) != stop:
            if not char:
                raise _NotLexed
            if char == "$":
                found.append(self.dollar())
            elif char in "'\"\\<":
                found.append(self.part(escapes))
            else:
                found.append(char)
                self.pos += 1
        self.pos += 1
        self.depth -= 1
        return "".join(found)
