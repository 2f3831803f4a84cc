"""A progress bar on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._engine.run import Outcome

# Fewer files are done before a bar could be read.
MANY = 50
# Seconds between two drawings.
PAUSE = 0.1


def shown(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """`outcomes`, once they are all there; the bar goes before the first comes out.

    The bar has no thread of its own, which a process that forks workers must not have.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("dockmend"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    done: list[Outcome] = []
    drawn = 0.0
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("dockmend", total=total)
        for outcome in outcomes:
            done.append(outcome)
            if monotonic() - drawn >= PAUSE:
                drawn = monotonic()
                progress.update(task, completed=len(done), refresh=True)
    return iter(done)
