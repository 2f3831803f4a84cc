"""What the instructions of a Dockerfile take from the build context.

BuildKit's frontend/dockerfile/dockerfile2llb/convert.go (dispatchCopy) and convert_runmount.go.
"""

from __future__ import annotations

from itertools import takewhile

from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import derived
from dockmend._dockerfile.state import state_at
from dockmend._project.context import relative
from dockmend._project.pattern import has_wildcard
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._dockerfile.span import Span

# gitutil.ParseURL: a URL of these schemes, or what scp takes.
_REMOTE = regex(r"(?:https?|ssh|git)://|[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:")
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")

_MEANT = frozenset("$'\"")

ANYTHING = None
Pieces = tuple["str | None", ...]


class Source(NamedTuple):
    """A path that an instruction takes from the context.

    `pieces` are its text, quotes removed, with ANYTHING where a variable that the file does not settle
    stands; `defaults` is the text with the ARG's defaults, None where one has none. `instruction` is the
    ONBUILD where it is a trigger's; `span` is the word, or the flag of a mount.
    """

    instruction: Instruction
    span: Span
    pieces: Pieces
    defaults: str | None

    @property
    def literal(self) -> str | None:
        """The path from the root of the context, "" for the root; None with a variable or a wildcard."""
        text = self.text
        return None if text is None or has_wildcard(text) else relative(text)

    @property
    def rooted(self) -> str | None:
        """The path that has to be in the context: the literal one, or the folder in front of a wildcard."""
        parts = takewhile(lambda part: not has_wildcard(part), (self.text or "").split("/"))
        return self.literal if self.literal is not None else relative("/".join(parts)) or None

    @property
    def text(self) -> str | None:
        """The source without quotes; None where a variable is not settled."""
        return None if ANYTHING in self.pieces else "".join(piece or "" for piece in self.pieces)


def is_remote(source: str) -> bool:
    """Whether ADD fetches the source: a URL or a git repository (BuildKit's isHTTPSource, ParseGitRef)."""
    return ("://" in source or "@" in source) and _REMOTE.match(source) is not None


@derived
def context_sources(doc: Document) -> tuple[Source, ...]:
    """The sources of all ADD, COPY and bind mounts that are in the build context, triggers' included."""
    found: list[Source] = []
    for outer in doc.instructions:
        inner = outer.trigger or outer
        if inner.name in ("ADD", "COPY"):
            found += copy_sources(doc, outer)
        elif inner.name == "RUN":
            found += _bind_mounts(doc, outer)
    return tuple(source for source in found if not is_remote(source.defaults or source.pieces[0] or ""))


@derived
def copy_sources(doc: Document, outer: Instruction) -> tuple[Source, ...]:
    """All sources of an ADD or COPY but here-documents; none where `--from` names another place.

    `outer` is the instruction, or the ONBUILD around it.
    """
    inner = outer.trigger or outer
    if inner.flag("from"):
        return ()
    texts = list(inner.json) if inner.json is not None else [word.text for word in inner.words]
    bodies = {heredoc.word.start for heredoc in inner.heredocs}
    values = _Values(doc, outer)
    if inner.flag("parents"):
        # Patterns of an ignore file, where "**" stands for any folders.
        texts = [text.replace("**", "${**}") for text in texts]
    return tuple(
        values.source(outer, word.span(0, len(word.text)), text)
        for text, word in list(zip(texts, inner.words))[:-1]
        if word.offset(0) not in bodies
    )


def destination(doc: Document, outer: Instruction) -> str | None:
    """Where an ADD or COPY copies to, absolute; None where that is not known."""
    inner = outer.trigger or outer
    texts = inner.json if inner.json is not None else tuple(word.text for word in inner.words)
    values = _Values(doc, outer)
    target = values.source(outer, inner.head, texts[-1]).defaults
    if target is None or target.startswith("/"):
        return target and "/" + relative(target)
    workdir = values.workdir
    return None if workdir is None else "/" + relative(f"{workdir}/{target}")


def _bind_mounts(doc: Document, outer: Instruction) -> Iterator[Source]:
    for flag in (outer.trigger or outer).flags:
        if flag.name != "mount" or flag.value is None:
            continue
        fields = dict(_field(field) for field in flag.value.split(","))
        if fields.get("type", "bind") != "bind" or fields.get("from"):
            continue
        source = fields.get("source", fields.get("src", "/"))
        if '"' in flag.value:
            yield Source(outer, flag.span, (ANYTHING,), None)
        else:
            yield _Values(doc, outer).source(outer, flag.span, source)


def _field(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    return name.strip().lower(), value


class _Values:
    """The variables at an instruction; at a trigger none, since another build runs it."""

    def __init__(self, doc: Document, outer: Instruction) -> None:
        self._doc = doc
        self._outer = outer
        state = None if outer.trigger else state_at(doc, outer)
        self._env: Mapping[str, str | None] = {} if state is None else state.env
        self.workdir = None if state is None else state.workdir
        self._defaults: dict[str, str] | None = None

    def source(self, outer: Instruction, span: Span, text: str) -> Source:
        parts = list(word_parts(text, self._doc.escape))
        pieces: list[str | None] = []
        defaults: list[str | None] = []
        for part, variable in parts:
            value = self._env.get(part) if variable else self._path(part)
            pieces.append(value)
            defaults.append(value if value is not None else self._default(part))
        known = None if ANYTHING in defaults else "".join(part or "" for part in defaults)
        return Source(outer, span, tuple(pieces) or ("",), known)

    def _path(self, text: str) -> str:
        return text.replace("\\", "/") if self._doc.escape == "`" else text

    def _default(self, name: str) -> str | None:
        if self._defaults is None:
            self._defaults = {} if self._outer.trigger else argument_defaults(self._doc, self._outer)
        return self._defaults.get(name)


def argument_defaults(doc: Document, instruction: Instruction) -> dict[str, str]:
    """The literal defaults of the ARGs in force at an instruction of a stage."""
    outside = dict(_arguments(doc, (one for one in doc.instructions if one.stage is None)))
    found: dict[str, str] = {}
    for name, default in _arguments(
        doc,
        (one for one in doc.instructions if one.stage == instruction.stage and one.index < instruction.index),
    ):
        value = outside.get(name) if default is None else default
        if value is not None:
            found[name] = value
    return found


def _arguments(doc: Document, instructions: Iterable[Instruction]) -> Iterator[tuple[str, str | None]]:
    for one in instructions:
        if one.name != "ARG":
            continue
        for word in lexer.quoted_words(one.args.text, doc.escape):
            name, equals, value = word.partition("=")
            parts = list(word_parts(value, doc.escape))
            literal = not any(variable for _, variable in parts)
            yield name, "".join(part for part, _ in parts) if equals and literal else None


def word_parts(text: str, escape: str) -> Iterator[tuple[str, bool]]:
    """The parts of a word without its quotes and escapes: (text, False), or (name, True) for a variable.

    A substitution that is not plain $NAME or ${NAME} comes as a variable without a name. shell.Lex.
    """
    if _MEANT.isdisjoint(text) and escape not in text:
        if text:
            yield text, False
        return
    at, quote = 0, ""
    plain: list[str] = []
    while at < len(text):
        char = text[at]
        at += 1
        if char == quote or (not quote and char in "'\""):
            quote = "" if quote else char
        elif char == escape and quote != "'" and at < len(text):
            if quote and text[at] not in ('"', "$", escape):
                plain.append(char)
            plain.append(text[at])
            at += 1
        elif char == "$" and quote != "'":
            name, at = _variable(text, at)
            if name is None:
                plain.append(char)
                continue
            if plain:
                yield "".join(plain), False
                plain = []
            yield name, True
        else:
            plain.append(char)
    if plain:
        yield "".join(plain), False


def _variable(text: str, at: int) -> tuple[str | None, int]:
    """The name after the "$" just before `at`, and the place after it.

    The name is "" for a substitution that is not plain, None where no name follows.
    """
    if not text.startswith("{", at):
        match = _NAME.match(text, at)
        return (match[0], match.end()) if match else (None, at)
    match = _NAME.match(text, at + 1)
    if match and text.startswith("}", match.end()):
        return match[0], match.end() + 1
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return "", place + 1
    return "", len(text)
