"""A progress bar on standard error."""

from __future__ import annotations

from time import monotonic

from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.progress import Progress

    from dockmend._engine.run import Outcome

Step = tuple[int, "int | None"]

# Fewer files are done before a bar could be read.
MANY = 50
# Seconds between two drawings.
PAUSE = 0.1
# Seconds that pass without a bar.
PATIENCE = 1.0


def shown(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """`outcomes`, once they are all there; the bar goes before the first comes out."""
    done: list[Outcome] = []

    def steps() -> Iterator[Step]:
        for outcome in outcomes:
            done.append(outcome)
            yield len(done), total

    _draw(steps(), 0.0)
    return iter(done)


def watch(steps: Iterable[Step]) -> None:
    """Take all `steps`, how many of how many are done (None: nobody knows), under a bar if they take long."""
    _draw(steps, PATIENCE)


def _draw(steps: Iterable[Step], patience: float) -> None:
    """Take all steps; the bar appears after that many seconds, and goes at the end."""
    begun, drawn = monotonic(), 0.0
    progress: Progress | None = None
    try:
        for done, total in steps:
            now = monotonic()
            if now - begun >= patience and now - drawn >= PAUSE:
                drawn = now
                progress = progress or _started()
                progress.update(progress.task_ids[0], completed=done, total=total, refresh=True)
    finally:
        if progress is not None:
            progress.stop()


def _started() -> Progress:
    """The bar has no thread of its own, which a process that forks workers must not have."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("dockmend"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    progress.add_task("dockmend", total=None)
    progress.start()
    return progress
