"""One line a finding: `path:line:column: hook message [*]`; `[*]` says that `--fix` mends it."""

from __future__ import annotations

from dockmend._report.shared import address
from dockmend._report.style import BOLD, CYAN, SEVERITY, Style, printable, printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The lines, each with its line end."""
    for outcome in outcomes:
        for found in outcome.findings:
            place, mark = head(outcome.path, found, style)
            name = style.paint(found.name, BOLD, SEVERITY[found.severity])
            hook = style.link(name, address(found))
            yield f"{place} {hook} {printable(found.finding.message)}{mark}\n"


def head(path: str, found: Reported, style: Style) -> tuple[str, str]:
    """The `path:line:column:` that starts a finding, and the ` [*]` that ends it where it can be mended."""
    place = f"{style.paint(printable_path(path), BOLD)}:{found.line}:{found.column}:"
    return place, f" [{style.paint('*', CYAN)}]" if found.fixable else ""
