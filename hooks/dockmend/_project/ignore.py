"""An ignore file as Docker reads it.

https://docs.docker.com/build/concepts/context/#dockerignore-files, moby/patternmatcher and its ignorefile
package. Patterns are anchored at the root of the build context; what matches a folder matches all in it;
the last line that matches decides; case matters.
"""

from __future__ import annotations

from dockmend._dockerfile.lexer import GO_SPACE
from dockmend._functools import lru_cache
from dockmend._project.pattern import Automaton, BadPattern, clean, glob, ignore_pattern
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# bufio.MaxScanTokenSize: a longer line ends ignorefile.ReadAll with an error.
_LONGEST_LINE = 64 * 1024
_SPECIAL = frozenset("*?[]\\")


class IgnoreProblem(NamedTuple):
    """A line that makes Docker refuse the build, or whose meaning is not modelled; `line` counts from 1."""

    line: int
    message: str


class Rule(NamedTuple):
    """What a line says: `pattern` is clean and without "!"; `line` counts from 1."""

    line: int
    pattern: str
    negated: bool


class IgnoreFile:
    """An ignore file: `lines` are its lines with their line ends, joined they are `text`.

    `rules` are the lines with a pattern, in order. Where there are `problems`, nothing else may be
    concluded from the file.
    """

    __slots__ = ("_compiled", "lines", "problems", "rules", "text")

    def __init__(
        self, text: str, lines: tuple[str, ...], rules: tuple[Rule, ...], problems: list[IgnoreProblem]
    ):
        self.text = text
        self.lines = lines
        self.rules = rules
        self._compiled: list[_Pattern] = []
        for rule in rules:
            try:
                self._compiled.append(_compiled(rule.pattern))
            except BadPattern as error:
                problems.append(IgnoreProblem(rule.line, f"the pattern has {error}"))
        self.problems = tuple(problems)

    @classmethod
    def parse(cls, text: str) -> IgnoreFile:
        """The file with that text, decoded as UTF-8 with surrogateescape; never raises."""
        lines = tuple(_lines(text))
        rules: list[Rule] = []
        problems: list[IgnoreProblem] = []
        for number, line in enumerate(lines, 1):
            content = line.removesuffix("\n").removesuffix("\r")
            if number == 1:
                content = content.removeprefix("\ufeff")
            if len(content.encode("utf-8", "surrogateescape")) >= _LONGEST_LINE:
                problems.append(IgnoreProblem(number, "the line is longer than Docker reads"))
                break
            if "\0" in content:
                problems.append(IgnoreProblem(number, "the file is not text"))
                break
            # Before trimming: " # x" is a pattern (ReadAll).
            if content.startswith("#"):
                continue
            pattern = content.strip(GO_SPACE)
            negated = pattern.startswith("!")
            pattern = pattern.removeprefix("!").strip(GO_SPACE) if negated else pattern
            if not pattern and not negated:
                continue
            pattern = clean(pattern) if pattern else ""
            if len(pattern) > 1:
                pattern = pattern.removeprefix("/")
            if negated and pattern in ("", "/"):
                problems.append(IgnoreProblem(number, "Docker refuses a lone exclamation mark"))
                continue
            rules.append(Rule(number, pattern, negated))
        return cls(text, lines, tuple(rules), problems)

    def deciding_line(self, path: str) -> int | None:
        """The number of the line that decides on `path`; None where no line touches it."""
        return self.decision(path)[0]

    def excludes(self, path: str) -> bool:
        """Whether `path` does not get into the build; the root itself always does."""
        return self.decision(path)[1]

    def decision(self, path: str) -> tuple[int | None, bool]:
        """The number of the line that decides on `path`, None where none does, and whether it is excluded.

        `path` is relative to the root of the build context, its names parted by "/".
        MatchesOrParentMatches: a line that would not change the answer so far is passed over.
        """
        path = clean(path)
        path = path.lstrip("/") or path
        line: int | None = None
        excluded = False
        if path == ".":
            return None, False
        for rule, pattern in zip(self.rules, self._compiled):
            if rule.negated is excluded and pattern.matches_or_parent(path):
                excluded = not rule.negated
                line = rule.line
        return line, excluded

    @property
    def has_exceptions(self) -> bool:
        """Whether a line brings something back with "!"."""
        return any(rule.negated for rule in self.rules)

    @property
    def excludes_everything(self) -> bool:
        """Whether a line excludes all there is, so that the others list what is allowed."""
        return any(
            not rule.negated and rule.pattern in ("*", "**", "**/*", "**/**", "*/**") for rule in self.rules
        )

    def with_lines(self, block: Iterable[str]) -> str:
        """The text with the lines of `block` after it, each given without its line end.

        What stands there keeps its bytes; a missing line end of the last line is added, and a blank line
        between. The line end is that of the first line.
        """
        newline = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        text = self.text
        if text.removeprefix("\ufeff"):
            text += newline if text.endswith("\n") else newline * 2
        return text + "".join(line + newline for line in block)


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


class _Pattern(NamedTuple):
    """A pattern in the form that moby/patternmatcher gives it (matchType)."""

    kind: str
    text: str
    automaton: Automaton | None

    def matches_or_parent(self, path: str) -> bool:
        """Whether `path`, clean and relative, or a folder it is in, matches."""
        if self.kind == "exact":
            return path == self.text or path.startswith(self.text + "/")
        if self.kind == "prefix":
            return path.startswith(self.text)
        if self.kind == "suffix":
            # "**/foo" ends with "/foo" or is "foo"; "**foo" ends with "foo", "barfoo" too.
            return f"{self.text}/" in (f"/{path}/" if self.text.startswith("/") else f"{path}/")
        assert self.automaton is not None
        return self.automaton.matches_or_parent(path)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> _Pattern:
    """Raises BadPattern."""
    head, tail = pattern.startswith("**"), pattern.endswith("**")
    if not _SPECIAL & set(pattern):
        return _Pattern("exact", pattern, None)
    if head and not _SPECIAL & set(pattern[2:]):
        return _Pattern("suffix", pattern[2:], None)
    if tail and not _SPECIAL & set(pattern[:-2]):
        return _Pattern("prefix", pattern[:-2], None)
    glob(pattern)
    return _Pattern("regexp", pattern, ignore_pattern(pattern))
