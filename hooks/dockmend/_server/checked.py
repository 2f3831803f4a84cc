"""One text as the engine sees it: what it finds, and what its fixes make."""

from __future__ import annotations

from functools import cached_property

from dockmend import _registry
from dockmend._engine import run
from dockmend._engine.config import Configs
from dockmend._engine.lines import edits
from dockmend._report.hide import hidden
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.span import Edit
    from dockmend._engine.mend import Reported
    from dockmend._server.positions import Positions


class Checked:
    """A text that an editor has open, checked under the configuration that holds at that moment."""

    def __init__(self, text: str, path: str | None, positions: Positions) -> None:
        """`path` is the absolute one of its file, None for a text without one."""
        self.text = text
        self.positions = positions
        self._path = path
        self._alone: dict[int, list[Edit]] = {}
        self.outcome = self._processed(run.CHECK)

    def _processed(self, mode: str, only: Reported | None = None) -> run.Outcome:
        job = run.Job(mode, Configs(), unsafe=only is not None)
        if only is not None:
            others = tuple(name for name in _registry.HOOKS if name != only.hook.name)
            # What `lint` found is mended by a hook that need not be selected.
            job = job._replace(ignore=others, extend=(only.hook.name,))
        return run.process_text(self.text, self._path or "-", self._path, job, only and only.finding)

    @cached_property
    def shown(self) -> tuple[Reported, ...]:
        """The findings, in their order, as they may be shown: without a secret in what they say."""
        (outcome,) = hidden([self.outcome])
        return outcome.findings

    @property
    def misnamed(self) -> list[tuple[int, str]]:
        """Each line (from 1) with an ignore comment that names no hook, and what to say of it."""
        return list(run.misnamed(self.text, self._path))

    @cached_property
    def mending(self) -> list[Edit]:
        """The edits that make what `--fix` makes of the text, without unsafe fixes and other files."""
        return self._edits(self._processed(run.MEND))

    def mending_alone(self, index: int) -> list[Edit]:
        """The edits that mend one finding and nothing else; none where the engine throws its fix away."""
        if index not in self._alone:
            self._alone[index] = self._edits(self._processed(run.MEND, self.outcome.findings[index]))
        return self._alone[index]

    def ignoring(self, index: int) -> Edit | None:
        """The edit that silences a finding by a comment."""
        return run.ignoring(self.text, self._path, self.outcome.findings[index])

    def _edits(self, mended: run.Outcome) -> list[Edit]:
        return list(edits(self.text, mended.text))

    def at(self, start: int, end: int) -> Iterator[int]:
        """The indexes of the findings whose places touch `text[start:end]`."""
        for index, found in enumerate(self.outcome.findings):
            span = found.finding.span
            if span.start <= end and start <= span.end:
                yield index
