"""What the RUN instructions of a file do with the caches that earlier ones leave."""

from __future__ import annotations

from functools import cached_property

from dockmend._regex import regex
from dockmend._shell.code import code_of
from dockmend._shell.packages import MANAGERS, MAY_NEED, NEEDS, REFRESHES, Manager, use_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockmend._dockerfile.document import Document, Instruction

_REMOVES = regex(r"\brm\b[^\n]{0,200}/var/")
_NO_REPOSITORIES = regex(
    r"\brm\b[^&|;\n]{0,300}yum\.repos\.d|\bconfig-manager\b[^&|;\n]{0,300}--(?:set-)?disabled?\b"
)
_OFFLINE = regex(
    r"\b(?:yum|dnf|zypper|yarn|apk)\b[^&|;\n]{0,300}"
    r"(?:--cacheonly|--no-refresh|--offline|--no-network|[ \t]-C\b)"
)
_SAY_OFFLINE = ("--cacheonly", "--no-refresh", "--offline", "--no-network", "-C")
# How much what is behind a RUN needs the lists, and minus the first line that does.
_Need = tuple[int, int]
_WORSE = ("", MAY_NEED, NEEDS)
_NOTHING: _Need = (0, 0)


class Uses:
    """The uses in one document, each found out once."""

    def __init__(self, doc: Document) -> None:
        self._doc = doc
        self._needs: dict[str, Mapping[int, _Need]] = {}

    def behind(self, manager: Manager, instruction: Instruction) -> tuple[str, int]:
        """Whether what comes behind the RUN uses the lists of APT or the index of APK, and in which line.

        In the terms of `packages.use_of`; what comes behind are the RUN instructions of its stage and of
        those built FROM it.
        """
        if manager.name not in self._needs:
            self._needs[manager.name] = self._needed(manager)
        use, line = self._needs[manager.name][instruction.index]
        return _WORSE[use], -line

    def _needed(self, manager: Manager) -> dict[int, _Need]:
        behind: dict[int, _Need] = {}
        starts: dict[int, _Need] = {}
        for stage in reversed(self._doc.stages):
            need = starts.get(stage.index, _NOTHING)
            runs = [one for one in stage.instructions if (one.trigger or one).name == "RUN"]
            # Triggers run when another build starts FROM the stage.
            for run in sorted(runs, key=lambda one: (one.trigger is not None, one.index), reverse=True):
                behind[run.index] = need
                use = use_of(manager, code_of(self._doc, run))
                need = _NOTHING if use == REFRESHES else max(need, (_WORSE.index(use), -run.line))
            if stage.parent is not None:
                parent = stage.parent.index
                starts[parent] = max(starts.get(parent, _NOTHING), need)
        return behind

    def missing(self, manager: Manager, instruction: Instruction) -> int:
        """The line of a later RUN that fails where the manager's cache holds nothing, 0 for none."""
        found = self._removals[manager.name]
        return next((line for index, line in found if index > instruction.index), 0)

    @cached_property
    def _removals(self) -> Mapping[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {manager.name: [] for manager in MANAGERS}
        for one in self._doc.instructions:
            run = one.trigger or one
            if (
                run.name == "RUN"
                and one.stage is not None
                and "/var/" in run.args.text
                and _REMOVES.search(run.args.text)
            ):
                for command in code_of(self._doc, one).program.commands:
                    for manager in MANAGERS:
                        if manager.misses_files(command):
                            found[manager.name].append((one.index, one.line))
        return found

    @cached_property
    def offline(self) -> int:
        """The line that installs from a cache alone, 0 where none does."""
        text = self._doc.text
        found = _OFFLINE.search(text) if any(word in text for word in _SAY_OFFLINE) else None
        return self._doc.position(found.start())[0] if found else 0

    @cached_property
    def without_repositories(self) -> bool:
        """Whether repositories of yum or dnf are taken away or disabled."""
        text = self._doc.text
        named = "yum.repos.d" in text or "config-manager" in text
        return named and _NO_REPOSITORIES.search(text) is not None
