"""Workflow commands that GitHub Actions shows as annotations of the changed files.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from dockmend._report.shared import in_repository, sentence
from dockmend._report.style import Style, printable, printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.run import Outcome

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """One command a finding, and one for each file that could not be done; `style` plays no part."""
    del style
    for outcome in outcomes:
        for error in outcome.errors:
            place = {"line": error.line or 1} | ({"col": error.column} if error.column else {})
            yield _command("error", error.path, place, "", error.message)
        for found in outcome.findings:
            place = {"line": found.line, "endLine": found.end_line}
            if found.line == found.end_line:  # columns are for one line only
                place |= {"col": found.column, "endColumn": found.end_column}
            yield _command(
                _COMMANDS[found.severity], outcome.path, place, found.name, sentence(found.finding)
            )


def _command(name: str, path: str, place: dict[str, int], hook: str, message: str) -> str:
    properties: dict[str, object] = {"file": printable_path(in_repository(path)), **place}
    properties["title"] = f"dockmend {hook}".strip()
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(printable(message))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
