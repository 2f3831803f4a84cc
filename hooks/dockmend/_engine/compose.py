"""Compose files, and the Dockerfiles in them, as a kind of text, see kinds.py."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from dockmend._compose.document import ComposeFile, Path, meaning, texts
from dockmend._compose.document import parse as parse_compose
from dockmend._compose.inline import Inline, inlines
from dockmend._engine import dockerfile, ignores
from dockmend._engine.codes import Unit
from dockmend._functools import remembering
from dockmend._hook import Finding, Fix
from dockmend._project.context import BuildContext
from dockmend._project.sources import is_remote
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from dockmend._compose.document import Service
    from dockmend._dockerfile.document import Comment
    from dockmend._dockerfile.span import Span
    from dockmend._engine.codes import Codes
    from dockmend._hook import Context, Hook

parse = remembering(4, longest=1 << 16)(parse_compose)


def find(hook: Hook, doc: ComposeFile, ctx: Context, codes: Codes) -> Iterator[Finding]:
    """What the hook finds in the file, and in each Dockerfile that is written there."""
    yield from hook.compose(doc, ctx)
    for inline in inlines(doc):
        if inline.doc.problems:
            continue
        silenced = dockerfile.silenced(inline.doc, codes)
        inner = ctx._replace(path=None, build=_context(inline.service, ctx.path))
        for finding in dockerfile.find(hook, inline.doc, inner, codes):
            if not silenced.covers(codes.names(hook, finding), finding):
                yield _outer(inline, finding)


def _context(service: Service, path: str | None) -> BuildContext:
    """The build context of the Dockerfile within a service of the Compose file at `path`."""
    folder = texts(service.fields["build"].value).get("context", ".")
    if path is None or "$" in folder or is_remote(folder):
        return BuildContext()
    root = os.path.normpath(os.path.join(os.path.dirname(path), folder))
    return BuildContext(root) if os.path.isdir(root) else BuildContext(reason=f"{folder} is no folder")


def _outer(inline: Inline, finding: Finding) -> Finding:
    """A finding in the Dockerfile as one in the Compose file."""
    fix, reason = finding.fix, finding.reason
    if fix is not None and inline.reason and fix.edits:
        fix, reason = None, inline.reason
    elif fix is not None:
        fix = Fix(
            fix.safety,
            tuple(map(inline.edit, fix.edits)),
            {(*inline.path, index): meanings for index, meanings in fix.becomes.items()},
            fix.comments,
            fix.files,
        )
    related = tuple(place._replace(span=inline.span(place.span)) for place in finding.related)
    return finding._replace(span=inline.span(finding.span), fix=fix, reason=reason, related=related)


def silenced(doc: ComposeFile, codes: Codes) -> ignores.Ignores:
    """`# dockmend: ignore[…]` holds for the entry on the line below, with all that is in it."""
    del codes
    return ignores.silenced_below(doc, doc.comments, (entry.span for entry in doc.entries))


def units(doc: ComposeFile) -> list[Unit]:
    """The instructions of the Dockerfiles in it, as the fixes there name them."""
    found = [
        Unit(inline.span(one.span).start, (*inline.path, one.index), (*inline.path, one.stage))
        for inline in inlines(doc)
        for one in inline.doc.instructions
    ]
    return sorted(found, key=lambda unit: unit.start)


def asking(doc: ComposeFile) -> Iterator[Comment]:
    """Those of the Compose file itself: a Dockerfile in it has its own."""
    return iter(doc.comments)


def places(doc: ComposeFile) -> list[int]:
    """Where entries begin."""
    return sorted(entry.span.start for entry in doc.entries)


def comments(doc: ComposeFile) -> Iterator[Comment]:
    """Those of the Compose file and of the Dockerfiles in it."""
    yield from doc.comments
    for inline in inlines(doc):
        yield from inline.doc.comments


def difference(before: ComposeFile, after: ComposeFile, becomes: Mapping[Path, Any]) -> str | None:
    """Compares what is written, path by path, and the Dockerfiles that change instruction by instruction."""
    expected, written = meaning(before), meaning(after)
    instructions: dict[Path, dict[Any, Any]] = {}
    for path, found in becomes.items():
        if isinstance(found, Mapping):
            expected.update(found)
        else:
            instructions.setdefault(path[:-1], {})[path[-1]] = found
    old = {inline.path: inline.doc for inline in inlines(before)}
    new = {inline.path: inline.doc for inline in inlines(after)}
    for path, own in instructions.items():
        wrong = dockerfile.difference(old[path], new[path], own) if path in new else "loses a Dockerfile"
        if wrong is not None:
            return wrong
        expected[path] = written[path]
    for path in (*written, *expected):
        if written.get(path) != expected.get(path):
            return f"changes more than it declares, in {'.'.join(map(str, path[1:]))}"
    return None


def secrets(doc: ComposeFile) -> Iterator[Span]:
    """Those that services spell out."""
    from dockmend._project.compose_secrets import find as find_secrets

    return (found.span for found in find_secrets(doc))
