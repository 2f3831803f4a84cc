"""Checkstyle's XML, which many tools read.

As checkstyle's own XMLLogger writes it: https://checkstyle.org/apidocs/com/puppycrawl/tools/checkstyle/XMLLogger.html
"""

from __future__ import annotations

from dockmend._report.shared import sentence
from dockmend._report.xml_ import Element, add, document, name_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.run import Outcome
    from dockmend._report.style import Style


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The document, every file in it; `style` plays no part."""
    del style
    root = Element("checkstyle", {"version": "4.3"})
    for outcome in outcomes:
        file = add(root, "file", name=name_of(outcome.path))
        for error in outcome.errors:
            add(
                file,
                "error",
                line=error.line or 1,
                severity="error",
                message=error.message,
                source="dockmend",
            )
        for found in outcome.findings:
            add(
                file,
                "error",
                line=found.line,
                column=found.column,
                severity=found.severity,
                message=sentence(found.finding),
                source=f"dockmend.{found.name}",
            )
    yield document(root)
