"""The names and values of ENV, ARG and LABEL, each with its place."""

from __future__ import annotations

from dockmend._dockerfile import lexer
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._dockerfile.document import Instruction


class Assignment(NamedTuple):
    """`name=value`: `value` as written, quotes kept, None for an ARG without a default.

    `start` and `end` are where the value stands in the instruction's `args.text`; where there is none,
    both are the end of the name.
    """

    name: str
    value: str | None
    start: int
    end: int

    @property
    def plain(self) -> str:
        """The value without the quotes around it, "" where there is none."""
        value = self.value or ""
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def assignments(instruction: Instruction, escape: str) -> tuple[Assignment, ...]:
    """What an ENV, ARG or LABEL assigns, in order; nothing for another instruction or a broken one.

    `escape` is the document's escape character. BuildKit's parseNameVal and parseNameOrNameVal.
    """
    if instruction.name not in ("ENV", "ARG", "LABEL"):
        return ()
    text = instruction.args.text
    words = lexer.quoted_words(text, escape)
    if instruction.name != "ARG" and words and "=" not in words[0]:
        try:
            [(name, value)] = lexer.name_values(text, escape)
        except ValueError:
            return ()
        return (Assignment(name, value, len(text) - len(value), len(text)),)
    found = []
    at = 0
    for word in words:
        at = text.index(word, at)
        name, equals, value = word.partition("=")
        start = at + len(name) + len(equals)
        at += len(word)
        found.append(Assignment(name, value if equals else None, start, at))
    return tuple(found)
