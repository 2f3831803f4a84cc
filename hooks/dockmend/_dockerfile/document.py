"""A Dockerfile as BuildKit reads it, with every part's place in the text.

All offsets are code points from 0 in `Document.text`.
"""

from __future__ import annotations

from bisect import bisect_right

from dockmend._dockerfile.span import Span
from dockmend._dockerfile.text import Text
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Concatenate, ParamSpec, TypeVar

    Given = ParamSpec("Given")

    Kept = TypeVar("Kept")


class Logical:
    """Text of a logical line, line continuations removed, with a map back to the document.

    https://docs.docker.com/reference/dockerfile/#escape
    """

    __slots__ = ("_low", "_offsets", "_starts", "text")

    def __init__(self, text: str, starts: Sequence[int], offsets: Sequence[int], low: int = 0) -> None:
        """`starts[k]` is where, in the whole logical line, the piece at `offsets[k]` begins."""
        self.text = text
        self._starts = starts
        self._offsets = offsets
        self._low = low

    def offset(self, index: int) -> int:
        """The document offset of `text[index]`; the length of `text` gives the place just after it."""
        if self.text and index == len(self.text):
            return self.offset(index - 1) + 1
        place = self._low + index
        piece = bisect_right(self._starts, place) - 1
        return self._offsets[piece] + place - self._starts[piece]

    def span(self, start: int, end: int) -> Span:
        """The document span of `text[start:end]`, continuations and comments in between included."""
        if start == end:
            return Span(self.offset(start), self.offset(start))
        return Span(self.offset(start), self.offset(end - 1) + 1)

    def slice(self, start: int, end: int) -> Logical:
        """`text[start:end]` with its map; the indexes are those of `text`, none negative."""
        return Logical(self.text[start:end], self._starts, self._offsets, self._low + start)

    def __repr__(self) -> str:
        return f"Logical({self.text!r})"


_NOTHING = Logical("", (0,), (0,))


class Directive(NamedTuple):
    """A parser directive: `name` in lower case (syntax, escape, check)."""

    name: str
    value: str
    span: Span


class Comment(NamedTuple):
    """A comment line: from its `#` to the end of the line, without the line end."""

    span: Span
    text: str


class Flag(NamedTuple):
    """`--name=value` before an instruction's arguments; `text` is what BuildKit makes of it, unquoted."""

    name: str
    value: str | None
    text: str
    span: Span


class Heredoc(NamedTuple):
    """A here-document: `word` is its `<<EOF` in the arguments, `span` its body and terminator lines."""

    name: str
    fd: int
    expand: bool
    chomp: bool
    content: str
    word: Span
    span: Span


class HeredocMeaning(NamedTuple):
    """What a here-document means, wherever it stands."""

    name: str
    fd: int
    expand: bool
    chomp: bool
    content: str


class Meaning(NamedTuple):
    """What an instruction means, wherever it stands: equal meanings build the same.

    `value` holds the words of the exec form as a tuple, the trigger's meaning for ONBUILD, and
    otherwise the arguments' logical text.
    """

    name: str
    flags: tuple[str, ...]
    value: str | tuple[str, ...] | Meaning
    heredocs: tuple[HeredocMeaning, ...] = ()


class Problem(NamedTuple):
    """Why BuildKit or Compose refuses the file; `line` and `column` (None where unknown) count from 1."""

    line: int
    message: str
    column: int | None = None


class Instruction:
    """One instruction; an ONBUILD's `trigger` has the index, stage and span of the ONBUILD.

    `span` runs from the start of its first line to after the line end of its last one, bodies of
    here-documents included; `head` from the keyword to the last character of the logical line.
    `words` are the whitespace-separated words of the arguments or, in exec form, the JSON strings
    with their quotes. `args` is what follows the keyword and the flags, as BuildKit and the shell see it.
    """

    __slots__ = (
        "_bounds", "_doc", "_logical", "args", "blanks", "comments", "flags", "heredocs", "index",
        "json", "last_line", "line", "name", "stage", "trigger", "words",
    )  # fmt: skip

    def __init__(self, doc: Document, line: int) -> None:
        """What the parser fills; `line` and `last_line` count from 1."""
        self._doc = doc
        self._logical = _NOTHING
        self._bounds = (0, 0, 0)
        self.args = _NOTHING
        self.index = 0
        self.name = ""
        self.stage: int | None = None
        self.line = line
        self.last_line = line
        self.flags: tuple[Flag, ...] = ()
        self.json: tuple[str, ...] | None = None
        self.words: tuple[Logical, ...] = ()
        self.heredocs: tuple[Heredoc, ...] = ()
        self.comments: tuple[Comment, ...] = ()
        self.blanks: tuple[Span, ...] = ()
        self.trigger: Instruction | None = None

    def place(self, logical: Logical, start: int, keyword_end: int, args: int, end: int) -> None:
        """Where in its logical line the instruction and its arguments stand: indexes into `logical.text`."""
        self._logical = logical
        self._bounds = (start, keyword_end, end)
        self.args = logical.slice(args, end)

    @property
    def texts(self) -> tuple[str, ...]:
        """The arguments, and the bodies of here-documents."""
        return (self.args.text, *(heredoc.content for heredoc in self.heredocs))

    @property
    def span(self) -> Span:
        """All of its lines, the last one's line end included."""
        start, end = self._doc.lines_span(self.line, self.last_line)
        return Span(1 if start == 0 and self._doc.bom else start, end)

    @property
    def keyword(self) -> Span:
        """The keyword."""
        return self._logical.span(self._bounds[0], self._bounds[1])

    @property
    def head(self) -> Span:
        """From the keyword to the last character of the logical line."""
        return self._logical.span(self._bounds[0], self._bounds[2])

    @property
    def meaning(self) -> Meaning:
        """What the instruction means, for comparison."""
        value: str | tuple[str, ...] | Meaning
        if self.trigger is not None:
            value = self.trigger.meaning
        elif self.json is None:
            value = self.args.text
        elif self.name == "HEALTHCHECK":
            value = ("CMD", *self.json)
        else:
            value = self.json
        return Meaning(
            self.name,
            tuple(flag.text for flag in self.flags),
            value,
            tuple(HeredocMeaning(*doc[:5]) for doc in self.heredocs),
        )

    def flag(self, name: str) -> Flag | None:
        """The first flag of that name, without its dashes."""
        for flag in self.flags:
            if flag.name == name:
                return flag
        return None

    def __repr__(self) -> str:
        return f"<{self.name} line {self.line}>"


class Stage:
    """A build stage: its FROM and the instructions after it.

    `name` is lower case, as BuildKit compares it; `base` is the image word as written; `parent`
    is the earlier stage that `base` names, `root` the first of the chain that begins so.
    https://docs.docker.com/reference/dockerfile/#from
    """

    __slots__ = ("base", "index", "instruction", "instructions", "name", "parent", "root", "windows")

    def __init__(
        self, index: int, instruction: Instruction, base: str, name: str | None, parent: Stage | None
    ) -> None:
        self.index = index
        self.instruction = instruction
        self.base = base
        self.name = name
        self.parent = parent
        self.root: Stage = self if parent is None else parent.root
        self.instructions: list[Instruction] = []
        # Filled by state.py.
        self.windows: bool | None = None

    def __repr__(self) -> str:
        return f"<stage {self.index} FROM {self.base}>"


class Document(Text):
    """One Dockerfile; `problems` says why BuildKit would refuse it, and is empty where it would not."""

    __slots__ = (
        "comments", "derived", "directives", "escape", "instructions", "keywords", "problems", "stages",
        "targets",
    )  # fmt: skip

    def __init__(self, text: str, line_starts: list[int]) -> None:
        super().__init__(text, line_starts)
        self.escape = "\\"
        self.directives: tuple[Directive, ...] = ()
        self.comments: tuple[Comment, ...] = ()
        self.instructions: tuple[Instruction, ...] = ()
        # The names of all instructions, triggers included.
        self.keywords: frozenset[str] = frozenset()
        self.stages: tuple[Stage, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        # The stages that builds are known to ask for, by name or number; none: the last one.
        self.targets: frozenset[str] = frozenset()
        # See `derived`.
        self.derived: dict[Any, Any] = {}

    def reach(self, span: Span) -> Span:
        """`span`, widened to the whole instructions that it touches."""
        start, end = span
        for instruction in self.instructions:
            own = instruction.span
            if own.start < max(span.end, span.start + 1) and span.start < own.end:
                start, end = min(start, own.start), max(end, own.end)
        return Span(start, end)


_UNKNOWN = object()


def derived(
    function: Callable[Concatenate[Document, Given], Kept],
) -> Callable[Concatenate[Document, Given], Kept]:
    """`function` of a document and what else it is given, called once for each and kept with the document.

    Its result may depend on these alone.
    """

    def once(doc: Document, /, *args: Given.args, **named: Given.kwargs) -> Kept:
        key = (function, *args, *named.items()) if named else (function, *args)
        found: Kept = doc.derived.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = doc.derived[key] = function(doc, *args, **named)
        return found

    return once
