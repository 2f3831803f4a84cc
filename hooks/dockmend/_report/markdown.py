"""A table in Markdown, for the summary of a job or a comment on a merge request.

GitHub's dialect: https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._report.shared import address, in_repository, sentence
from dockmend._report.style import Style, printable
from dockmend._report.tally import Tally
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome

# GitHub takes 1 MiB for the summary of a step.
_ROWS = 1_000

# https://spec.commonmark.org/0.31.2/#backslash-escapes, but for what means nothing within a line.
_MARKS = regex(r"([\\`*_~\[\]<>&|#!@:])")


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """A heading, what was found in numbers, a table of it, and what could not be done; no `style`."""
    del style
    tally = Tally()
    rows: list[str] = []
    errors: list[str] = []
    for outcome in outcomes:
        tally.add(outcome)
        rows += [_row(outcome.path, found) for found in outcome.findings]
        errors += [f"- {_escaped(str(error))}\n" for error in outcome.errors]
    yield f"## dockmend\n\n{tally.summary(Style()).replace('[*] ', '')}"
    if rows:
        yield "\n| place | hook | finding | fix |\n| :-- | :-- | :-- | :-- |\n"
        yield from rows[:_ROWS]
    if len(rows) > _ROWS:
        yield f"\n… and {len(rows) - _ROWS} more.\n"
    if errors:
        yield "\n**Left alone:**\n\n"
        yield from errors


def _row(path: str, found: Reported) -> str:
    hook = f"[{found.name}]({address(found)})"
    place = _code(f"{in_repository(path)}:{found.line}")
    fix = found.finding.fix.safety if found.finding.fix is not None else ""
    return f"| {place} | {hook} {found.severity} | {_text(sentence(found.finding))} | {fix} |\n"


def _text(text: str) -> str:
    """A message, its `…` as code and the rest without any meaning in Markdown."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _escaped(text)
    return "".join(_code(part) if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", printable(text))


def _code(text: str) -> str:
    """A code span; in a table a bar is escaped even there."""
    text = printable(text).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else ""
