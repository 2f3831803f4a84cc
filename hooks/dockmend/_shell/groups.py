"""Consecutive RUN instructions that merge-run joins: a change to one of them alone has to wait for that."""

from __future__ import annotations

from collections.abc import Mapping

from dockmend._dockerfile.document import Document, Instruction
from dockmend._dockerfile.state import DEFAULT_SHELL, is_windows, shipping, state_at
from dockmend._shell import join
from dockmend._shell.effects import Place, effects

Group = tuple[Instruction, ...]


def groups(doc: Document) -> Mapping[int, Group]:
    """For each RUN that may become one with its neighbours, by its index, all of them in order.

    With the defaults of merge-run.
    """
    found: dict[int, Group] = {}
    for stage in shipping(doc):
        if is_windows(doc, stage):
            continue
        together: list[Instruction] = []
        for run in (*stage.instructions, None):
            if run is not None and run.name == "RUN":
                together.append(run)
                continue
            if len(together) > 1 and state_at(doc, together[0]).shell == DEFAULT_SHELL:
                _part(doc, together, found)
            together = []
    return found


def _part(doc: Document, together: list[Instruction], found: dict[int, Group]) -> None:
    """Add the groups among consecutive RUN instructions to `found`."""
    state = state_at(doc, together[0])
    place = Place(state.user, state.workdir, state.env)
    known = [effects(run.args.text, place) if _fit(run) else None for run in together]
    start = 0
    for at in range(1, len(together) + 1):
        if at < len(together):
            first, second = known[at - 1], known[at]
            alike = _flags(together[at - 1]) == _flags(together[at])
            if alike and first is not None and second is not None and not join.apart(first, second):
                continue
        if at - start > 1:
            found.update(dict.fromkeys((run.index for run in together[start:at]), tuple(together[start:at])))
        start = at


def _fit(run: Instruction) -> bool:
    return run.json is None and not run.heredocs


def _flags(run: Instruction) -> tuple[str, ...]:
    return tuple(flag.text for flag in run.flags)
