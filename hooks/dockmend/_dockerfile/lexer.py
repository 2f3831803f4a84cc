"""Words of a logical line: flags, name and value pairs, JSON arrays, here-document words.

Each follows one function of BuildKit's frontend/dockerfile/parser or shell package.
"""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._typing import NamedTuple

# Go's unicode.IsSpace; Python's str.strip() would also take U+001C to U+001F.
GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# BuildKit walks flags and HEALTHCHECK's type byte by byte, so no wider blank parts them.
BYTE_SPACE = "\t\n\v\f\r "

_WORD = regex(r"[^\t\v\f\r ]+")
_JSON_STRING = regex(r'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"')
_JSON_SPACE = regex(r"[ \t\r\n]*")
_JSON_ESCAPE = regex(r'((?:\\u[0-9a-fA-F]{4})+)|\\(["\\/bfnrt])')
_HEREDOC = regex(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_SUBSTITUTION_DEPTH = 100
_BLANKS_OR_NOT = regex(rf"[{GO_SPACE}]+|[^{GO_SPACE}]+")
_PLAIN = regex(rf"[^'\"$\\<{GO_SPACE}]+")
_LESS = regex(rf"<<[{GO_SPACE}]*|<")
_PARAMETER = regex(r"\d+|[@*#?\-$!]|\w+")


class NotStrings(ValueError):
    """A JSON array with something other than strings in it, which BuildKit refuses."""


def split_words(text: str) -> list[tuple[int, int]]:
    """Where the whitespace-separated words of `text` are (parseStringsWhitespaceDelimited)."""
    return [match.span() for match in _WORD.finditer(text)]


def split_flags(text: str) -> tuple[list[tuple[str, int, int]], int]:
    """The flags at the start of `text`, each unquoted with its place, and where the rest starts.

    extractBuilderFlags: the escape character is always a backslash here.
    """
    flags: list[tuple[str, int, int]] = []
    pos, size = 0, len(text)
    while True:
        while pos < size and text[pos] in BYTE_SPACE:
            pos += 1
        if not text.startswith("--", pos):
            return flags, pos
        start, word, quote = pos, [], ""
        quoted = False
        while pos < size:
            char = text[pos]
            if quote:
                if char == quote:
                    quote = ""
                    pos += 1
                    continue
            elif char in BYTE_SPACE:
                break
            elif char in "'\"":
                quote, quoted = char, True
                pos += 1
                continue
            if char == "\\":
                pos += 1
                if pos == size:
                    break
                char = text[pos]
            word.append(char)
            pos += 1
        flag = "".join(word)
        if flag == "--":
            return flags, pos
        if flag or quoted:
            flags.append((flag, start, pos))


def quoted_words(text: str, escape: str) -> list[str]:
    """Words of ENV, LABEL and ARG, their quotes and escapes kept (parseWords)."""
    words: list[str] = []
    pos, size = 0, len(text)
    while pos < size:
        if text[pos] in GO_SPACE:
            pos += 1
            continue
        word: list[str] = []
        quote, blank_ok = "", False
        while pos < size:
            char = text[pos]
            if not quote and char in GO_SPACE:
                break
            if char == escape and quote != "'":
                if pos + 1 == size:
                    pos += 1
                    break
                word.append(char)
                pos += 1
                char = text[pos]
            elif quote:
                if char == quote:
                    quote = ""
            elif char in "'\"":
                quote, blank_ok = char, True
            word.append(char)
            pos += 1
        if word or blank_ok:
            words.append("".join(word))
    return words


def name_values(text: str, escape: str) -> list[tuple[str, str]]:
    """The pairs of ENV or LABEL, values as written (parseNameVal).

    Raises ValueError, in BuildKit's words less the instruction's name, for what BuildKit refuses.
    """
    words = quoted_words(text, escape)
    if not words:
        return []
    if "=" not in words[0]:
        parts = re.split(r"[\t\v\f\r ]+", text, maxsplit=1)
        if len(parts) < 2:
            raise ValueError("must have two arguments")
        return [(parts[0], parts[1])]
    pairs = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"can't find = in {word!r}; write name=value")
        pairs.append((name, value))
    return pairs


def json_strings(text: str) -> list[tuple[str, int, int]] | None:
    """The strings of a JSON array, each with the place of its literal; None where it is no JSON array.

    parseJSON. Raises NotStrings for an array that holds anything but strings.
    """
    start = len(text) - len(text.lstrip(GO_SPACE))
    if not text.startswith("[", start):
        return None
    strings: list[tuple[str, int, int]] = []
    pos = _skip(text, start + 1)
    if text.startswith("]", pos):
        return strings if _skip(text, pos + 1) == len(text) else None
    while match := _JSON_STRING.match(text, pos):
        strings.append((_unescape(match[1]), match.start(), match.end()))
        pos = _skip(text, match.end())
        if text.startswith("]", pos):
            return strings if _skip(text, pos + 1) == len(text) else None
        if not text.startswith(",", pos):
            break
        pos = _skip(text, pos + 1)
    if _is_json(text[start:]):
        raise NotStrings
    return None


def _skip(text: str, pos: int) -> int:
    match = _JSON_SPACE.match(text, pos)
    return match.end() if match else pos


def _is_json(text: str) -> bool:
    import json

    def refuse(_constant: str) -> None:
        raise ValueError  # NaN and Infinity are Python's, not JSON's

    try:
        json.loads(text, parse_constant=refuse, parse_int=str, parse_float=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _unescape(body: str) -> str:
    if "\\" not in body:
        return body
    plain = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

    def one(match: re.Match[str]) -> str:
        if match[2]:
            return plain.get(match[2], match[2])
        units = bytes.fromhex(match[1].replace("\\u", ""))
        return units.decode("utf-16-be", "replace")

    return _JSON_ESCAPE.sub(one, body)


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
