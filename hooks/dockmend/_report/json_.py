"""A JSON array with one object a finding.

Each has `hook`, `code` (another linter's, where the hook speaks for one or has to do with several; else
null), `aliases`, `practice`, `severity`, `message`, `reason` (why there is no fix, or what it may change
or reaches; null where there is nothing to say), `link` (where it is explained, if not on the page of the
hook), `path`, `line`, `column`, `end_line`, `end_column`, `fixable` (`--fix` mends it with the settings
in force) and `fix`: null, or an object with `safety`, `edits` and `files`. An edit replaces what lies
between its `start` and `end` with `text`; those have `offset` in bytes from 0, `line` and `column`. A
file has `path`, `new` and its whole `text`. Lines and columns count from 1, columns in code points; an
end is just after the last character. A byte that is not UTF-8 is written as the lone surrogate that
Python decodes it to (`surrogateescape`).
"""

from __future__ import annotations

import json

from dockmend._report.places import Places
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome
    from dockmend._hook import Fix
    from dockmend._report.style import Style


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The array, a finding at a time; `style` plays no part."""
    del style
    before = "["
    for outcome in outcomes:
        places = Places(outcome.text) if outcome.findings else None
        for found in outcome.findings:
            if places is not None:
                yield f"{before}\n  {json.dumps(_finding(outcome.path, found, places))}"
                before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _finding(path: str, found: Reported, places: Places) -> dict[str, object]:
    hook, finding = found.hook, found.finding
    return {
        "hook": hook.name,
        "code": finding.code or None,
        "aliases": list(hook.aliases),
        "practice": hook.practice,
        "severity": found.severity,
        "message": finding.message,
        "reason": finding.reason or None,
        "link": finding.link or None,
        "path": path,
        "line": found.line,
        "column": found.column,
        "end_line": found.end_line,
        "end_column": found.end_column,
        "fixable": found.fixable,
        "fix": None if finding.fix is None else _fix(finding.fix, places),
    }


def _fix(fix: Fix, places: Places) -> dict[str, object]:
    return {
        "safety": fix.safety,
        "edits": [
            {
                "start": _place(edit.span.start, places),
                "end": _place(edit.span.end, places),
                "text": edit.text,
            }
            for edit in fix.edits
        ],
        "files": [{"path": edit.path, "new": edit.before is None, "text": edit.text} for edit in fix.files],
    }


def _place(offset: int, places: Places) -> dict[str, int]:
    line, column = places.position(offset)
    return {"offset": places.byte(offset), "line": line, "column": column}
