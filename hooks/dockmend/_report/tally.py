"""Counts over all files: the line that ends a report, `--statistics`, `--show-fixes`, and the exit status."""

from __future__ import annotations

from dockmend._report.shared import about
from dockmend._report.style import BOLD, CYAN, GREEN, Style, printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._engine.run import Outcome
    from dockmend._hook import FileEdit


class Tally:
    """What was counted so far."""

    def __init__(self, done: str = "mended", verb: str = "mend") -> None:
        """`done` and `verb` are what became of the findings that are not left."""
        self._done = done
        self._verb = verb
        self.failing = False
        self.errors = 0
        self.patches = 0
        self.made = 0
        self._found: dict[str, int] = {}
        self._fixable: dict[str, int] = {}
        self._hidden = 0
        self._mended: dict[str, dict[str, int]] = {}
        self._summaries: dict[str, str] = {}
        self.ignore_files: dict[str, FileEdit] = {}

    def add(self, outcome: Outcome) -> None:
        """Count one file."""
        self.failing |= outcome.failing
        self.errors += len(outcome.errors)
        self.patches += len(outcome.patches)
        self.made += len(outcome.made)
        for found in (*outcome.mended, *outcome.findings):
            for edit in found.finding.fix.files if found.finding.fix else ():
                if edit.context is not None:
                    self.ignore_files.setdefault(edit.path, edit)
        for found in outcome.findings:
            name = found.name
            self._summaries[name] = about(found)
            self._found[name] = self._found.get(name, 0) + 1
            self._fixable[name] = self._fixable.get(name, 0) + found.fixable
            self._hidden += found.finding.fix is not None and not found.fixable
        for found in outcome.mended:
            counts = self._mended.setdefault(outcome.path, {})
            counts[found.name] = counts.get(found.name, 0) + 1

    def summary(self, style: Style) -> str:
        """The last line or two of a report."""
        left, mended = sum(self._found.values()), self._all_mended()
        if not left + mended:
            return "" if self.errors else style.paint("Nothing to report.", GREEN) + "\n"
        done = f" ({mended} {self._done}, {left} left)" if mended else ""
        text = f"Found {_counted(left + mended, 'finding')}{done}.\n"
        fixable = sum(self._fixable.values())
        mark = f"[{style.paint('*', CYAN)}]"
        hidden = f"{_counted(self._hidden, 'unsafe fix', 'unsafe fixes')} with `--unsafe-fixes`"
        if fixable:
            text += f"{mark} {fixable} fixable with `--fix`{f' (and {hidden})' if self._hidden else ''}.\n"
        elif self._hidden:
            text += f"No safe fixes; {hidden}.\n"
        return text

    def _all_mended(self) -> int:
        return sum(sum(counts.values()) for counts in self._mended.values())

    def promised(self) -> str:
        """The last line of a `--diff`."""
        mended = self._all_mended()
        return (
            f"Would {self._verb} {_counted(mended, 'finding')}.\n"
            if mended
            else ""
            if self.patches
            else "Nothing would change.\n"
        )

    def statistics(self, style: Style) -> Iterator[str]:
        """A line for each hook, the most frequent first; `[*]`: all can be mended, `[-]`: some can."""
        for name, count in sorted(self._found.items(), key=lambda item: (-item[1], item[0])):
            fixable = self._fixable[name]
            mark = "*" if fixable == count else "-" if fixable else " "
            yield f"{count}\t{style.paint(name, BOLD)}\t[{style.paint(mark, CYAN)}] {self._summaries[name]}\n"

    def fixes(self, style: Style) -> Iterator[str]:
        """What was mended, by file."""
        for path, counts in self._mended.items():
            yield f"{self._done.capitalize()} in {style.paint(printable_path(path), BOLD)}:\n"
            for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
                yield f"    {count} x {name}\n"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
