"""Words of a logical line: flags, name and value pairs, JSON arrays, here-document words.

Each follows one function of BuildKit's frontend/dockerfile/parser or shell package.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Go's unicode.IsSpace; Python's str.strip() would also take U+001C to U+001F.
GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# BuildKit walks flags and HEALTHCHECK's type byte by byte, so no wider blank parts them.
BYTE_SPACE = "\t\n\v\f\r "

_WORD = re.compile(r"[^\t\v\f\r ]+")
_JSON_STRING = re.compile(r'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"')
_JSON_SPACE = re.compile(r"[ \t\r\n]*")
_JSON_ESCAPE = re.compile(r'((?:\\u[0-9a-fA-F]{4})+)|\\(["\\/bfnrt])')
_HEREDOC = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_SUBSTITUTION_DEPTH = 100


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
    (heredocFromMatch makes its own lexer).
    """
    found = []
    for word, start, end in _lex(text, raw=True) or ():
        match = _HEREDOC.match(word)
        if match is None or not match[3]:
            continue
        plain = _lex(match[3], raw=False)
        if plain is None or len(plain) != 1:
            continue
        name = plain[0][0]
        raw = _lex(match[3], raw=True) or []
        kept = sum(part.count("'") + part.count('"') for part, _, _ in raw)
        expand = kept == name.count("'") + name.count('"')
        found.append(HeredocWord(name, int(match[1] or 0), expand, bool(match[2]), start, end))
    return found


def _lex(text: str, *, raw: bool) -> list[tuple[str, int, int]] | None:  # noqa: C901
    """Words as shell.Lex.ProcessWords splits them with an empty environment; None where it fails.

    `raw` keeps quotes and escapes.
    """
    words: list[tuple[str, int, int]] = []
    word: list[str] = []
    start = pos = 0
    size = len(text)
    while pos < size:
        char = text[pos]
        if char in GO_SPACE:
            if word:
                words.append(("".join(word), start, pos))
                word = []
            pos += 1
            continue
        if not word:
            start = pos
        if char == "'":
            end = text.find("'", pos + 1)
            if end < 0:
                return None
            word.append(text[pos : end + 1] if raw else text[pos + 1 : end])
            pos = end + 1
        elif char == '"':
            end = _double_quote_end(text, pos)
            if end < 0:
                return None
            body = text[pos + 1 : end]
            word.append(text[pos : end + 1] if raw else re.sub(r'\\(["$\\])', r"\1", body))
            pos = end + 1
        elif char == "<":
            end = pos + 1
            if text.startswith("<", end):
                end += 1
                while end < size and text[end] in GO_SPACE:
                    end += 1
            word.append(text[pos:end])
            pos = end
        elif char == "\\":
            if raw:
                word.append(char)
            if pos + 1 < size:
                word.append(text[pos + 1])
            pos += 2
        elif char == "$" and text.startswith("{", pos + 1):
            end = _brace_end(text, pos, 0)
            if end < 0:
                return None
            word.append(text[pos:end])
            pos = end
        else:
            word.append(char)
            pos += 1
    if word:
        words.append(("".join(word), start, min(pos, size)))
    return words


def _double_quote_end(text: str, pos: int, depth: int = 0) -> int:
    pos += 1
    while pos < len(text):
        char = text[pos]
        if char == '"':
            return pos
        if char == "$" and text.startswith("{", pos + 1):
            pos = _brace_end(text, pos, depth)
            if pos < 0:
                return -1
            continue
        pos += 2 if char == "\\" and text[pos + 1 : pos + 2] in ('"', "$", "\\") else 1
    return -1


def _brace_end(text: str, pos: int, depth: int) -> int:
    """After the `}` of the substitution at `pos`, or -1 where BuildKit's lexer would fail."""
    if depth > _SUBSTITUTION_DEPTH:
        return -1
    pos += 2
    if text[pos : pos + 1] in ("", "{", "}", ":"):
        return -1
    while pos < len(text):
        char = text[pos]
        if char == "}":
            return pos + 1
        if char == "\\":
            pos += 2
        elif char == "'":
            pos = text.find("'", pos + 1) + 1
            if not pos:
                return -1
        elif char == '"':
            pos = _double_quote_end(text, pos, depth + 1) + 1
            if not pos:
                return -1
        elif char == "$" and text.startswith("{", pos + 1):
            pos = _brace_end(text, pos, depth + 1)
            if pos < 0:
                return -1
        else:
            pos += 1
    return -1
