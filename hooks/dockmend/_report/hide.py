"""Outcomes without the secrets that their files hold: what a report is made of."""

from __future__ import annotations

from dockmend._edit import Edits
from dockmend._engine.kinds import masked
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome
    from dockmend._hook import Fix

# Shorter ones are words that stand for other things too, and say nothing by themselves.
_TELLING = 6


def hidden(outcomes: Iterable[Outcome], *, applied: bool = False) -> Iterator[Outcome]:
    """The outcomes, secrets masked in their texts, their fixes and what is said of them.

    Where the fixes will be `applied`, one that would be masked is left out, and that is the reason.
    """
    for outcome in outcomes:
        if not outcome.text:
            yield outcome
            continue
        text = masked(outcome.text, outcome.path)
        if text == outcome.text:
            yield outcome
            continue
        values = sorted(_values(outcome.text, text), key=len, reverse=True)
        findings = tuple(_finding(found, outcome, values, applied) for found in outcome.findings)
        yield outcome._replace(text=text, findings=findings)


def _values(text: str, mask: str) -> set[str]:
    """The masked parts of `text`, line by line."""
    found = set()
    start = 0
    for at in range(len(text) + 1):
        if at == len(text) or text[at] == mask[at]:
            if at - start >= _TELLING:
                found.add(text[start:at])
            start = at + 1
    return found


def _finding(found: Reported, outcome: Outcome, values: list[str], applied: bool) -> Reported:
    message, reason = found.finding.message, found.finding.reason
    if found.hook.name == "no-secrets":
        # What it says is its own words and names: that a plain word is among these tells nothing.
        values = [value for value in values if not (value.isalpha() and value.islower())]
    for value in values:
        message, reason = message.replace(value, "***"), reason.replace(value, "***")
    fix = found.finding.fix and _fix(found.finding.fix, outcome)
    if applied and fix != found.finding.fix:
        fix, reason = None, "its fix has a secret in it, which no report shows: use --fix"
    return found._replace(finding=found.finding._replace(message=message, reason=reason, fix=fix))


def _fix(fix: Fix, outcome: Outcome) -> Fix:
    after = masked(Edits(fix.edits).apply(outcome.text), outcome.path)
    edits = []
    shift = 0
    for edit in sorted(fix.edits):
        start = edit.span.start + shift
        edits.append(edit._replace(text=after[start : start + len(edit.text)]))
        shift += len(edit.text) - (edit.span.end - edit.span.start)
    return fix._replace(edits=tuple(edits))
