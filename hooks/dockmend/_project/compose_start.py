"""What the services of a Compose file start: the words of `command` and `entrypoint`."""

from __future__ import annotations

from dockmend._compose.document import words
from dockmend._compose.yaml import SCALAR, Node
from dockmend._typing import NamedTuple

_BLANK = frozenset(" \t\r\n")
_OPERATORS = frozenset(";&|<>")


class Argv(NamedTuple):
    """The words that Compose passes; `dropped` is what it leaves out of a string: from an operator on."""

    words: tuple[str, ...]
    dropped: str


def argv(node: Node) -> Argv:
    """What becomes of a `command` or `entrypoint`; variables that Compose replaces stay as they are written.

    No shell takes part: https://docs.docker.com/reference/compose-file/services/#command. A string is split
    by https://github.com/mattn/go-shellwords, which stops at the first operator outside quotes.
    """
    if node.resolved.kind != SCALAR:
        return Argv(tuple(item.text.replace("$$", "$") for item in words(node)), "")
    text = node.resolved.text.replace("$$", "$")
    found: list[str] = []
    word: str | None = None
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 1
            word = (word or "") + text[at : at + 1]
        elif char in "\"'" and quote in ("", char):
            word, quote = word or "", "" if quote else char
        elif quote:
            word = (word or "") + char
        elif char in _OPERATORS:
            break
        elif char in _BLANK:
            found += () if word is None else (word,)
            word = None
        else:
            word = (word or "") + char
        at += 1
    found += () if word is None else (word,)
    return Argv(tuple(found), text[at:])
