"""Words of a logical line: flags, name and value pairs, JSON arrays.

Each follows one function of BuildKit's frontend/dockerfile/parser package.
"""

from __future__ import annotations

from dockmend._functools import lru_cache
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match

# Go's unicode.IsSpace; Python's str.strip() would also take U+001C to U+001F.
GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# BuildKit walks flags and HEALTHCHECK's type byte by byte, so no wider blank parts them.
BYTE_SPACE = "\t\n\v\f\r "

_TO_SPACES = dict.fromkeys(map(ord, BYTE_SPACE), " ")
_JSON_STRING = regex(r'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"')
_JSON_ESCAPE = regex(r'((?:\\u[0-9a-fA-F]{4})+)|\\(["\\/bfnrt])')


class NotStrings(ValueError):
    """A JSON array with something other than strings in it, which BuildKit refuses."""


def split_words(text: str) -> list[tuple[int, int]]:
    """Where the whitespace-separated words of `text` are (parseStringsWhitespaceDelimited)."""
    places = []
    pos = 0
    for word in text.translate(_TO_SPACES).split(" "):
        if word:
            places.append((pos, pos + len(word)))
        pos += len(word) + 1
    return places


def split_kind(text: str) -> tuple[str, int]:
    """The first word of `text`, in upper case, and where what follows it begins (parseHealthConfig)."""
    end, rest = _first_word(text)
    return text[:end].upper(), rest


def _first_word(text: str) -> tuple[int, int]:
    """Where the first word of `text` ends, and where what follows it begins."""
    end, size = 0, len(text)
    while end < size and text[end] not in BYTE_SPACE:
        end += 1
    rest = end
    while rest < size and text[rest] in BYTE_SPACE:
        rest += 1
    return end, rest


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


# Those of one ENV are asked for by the parser, for what it sets, and for its secrets.
@lru_cache(maxsize=64)
def quoted_words(text: str, escape: str) -> tuple[str, ...]:
    """Words of ENV, LABEL and ARG, their quotes and escapes kept (parseWords)."""
    plain = text.isascii() and text.isprintable()
    if plain and "'" not in text and '"' not in text and escape not in text:
        return tuple(text.split())
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
    return tuple(words)


def name_values(text: str, escape: str) -> list[tuple[str, str]]:
    """The pairs of ENV or LABEL, values as written (parseNameVal).

    Raises ValueError, in BuildKit's words less the instruction's name, for what BuildKit refuses.
    """
    words = quoted_words(text, escape)
    if not words:
        return []
    if "=" not in words[0]:
        end, rest = _first_word(text)
        if end == rest:
            raise ValueError("must have two arguments")
        return [(text[:end], text[rest:])]
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
    while (found := _json_string(text, pos)) is not None:
        strings.append(found)
        pos = _skip(text, found[2])
        if text.startswith("]", pos):
            return strings if _skip(text, pos + 1) == len(text) else None
        if not text.startswith(",", pos):
            break
        pos = _skip(text, pos + 1)
    if _is_json(text[start:]):
        raise NotStrings
    return None


def _skip(text: str, pos: int) -> int:
    while text[pos : pos + 1] in (" ", "\t", "\r", "\n"):
        pos += 1
    return pos


def _json_string(text: str, pos: int) -> tuple[str, int, int] | None:
    """The string that begins at `text[pos]`, with the place of its literal."""
    if not text.startswith('"', pos):
        return None
    end = text.find('"', pos + 1)
    body = text[pos + 1 : end]
    if end > 0 and body.isprintable() and "\\" not in body:
        return body, pos, end + 1
    match = _JSON_STRING.match(text, pos)
    return (_unescape(match[1]), pos, match.end()) if match else None


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

    def one(match: Match[str]) -> str:
        if match[2]:
            return plain.get(match[2], match[2])
        units = bytes.fromhex(match[1].replace("\\u", ""))
        return units.decode("utf-16-be", "replace")

    return _JSON_ESCAPE.sub(one, body)
