"""Dockerfiles as a kind of text, see kinds.py."""

from __future__ import annotations

from dockmend._dockerfile.parser import parse as parse  # noqa: PLC0414 - a part of the kind
from dockmend._engine import ignores
from dockmend._engine.codes import Unit
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockmend._dockerfile.document import Comment, Document, Meaning
    from dockmend._dockerfile.span import Span
    from dockmend._engine.codes import Codes
    from dockmend._hook import Context, Finding, Hook


_LAST_STAGE: frozenset[str] = frozenset()


def find(hook: Hook, doc: Document, ctx: Context, codes: Codes) -> Iterable[Finding]:
    """What the hook finds; nothing where none of the instructions is there that it looks at."""
    del codes
    if hook.keywords and hook.keywords.isdisjoint(doc.keywords):
        return ()
    targets = ctx.build.targets if len(doc.stages) > 1 else _LAST_STAGE
    if targets != doc.targets:
        doc.targets = targets
        doc.derived.clear()
    return hook.check(doc, ctx)


def silenced(doc: Document, codes: Codes) -> ignores.Ignores:
    """What comments and the check directive say; hadolint's comments where its configuration lets them."""
    return ignores.silenced(doc, hadolints=codes.hadolint.pragmas)


def units(doc: Document) -> list[Unit]:
    """Its instructions."""
    return [Unit(one.span.start, one.index, one.stage) for one in doc.instructions]


def asking(doc: Document) -> Iterator[Comment]:
    """Those outside instructions."""
    return (comment for comment, _ in ignores.outside(doc))


def places(doc: Document) -> list[int]:
    """Where instructions begin."""
    return [one.span.start for one in doc.instructions]


def comments(doc: Document) -> Iterator[Comment]:
    """All of them."""
    return iter(doc.comments)


def difference(before: Document, after: Document, becomes: Mapping[int, tuple[Meaning, ...]]) -> str | None:
    """Compares instruction by instruction, and the parser directives."""
    expected = list(meanings(before, becomes))
    for instruction, meaning in zip(after.instructions, expected, strict=False):
        if instruction.meaning != meaning:
            return f"changes more than it declares, in the {instruction.name} of line {instruction.line}"
    if len(after.instructions) != len(expected):
        return "changes the number of instructions beyond what it declares"
    if [one[:2] for one in after.directives] != [one[:2] for one in before.directives]:
        return "changes a parser directive"
    return None


def meanings(doc: Document, becomes: Mapping[int, tuple[Meaning, ...]]) -> Iterator[Meaning]:
    """What the instructions mean once they are what becomes of them."""
    for instruction in doc.instructions:
        yield from becomes.get(instruction.index, (instruction.meaning,))


def secrets(doc: Document) -> Iterator[Span]:
    """Those that instructions spell out."""
    from dockmend._project.secrets import find as find_secrets

    return (found.span for found in find_secrets(doc))
