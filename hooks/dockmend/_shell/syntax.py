"""What a script is made of: lists, pipelines, commands and words, in the terms of POSIX.

Shell Command Language, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html.
"""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias


LITERAL, VARIABLE, UNKNOWN = "literal", "variable", "unknown"


class Unclear(Exception):
    """What the script does cannot be told; the message says why in a clause."""


class Piece(NamedTuple):
    """A part of a word: LITERAL text, the name of a VARIABLE, or UNKNOWN (a glob, a substitution, `~`)."""

    kind: str
    text: str = ""


class Word(NamedTuple):
    """One word, from `start` to `end` in the script; `bare` where nothing in it is quoted.

    `inner` are the scripts of its command substitutions; `assigns` says that expanding it sets a
    variable (`${X:=y}`, `$((i++))`).
    """

    start: int
    end: int
    pieces: tuple[Piece, ...]
    bare: bool = False
    inner: tuple[List, ...] = ()
    assigns: bool = False

    @property
    def value(self) -> str | None:
        """The text the shell passes; None where only the shell knows it."""
        text = ""
        for kind, part in self.pieces:
            if kind != LITERAL:
                return None
            text += part
        return text


class Redirect(NamedTuple):
    """A redirection: its operator (`>>`) and target."""

    operator: str
    target: Word


class Simple(NamedTuple):
    """A simple command: assignments before it, its words, its redirections; any of them may be missing."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


class Compound(NamedTuple):
    """A compound command. `keyword` is one of `( { if while for case function`.

    `tested` are the lists whose failure is asked for (conditions), `lists` the others; `words`
    those of `for` and `case`; `name` the variable of `for`, the function's name.
    """

    keyword: str
    lists: tuple[List, ...]
    tested: tuple[List, ...] = ()
    words: tuple[Word, ...] = ()
    name: str = ""
    redirects: tuple[Redirect, ...] = ()


class Pipeline(NamedTuple):
    """Commands between `|`; `negated` by `!`."""

    negated: bool
    commands: tuple[Command, ...]


class Item(NamedTuple):
    """Pipelines between `&&` and `||`, and the separator behind them: `;`, `&` or none."""

    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...]
    separator: str


Command: TypeAlias = "Simple | Compound"
List: TypeAlias = tuple[Item, ...]


class Program(NamedTuple):
    """A whole script; `comment` is where a comment ends it."""

    items: List
    comment: int | None
