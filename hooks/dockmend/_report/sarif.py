"""SARIF 2.1.0, as code scanning takes it, with the fixes that `--fix` would make.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html,
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from urllib.parse import quote_from_bytes

from dockmend import __version__, _registry
from dockmend._engine.files import encode
from dockmend._hook import SAFE
from dockmend._report.places import Places
from dockmend._report.shared import about, address, in_repository, sentence
from dockmend._report.style import Style, printable
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.errors import Failure
    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome
    from dockmend._hook import Fix, Hook

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}

_Object = dict[str, object]


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The log, one run of dockmend in it; `style` plays no part."""
    del style
    rules: dict[str, Reported] = {}
    results: list[_Object] = []
    errors: list[Failure] = []
    for outcome in outcomes:
        errors += outcome.errors
        places = Places(outcome.text)
        for found in outcome.findings:
            rules.setdefault(found.name, found)
            results.append(_result(outcome.path, found, places, list(rules).index(found.name)))
    invocation: _Object = {"executionSuccessful": not errors}
    if errors:
        invocation["toolExecutionNotifications"] = [_notification(error) for error in errors]
    driver = {
        "name": "dockmend",
        "semanticVersion": __version__,
        "informationUri": _registry.SITE,
        "rules": [_rule(found) for found in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(found: Reported) -> _Object:
    hook, link, text = found.hook, address(found), printable(about(found))
    own = found.name == hook.name
    return {
        "id": found.name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},  # GitHub wants both
        "help": {
            "text": f"{text}: {link}",
            "markdown": _registry.page(hook.name) if own else f"{text}: <{link}>",
        },
        "helpUri": link,
        "defaultConfiguration": {"level": _LEVELS[hook.severity if own else found.severity]},
        "properties": {
            "tags": ["docker", *(hook.aliases if own else (hook.name,))],
            "practice": hook.practice,
        },
    }


def _result(path: str, found: Reported, places: Places, rule: int) -> _Object:
    finding = found.finding
    region = {
        "startLine": found.line,
        "startColumn": found.column,
        "endLine": found.end_line,
        "endColumn": found.end_column,
    }
    result: _Object = {
        "ruleId": found.name,
        "ruleIndex": rule,
        "level": _LEVELS[found.severity],
        "message": {"text": sentence(finding)},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}],
    }
    if finding.fix is not None and found.fixable and _is_text(finding.fix):
        result["fixes"] = [_fix(path, found.hook, finding.fix, finding.reason, places)]
    return result


def _is_text(fix: Fix) -> bool:
    """Whether what the fix puts in can be written as text: bytes that are not UTF-8 cannot."""
    texts = [*(edit.text for edit in fix.edits), *(edit.text for edit in fix.files)]
    return not any("\ud800" <= character <= "\udfff" for text in texts for character in text)


def _fix(path: str, hook: Hook, fix: Fix, reason: str, places: Places) -> _Object:
    label = hook.summary if fix.safety == SAFE else f"{hook.summary} ({fix.safety}: {reason})"
    changes = [_change(path, [(places, *edit) for edit in sorted(fix.edits)])] if fix.edits else []
    for edit in fix.files:
        before = Places(edit.before or "")
        changes.append(_change(edit.path, [(before, (0, len(before.text)), edit.text)]))
    return {"description": {"text": printable(label)}, "artifactChanges": changes}


def _change(path: str, edits: Iterable[tuple[Places, tuple[int, int], str]]) -> _Object:
    return {
        "artifactLocation": _artifact(path),
        "replacements": [
            {"deletedRegion": _region(places, *span), "insertedContent": {"text": text}}
            for places, span, text in edits
        ],
    }


def _region(places: Places, start: int, end: int) -> _Object:
    line, column = places.position(start)
    end_line, end_column = places.position(end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _artifact(path: str) -> _Object:
    path = in_repository(path)
    address = quote_from_bytes(encode(path))
    return {"uri": f"file://{address}" if path.startswith("/") else address}


def _notification(error: Failure) -> _Object:
    place: _Object = {"artifactLocation": _artifact(error.path)}
    if error.line is not None:
        place["region"] = {"startLine": error.line, "startColumn": error.column or 1}
    return {
        "level": "error",
        "message": {"text": printable(error.message)},
        "locations": [{"physicalLocation": place}],
    }
