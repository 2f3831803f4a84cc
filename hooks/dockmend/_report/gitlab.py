"""GitLab's Code Quality report, for the merge request's own list of findings.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256

from dockmend._engine.files import encode
from dockmend._report.places import Places
from dockmend._report.shared import in_repository, sentence
from dockmend._report.style import Style, printable, printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.errors import Failure
    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome

_SEVERITIES = {"error": "critical", "warning": "major", "info": "info"}


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The array, one object a finding and one for each file that could not be done; no `style`."""
    del style
    seen: Counter[tuple[str, ...]] = Counter()
    issues = []
    for outcome in outcomes:
        places = Places(outcome.text)
        issues += [_error(error, seen) for error in outcome.errors]
        issues += [_issue(outcome.path, found, places, seen) for found in outcome.findings]
    yield json.dumps(issues, indent=2) + "\n"


def _issue(path: str, found: Reported, places: Places, seen: Counter[tuple[str, ...]]) -> dict[str, object]:
    message = sentence(found.finding)
    known = _fingerprint(seen, path, found.name, message, places.line(found.line))
    lines = {"begin": found.line, "end": found.end_line}
    return _object(path, found.name, message, _SEVERITIES[found.severity], known, lines)


def _error(error: Failure, seen: Counter[tuple[str, ...]]) -> dict[str, object]:
    message = printable(error.message)
    known = _fingerprint(seen, error.path, "error", message)
    return _object(error.path, "error", message, "blocker", known, {"begin": error.line or 1})


def _object(
    path: str, name: str, message: str, severity: str, fingerprint: str, lines: dict[str, int]
) -> dict[str, object]:
    return {
        "description": message,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": printable_path(in_repository(path)), "lines": lines},
    }


def _fingerprint(seen: Counter[tuple[str, ...]], path: str, *parts: str) -> str:
    """The same for a finding that merely moved to another line, another for each of several alike."""
    key = (in_repository(path), *parts)
    seen[key] += 1
    return sha256(encode("\0".join((*key, str(seen[key]))))).hexdigest()
