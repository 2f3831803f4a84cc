"""Shell scripts, Makefiles and the files of CI services: what they have docker do, as far as a line tells."""

from __future__ import annotations

import re

from dockmend._dockerfile.document import Comment, Problem
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.text import Text, line_starts
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Behind the start of a line of a script or recipe, an item or key of YAML, an operator or a keyword.
_RUN = regex(
    r"(?:^[-@+ \t]*(?:(?:run|script)[ \t]*:[ \t]*)?|[;&|(][ \t]*|\b(?:then|do|else|exec|time)[ \t]+)"
    r"(?:sudo[ \t]+)?((?:docker|podman|nerdctl)[ \t]+(?:container[ \t]+)?(?:run|create))(?=[ \t])",
    re.MULTILINE,
)
_CONTINUED = regex(r"\\[ \t]*\r?\n")
_WORD = regex(r"""(?:\\.|\$\([^()\n]*\)|"(?:\\.|[^"\\])*"|'[^']*'|[^\s;&|<>()"'\\])+|[;&|<>()]""")
_OPERATORS = frozenset(";&|<>()")
_COMMENT = regex(r"^[ \t]*(#[^\r\n]*)", re.MULTILINE)


class DockerRun(NamedTuple):
    """`docker run` or its like at `span`; `words` are what follows it in the command, as they are written."""

    span: Span
    words: tuple[str, ...]


class ScriptFile(Text):
    """A file of commands; `comments` are the lines that hold nothing else."""

    __slots__ = ("comments", "problems")

    def __init__(self, text: str) -> None:
        super().__init__(text, line_starts(text))
        self.comments = tuple(Comment(Span(*match.span(1)), match[1]) for match in _COMMENT.finditer(text))
        self.problems: tuple[Problem, ...] = ()

    def reach(self, span: Span) -> Span:
        """`span` itself."""
        return span

    def lines(self) -> Iterator[Span]:
        """All lines, with their line ends."""
        return (self.lines_span(number, number) for number in range(1, len(self._line_starts) + 1))

    def runs(self) -> Iterator[DockerRun]:
        """Each `docker run` and `docker create`, and those of programs with the same options."""
        if "docker" not in self.text and "podman" not in self.text and "nerdctl" not in self.text:
            return
        # As long as the text, so that places are the same.
        text = _CONTINUED.sub(lambda match: " " * len(match[0]), self.text)
        for match in _RUN.finditer(text):
            end = text.find("\n", match.end())
            words = _WORD.findall(text, match.end(), len(text) if end < 0 else end)
            last = next((at for at, word in enumerate(words) if word in _OPERATORS), len(words))
            yield DockerRun(Span(*match.span(1)), tuple(words[:last]))
