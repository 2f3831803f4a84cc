"""What could not be done, said in one line."""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    Kind = TypeVar("Kind", bound="Failure")


class Failure(Exception):
    """Something that makes the exit status 2; its text is the line for standard error.

    `path`, `line`, `column` (from 1) and `message` are its parts; nothing where it is about no file.
    """

    path = ""
    line: int | None = None
    column: int | None = None
    message = ""

    @classmethod
    def at(
        cls: type[Kind], path: str, message: str, line: int | None = None, column: int | None = None
    ) -> Kind:
        """`path:line:column: error: message`, line and column (from 1) left out where they are None."""
        place = "".join("" if number is None else f":{number}" for number in (line, column))
        failure = cls(f"{path}{place}: error: {message}")
        failure.path, failure.line, failure.column, failure.message = path, line, column, message
        return failure

    def for_all(self: Kind) -> Kind:
        """The same with a line that names no file, so that it is said once for all of them."""
        failure = type(self)(f"error: {self.message}")
        failure.path, failure.message = self.path, self.message
        return failure


def nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean "…"?` with the choice most like `word`, or nothing where none is alike."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(choices), 1)
    return f'; did you mean "{found[0]}"?' if found else ""
