"""Reports: outcomes to text.

A format is a module with `report(outcomes, style)`, which yields pieces of the report as the outcomes
come.
"""

from __future__ import annotations

import importlib

from dockmend._typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dockmend._engine.run import Outcome
    from dockmend._report.style import Style

    Report = Callable[[Iterable[Outcome], Style], Iterator[str]]

# Each name is that of its module, but for the standard library's json.
FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "markdown")
# Other programs make the fixes that these show, so that none may have a masked secret in it.
_APPLIED = frozenset({"json", "sarif"})


def load(name: str) -> Report:
    """The report of that format, its module imported now; it shows no secret of any file."""
    module = "json_" if name == "json" else name
    from dockmend._report.hide import hidden

    report = cast("Report", importlib.import_module(f"dockmend._report.{module}").report)
    return lambda outcomes, style: report(hidden(outcomes, applied=name in _APPLIED), style)
