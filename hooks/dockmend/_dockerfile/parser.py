"""Text to Document, line by line as BuildKit's frontend/dockerfile/parser/parser.go does it."""

from __future__ import annotations

import sys

from dockmend._dockerfile import lexer, problems
from dockmend._dockerfile.document import (
    Comment,
    Directive,
    Document,
    Flag,
    Heredoc,
    Instruction,
    Logical,
    Problem,
    Stage,
)
from dockmend._dockerfile.lexer import BYTE_SPACE, GO_SPACE
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.text import line_starts
from dockmend._functools import remembering

# bufio.MaxScanTokenSize: a longer line, its line end included, stops BuildKit's scanner.
MAX_LINE_BYTES = 65536

# BuildKit stops at the first; a text of another kind has as many as lines.
MAX_PROBLEMS = 100

_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_JSON_OR_TEXT = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL"})
_JSON_OR_WORDS = frozenset({"ADD", "COPY", "VOLUME"})
_WORDS = frozenset({"EXPOSE", "FROM"})
_ONE_PIECE = (0,)
_SPACE = "\t\n\f\r "
_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})


# A file is read as it was and as it is mended; its context, reports and patches ask for both again.
@remembering(4, longest=1 << 16)
def parse(text: str) -> Document:
    """The document of `text`, decoded as UTF-8 with surrogateescape; never raises.

    What BuildKit refuses is in the result's `problems`; what could be read is there all the same.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)
        # What follows the last line end is a place, but no line to read.
        self.count = len(self.starts) - (self.starts[-1] == len(text))
        self.lines = text.split("\n")
        self.doc = Document(text, self.starts)
        self.comments: list[Comment] = []
        self.directives: list[Directive] = []
        self.instructions: list[Instruction] = []
        self.stages: list[Stage] = []
        self.named: dict[str, Stage] = {}
        self.problems: list[Problem] = []
        self.directives_done = False

    def parse(self) -> Document:
        self._refuse_long_lines()
        n = 0
        while n < self.count:
            n = self._instruction(n)
        doc = self.doc
        doc.comments = tuple(self.comments)
        doc.directives = tuple(self.directives)
        doc.instructions = tuple(self.instructions)
        named = (holder for one in self.instructions for holder in (one, one.trigger) if holder is not None)
        doc.keywords = frozenset(holder.name for holder in named)
        doc.stages = tuple(self.stages)
        if not self.instructions:
            self.problems.append(Problem(1, "the file has no instructions"))
        elif not self.stages:
            self.problems.append(Problem(self.instructions[0].line, "no build stage: there is no FROM"))
        doc.problems = tuple(sorted(self.problems))
        return doc

    def _line(self, n: int) -> str:
        """The line without its line end."""
        return self.lines[n].rstrip("\r")

    def _end(self, n: int) -> int:
        """Where line `n` ends, its line end included."""
        return self.starts[n + 1] if n + 1 < self.count else len(self.text)

    def _refuse_long_lines(self) -> None:
        if len(self.text) * 4 <= MAX_LINE_BYTES - 4:
            return
        for n in range(self.count):
            if (self._end(n) - self.starts[n]) * 4 <= MAX_LINE_BYTES - 4:
                continue
            size = len(self.lines[n].encode("utf-8", "surrogateescape")) + 1
            if size > MAX_LINE_BYTES:
                message = f"the line is longer than the {MAX_LINE_BYTES - 1} bytes that BuildKit reads"
                self.problems.append(Problem(n + 1, message))

    def _instruction(self, n: int) -> int:
        """Read what begins on line `n`; the number of the line after it."""
        first, start = n, self.starts[n]
        line = self._line(n)
        if n == 0 and line.startswith("\ufeff"):
            start, line = start + 1, line[1:]
        token = line.lstrip(GO_SPACE)
        start += len(line) - len(token)
        self._directive(token, n, start)
        n += 1
        if token.startswith("#"):
            self.comments.append(Comment(Span(start, start + len(token)), token))
            return n
        if not token:
            return n

        pieces: list[str] = []
        starts: list[int] = []
        offsets: list[int] = []
        size = 0
        inner: list[Comment] = []
        blanks: list[Span] = []
        piece, ended = self._piece(token)
        while True:
            if piece or not pieces:
                pieces.append(piece)
                starts.append(size)
                offsets.append(start)
                size += len(piece)
            if ended:
                break
            while n < self.count:
                line = self._line(n)
                start = self.starts[n]
                self._directive(line, n, start)
                n += 1
                token = line.lstrip(GO_SPACE)
                if token.startswith("#"):
                    at = start + len(line) - len(token)
                    inner.append(Comment(Span(at, at + len(token)), token))
                elif not token:
                    blanks.append(Span(start, self._end(n - 1)))
                else:
                    piece, ended = self._piece(line)
                    break
            else:
                break
        if pieces[0] == "" and len(pieces) > 1:
            del pieces[0], starts[0], offsets[0]

        instruction = Instruction(self.doc, first + 1)
        instruction.comments = tuple(inner)
        instruction.blanks = tuple(blanks)
        self.comments += inner
        logical = Logical("".join(pieces), tuple(starts) if len(starts) > 1 else _ONE_PIECE, tuple(offsets))
        self._fill(instruction, logical)
        n = self._heredocs(instruction, logical, n)
        instruction.last_line = n
        self._append(instruction)
        return n

    def _piece(self, line: str) -> tuple[str, bool]:
        """The line up to its escape character, and whether it ends the instruction: two of them are none."""
        escape = self.doc.escape
        text = line.rstrip(" \t")
        if text.endswith(escape) and not text.endswith(escape * 2):
            return text[:-1], False
        return line, True

    def _directive(self, line: str, n: int, start: int) -> None:
        if self.directives_done:
            return
        name, value = _name_and_value(line[1:]) if line.startswith("#") else ("", "")
        if name not in _DIRECTIVES or not value:
            self.directives_done = True
            return
        if any(directive.name == name for directive in self.directives):
            self.problems.append(Problem(n + 1, f"only one {name} parser directive can be used"))
        self.directives.append(Directive(name, value, Span(start, start + len(line))))
        if name == "escape":
            if value in ("\\", "`"):
                self.doc.escape = value
            else:
                self.problems.append(Problem(n + 1, f"escape={value}: the escape character is ` or \\"))

    def _fill(self, instruction: Instruction, logical: Logical) -> None:
        """Keyword, flags and arguments out of the logical line (splitCommand, newNodeFromLine)."""
        text = logical.text
        low = len(text) - len(text.lstrip(GO_SPACE))
        high = max(low, len(text.rstrip(GO_SPACE)))
        keyword_end = text.find(" ", low, high)
        if keyword_end < 0 or not text[low:keyword_end].isalpha():
            keyword_end = low
            while keyword_end < high and text[keyword_end] not in BYTE_SPACE:
                keyword_end += 1
        instruction.name = sys.intern(text[low:keyword_end].upper())
        flags, rest = lexer.split_flags(text[keyword_end:high])
        instruction.flags = tuple(
            Flag(*_flag_parts(flag), flag, logical.span(keyword_end + begin, keyword_end + end))
            for flag, begin, end in flags
        )
        rest += keyword_end
        rest = high - len(text[rest:high].lstrip(GO_SPACE))
        instruction.place(logical, low, keyword_end, rest, high)
        try:
            self._arguments(instruction, instruction.args)
        except lexer.NotStrings:
            message = f"{instruction.name}: a JSON array here holds strings only"
            self.problems.append(Problem(instruction.line, message))

    def _arguments(self, instruction: Instruction, args: Logical) -> None:
        name, text = instruction.name, args.text
        if name == "ONBUILD":
            if text and lexer.split_kind(text)[0] != "ONBUILD":
                trigger = Instruction(self.doc, instruction.line)
                trigger.comments, trigger.blanks = instruction.comments, instruction.blanks
                instruction.trigger = trigger
                self._fill(trigger, args)
        elif name == "HEALTHCHECK":
            kind, rest = lexer.split_kind(text)
            if kind == "CMD":
                self._json(instruction, args.slice(rest, len(text)))
        elif name in _JSON_OR_TEXT or name in _JSON_OR_WORDS:
            self._json(instruction, args)
        if name in _WORDS or (name in _JSON_OR_WORDS and instruction.json is None):
            instruction.words = tuple(args.slice(*word) for word in lexer.split_words(text))

    def _json(self, instruction: Instruction, args: Logical) -> None:
        strings = lexer.json_strings(args.text)
        if strings is not None:
            instruction.json = tuple(value for value, _, _ in strings)
            instruction.words = tuple(args.slice(begin, end) for _, begin, end in strings)

    def _heredocs(self, instruction: Instruction, logical: Logical, n: int) -> int:
        holder = instruction.trigger or instruction
        if holder.name not in _HEREDOCS or holder.json is not None or "<<" not in logical.text:
            return n
        from dockmend._dockerfile import heredoc

        try:
            words = heredoc.heredoc_words(logical.text)
        except ValueError as error:
            self.problems.append(Problem(instruction.line, f"{holder.name}: {error}"))
            return n
        found = []
        for word in words:
            begin = n
            while n < self.count:
                line = self._line(n)
                n += 1
                if (line.lstrip("\t") if word.chomp else line) == word.name:
                    break
            else:
                message = f"unterminated heredoc: no line {word.name!r} follows"
                self.problems.append(Problem(instruction.line, message))
                n = max(n, begin + 1)
                break
            span = Span(self.starts[begin], self._end(n - 1))
            content = self.text[self.starts[begin] : self.starts[n - 1]]
            place = logical.span(word.start, word.end)
            found.append(Heredoc(word.name, word.fd, word.expand, word.chomp, content, place, span))
        holder.heredocs = tuple(found)
        return min(n, self.count)

    def _append(self, instruction: Instruction) -> None:
        instruction.index = len(self.instructions)
        self.instructions.append(instruction)
        if len(self.problems) < MAX_PROBLEMS:
            self.problems += problems.of(instruction, bool(self.stages), self.doc.escape)
        if instruction.name == "FROM":
            self._stage(instruction)
        elif self.stages:
            self.stages[-1].instructions.append(instruction)
        if self.stages:
            instruction.stage = len(self.stages) - 1
        if (trigger := instruction.trigger) is not None:
            trigger.index, trigger.stage = instruction.index, instruction.stage
            trigger.last_line = instruction.last_line

    def _stage(self, instruction: Instruction) -> None:
        words = [word.text for word in instruction.words]
        base = words[0] if words else ""
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else None
        stage = Stage(len(self.stages), instruction, base, name, self.named.get(base.lower()))
        self.stages.append(stage)
        if name is not None:
            self.named[name] = stage


def _name_and_value(comment: str) -> tuple[str, str]:
    """A parser directive, its name in lower case (reDirective in directives.go: ASCII's blanks)."""
    name, _, value = comment.lstrip(GO_SPACE).partition("=")
    return name.rstrip(_SPACE).lower() if name.isascii() else "", value.strip(_SPACE) or value[-1:]


def _flag_parts(flag: str) -> tuple[str, str | None]:
    name, equals, value = flag[2:].partition("=")
    return name, value if equals else None
