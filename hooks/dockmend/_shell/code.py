"""What a RUN hands to its shell: the script, with each place of it in the document."""

from __future__ import annotations

import re

from dockmend._dockerfile.document import (
    Document,
    Heredoc,
    HeredocMeaning,
    Instruction,
    Meaning,
    Stage,
    derived,
)
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import State, is_windows, state_after, state_at
from dockmend._regex import regex
from dockmend._shell import commands
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._shell.commands import Program

SHELLS = frozenset({"sh", "bash", "dash", "ash"})

_COMMANDS = regex(r"-[a-z]*c")
_ERREXIT = regex(r"-[a-z]*e|errexit")
_SHEBANG = regex(
    r"#![ \t]*(?:/usr/bin/env[ \t]+(?:-S[ \t]+)?|(?:/[a-z]+)*/)(?:ba|da|a)?sh((?:[ \t]+[-+a-z]+)*)[ \t]*\n"
)


class Code:
    """The script of one RUN, or of an ONBUILD's.

    `instruction` is the one in the file, `run` the RUN itself, `state` what is in force when it runs: for
    a trigger, what its stage ends with. `text` is the script, the body of a here-document where that is the
    script. `reason` is empty, or says in a clause why the script is not to be judged; `program` then has
    no commands.
    """

    __slots__ = ("heredoc", "instruction", "program", "reason", "run", "state", "strict", "text")

    def __init__(self, doc: Document, instruction: Instruction) -> None:
        assert instruction.stage is not None
        stage = doc.stages[instruction.stage]
        self.instruction = instruction
        self.run = instruction.trigger or instruction
        self.state: State = state_after(doc, stage) if instruction.trigger else state_at(doc, instruction)
        self.heredoc: Heredoc | None = None
        self.text = self.run.args.text
        self.strict = False
        self.reason = self._read(doc, stage)
        self.program: Program = commands.read("" if self.reason else self.text)
        if self.program.doubt:
            self.reason = f"its script is not understood: {self.program.doubt}"

    def _read(self, doc: Document, stage: Stage) -> str:
        shell = self.state.shell
        if self.run.json is not None:
            return "it is in exec form"
        if is_windows(doc, stage):
            return "it is for a Windows image"
        if shell[0].rsplit("/", 1)[-1] not in SHELLS or (
            shell[-1] != "-c" and not _COMMANDS.fullmatch(shell[-1])
        ):
            return "its shell is another than sh or bash"
        self.strict = any("e" in word and _ERREXIT.match(word) for word in shell[1:])
        if self.run.heredocs:
            return self._body()
        return ""

    def _body(self) -> str:
        """Take the body of a here-document that is the whole script: dispatchRun in BuildKit's convert.go."""
        run = self.run
        if len(run.heredocs) != 1 or run.args.span(0, len(run.args.text)) != run.heredocs[0].word:
            return "its here-document goes to another program"
        body = run.heredocs[0]
        if "\r" in body.content:
            return "its here-document has CRLF line ends"
        if body.content.startswith("#!"):
            shebang = _SHEBANG.match(body.content)
            if shebang is None:
                return "its here-document is no shell script"
            self.strict = "e" in shebang[1]
        self.heredoc = body
        self.text = body.content
        return ""

    @property
    def is_bash(self) -> bool:
        """Whether the script is bash's, as far as the file tells."""
        first = self.text.partition("\n")[0] if self.heredoc and self.text.startswith("#!") else ""
        return "bash" in (first or self.state.shell[0])

    @property
    def errexit(self) -> bool:
        """Whether `set -e` may be in force somewhere in the script."""
        return self.strict or self.program.errexit

    def offset(self, index: int) -> int:
        """The document offset of `text[index]`; the length of `text` gives the place just after it."""
        return self.run.args.offset(index) if self.heredoc is None else self.heredoc.span.start + index

    def span(self, start: int, end: int) -> Span:
        """The document span of `text[start:end]`, line continuations in between included."""
        if start == end:
            return Span(self.offset(start), self.offset(start))
        return Span(self.offset(start), self.offset(end - 1) + 1)

    def meaning(
        self, doc: Document, changes: Iterable[tuple[int, str]], flags: tuple[str, ...] = ()
    ) -> Meaning:
        """What the instruction means once each text is put in at its index, as written in the file.

        `flags` are new ones, ahead of those it has.
        """
        text: list[str] = []
        low = 0
        for index, new in sorted(changes):
            text += self.text[low:index], new if self.heredoc else _logical(new, doc.escape)
            low = index
        whole = "".join([*text, self.text[low:]])
        meaning = self.run.meaning
        meaning = meaning._replace(flags=flags + meaning.flags)
        if self.heredoc is None:
            meaning = meaning._replace(value=whole) if self.run.json is None else meaning
        else:
            meaning = meaning._replace(heredocs=(HeredocMeaning(*self.heredoc[:4], whole),))
        return meaning if self.run is self.instruction else self.instruction.meaning._replace(value=meaning)

    def __repr__(self) -> str:
        return f"<code of line {self.run.line}>"


@derived
def code_of(doc: Document, instruction: Instruction) -> Code:
    """The script of a RUN of `doc`, or of an ONBUILD's."""
    return Code(doc, instruction)


def codes(doc: Document, stage: Stage) -> Iterator[Code]:
    """The scripts of all RUN of a stage, triggers included."""
    for instruction in stage.instructions:
        if (instruction.trigger or instruction).name == "RUN":
            yield code_of(doc, instruction)


def _logical(text: str, escape: str) -> str:
    """`text` without its line continuations."""
    return re.sub(rf"{re.escape(escape)}[ \t]*\r?\n", "", text) if escape in text else text
