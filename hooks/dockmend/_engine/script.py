"""Scripts, Makefiles and CI files as a kind of text, see kinds.py. Hooks report on them, and mend nothing."""

from __future__ import annotations

from dockmend._engine import ignores
from dockmend._project.scripts import ScriptFile
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from dockmend._dockerfile.document import Comment
    from dockmend._dockerfile.span import Span
    from dockmend._engine.codes import Codes, Unit
    from dockmend._hook import Context, Finding, Hook

parse = ScriptFile


def find(hook: Hook, doc: ScriptFile, ctx: Context, codes: Codes) -> Iterable[Finding]:
    """What the hook finds."""
    del codes
    return hook.script(doc, ctx)


def silenced(doc: ScriptFile, codes: Codes) -> ignores.Ignores:
    """`# dockmend: ignore[…]` holds for the line below."""
    del codes
    return ignores.silenced_below(doc, doc.comments, doc.lines())


def units(doc: ScriptFile) -> list[Unit]:
    """None: there are no instructions."""
    del doc
    return []


def asking(doc: ScriptFile) -> Iterator[Comment]:
    """All of them."""
    return iter(doc.comments)


comments = asking


def places(doc: ScriptFile) -> list[int]:
    """Where lines begin."""
    return [line.start for line in doc.lines()]


def difference(before: ScriptFile, after: ScriptFile, becomes: Mapping[Any, Any]) -> str | None:
    """Nothing is mended here."""
    del becomes
    return None if before.text == after.text else "changes a file that is only reported on"


def secrets(doc: ScriptFile) -> Iterator[Span]:
    """Those that their shape gives away."""
    from dockmend._dockerfile.span import Span
    from dockmend._project.secret_tokens import tokens

    end = 0
    for token in sorted(tokens(doc.text), key=lambda token: (token.start, -token.end)):
        if token.start >= end:
            end = token.end
            yield Span(token.start, token.end)
