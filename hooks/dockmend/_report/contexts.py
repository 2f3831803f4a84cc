"""What ignore files that gain lines make of their build contexts: sizes before and after, line by line."""

from __future__ import annotations

import os

from dockmend._report.style import BOLD, Style, cut, printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from dockmend._hook import FileEdit
    from dockmend._project.weigh import Savings, Weight
    from dockmend._report.progress import Step

# As many lines are listed, those that keep out most.
_LINES = 12


def report(
    edits: Iterable[FileEdit], style: Style, watch: Callable[[Iterator[Step]], None] | None, *, made: bool
) -> Iterator[str]:
    """Lines about each ignore file; `made` says that the edits were made.

    `watch`, where it is given, takes the steps of what is long in the making.
    """
    from dockmend._project.ignore import IgnoreFile
    from dockmend._project.weigh import savings

    for edit in edits:
        after = IgnoreFile.parse(edit.text)
        new = edit.path if edit.before is None else ""
        counts = savings(edit.context or "", IgnoreFile.parse(edit.before or ""), after, new)
        found = _finished(counts, watch)
        where = style.paint(printable_path(os.path.relpath(edit.path).replace(os.sep, "/")), BOLD)
        goes = "goes" if made else "would go"
        sizes = f"{goes} from {_sized(found.before)} to {_sized(found.after)}"
        if not found.lines:
            sizes = f"stays at {_sized(found.after)}: nothing to exclude is there yet"
        about = "" if found.complete else "; not all of it can be read"
        yield f"{where}: the build context {sizes}{about}\n"
        ordered = sorted(found.lines.items(), key=lambda item: (-item[1].bytes, item[0]))
        for number, weight in ordered[:_LINES]:
            line = cut(after.lines[number - 1].strip(), style.width - 30)
            yield f"  {_counted(weight):>14}  {_bytes(weight.bytes):>9}  {line}\n"


def _finished(
    counts: Generator[int, None, Savings], watch: Callable[[Iterator[Step]], None] | None
) -> Savings:
    found: list[Savings] = []

    def steps() -> Iterator[Step]:
        try:
            while True:
                yield next(counts), None
        except StopIteration as end:
            found.append(end.value)

    if watch is not None:
        watch(steps())
    for _ in steps() if not found else ():
        pass
    return found[0]


def _sized(weight: Weight) -> str:
    return f"{_counted(weight)} ({_bytes(weight.bytes)})"


def _counted(weight: Weight) -> str:
    return f"{weight.files:,} file{'' if weight.files == 1 else 's'}"


def _bytes(count: int) -> str:
    """As Docker writes sizes: in powers of 1,000."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
