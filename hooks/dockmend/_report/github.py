"""Workflow commands that GitHub Actions shows as annotations of the changed files.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dockmend._report.style import Style, printable, printable_path

if TYPE_CHECKING:
    from dockmend._engine.run import Outcome

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """One command a finding; `style` plays no part."""
    del style
    for outcome in outcomes:
        for found in outcome.findings:
            place: dict[str, object] = {"file": printable_path(outcome.path)}
            place |= {"line": found.line, "endLine": found.end_line}
            if found.line == found.end_line:  # columns are for one line only
                place |= {"col": found.column, "endColumn": found.end_column}
            place["title"] = f"dockmend {found.hook.name}"
            listed = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
            reason = f" ({found.finding.reason})" if found.finding.reason else ""
            message = _data(printable(found.finding.message + reason))
            yield f"::{_COMMANDS[found.severity]} {listed}::{message}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
