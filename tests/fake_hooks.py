"""Small hooks to try the engine and the front doors with, so that no real hook's judgement plays a part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dockmend import _registry
from dockmend._dockerfile.document import Document
from dockmend._dockerfile.span import Span
from dockmend._hook import INFO, SAFE, UNSAFE, Context, Edit, FileEdit, Finding, Fix, Hook

if TYPE_CHECKING:
    import pytest


def _upper(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Keywords in upper case: a safe fix that changes no meaning."""
    for one in doc.instructions:
        word = doc.text[one.keyword.start : one.keyword.end]
        if word != word.upper() and word != ctx.options["but"]:
            fix = Fix(SAFE, (Edit(one.keyword, word.upper()),), {one.index: (one.meaning,)})
            yield Finding(f"{word} is in lower case", one.keyword, fix)


def _signal(doc: Document, ctx: Context) -> Iterator[Finding]:
    """STOPSIGNAL SIGKILL: an unsafe fix to SIGTERM; a variable is reported with a reason."""
    for one in doc.instructions:
        if one.name == "STOPSIGNAL" and one.args.text == "SIGKILL":
            becomes = {one.index: (one.meaning._replace(value="SIGTERM"),)}
            span = one.args.span(0, len(one.args.text))
            fix = Fix(UNSAFE, (Edit(span, "SIGTERM"),), becomes)
            yield Finding("SIGKILL leaves no time to end", one.head, fix, "the process may ignore SIGTERM")
        elif one.name == "STOPSIGNAL" and "$" in one.args.text:
            yield Finding(
                "a signal from a variable", one.head, reason="its value is not known", severity=INFO
            )


def _beside(doc: Document, ctx: Context) -> Iterator[Finding]:
    """A file NOTES beside the Dockerfile that has the word "noted" in it; only where asked for."""
    if not ctx.asked or ctx.build.root is None:
        return
    path = os.path.join(ctx.build.root, "NOTES")
    before = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            before = file.read()
    if "noted\n" not in (before or ""):
        fix = Fix(SAFE, (), {}, files=(FileEdit(path, before, (before or "") + "noted\n"),))
        yield Finding("nothing is noted", Span(0, 0), fix)


def _broken(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Breaks where asked for."""
    for _ in doc.instructions if ctx.asked else ():
        raise ZeroDivisionError("on purpose")
    yield from ()


UPPER = Hook("upper", 1, "Keywords in upper case", _upper, aliases=("DL0001", "ConsistentInstructionCasing"),
             options={"but": "", "mode": ("few", "all"), "deep": False, "most": 3, "names": [], "by": {}})  # fmt: skip
SIGNAL = Hook("stop-signal", 2, "A signal that can be heard", _signal, aliases=("DL0002",), safety=UNSAFE,
              keywords=frozenset({"STOPSIGNAL"}))  # fmt: skip
BESIDE = Hook("beside", 3, "Notes beside the Dockerfile", _beside)
BROKEN = Hook("broken", 4, "Breaks", _broken)

HOOKS = {hook.name: hook for hook in (UPPER, SIGNAL, BESIDE, BROKEN)}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make these the hooks that there are."""
    monkeypatch.setattr(_registry, "HOOKS", tuple(HOOKS))
    monkeypatch.setattr(_registry, "load", HOOKS.__getitem__)
    monkeypatch.setattr(_registry, "page", lambda name: f"{HOOKS[name].summary}.")
