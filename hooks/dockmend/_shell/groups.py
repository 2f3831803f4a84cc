"""Consecutive RUN instructions that merge-run joins: a change to one of them alone has to wait for that."""

from __future__ import annotations

from collections.abc import Mapping

from dockmend._dockerfile.document import Document, Instruction, Stage
from dockmend._dockerfile.state import DEFAULT_SHELL, is_windows, shipping, state_at
from dockmend._shell import join
from dockmend._shell.effects import Effects, Place, effects

Group = tuple[Instruction, ...]


def groups(doc: Document) -> Mapping[int, Group]:
    """For each RUN that may become one with its neighbours, by its index, all of them in order.

    With the defaults of merge-run.
    """
    found: dict[int, Group] = {}
    for stage in shipping(doc):
        if not is_windows(doc, stage):
            _gather(doc, stage, found)
    return found


def _gather(doc: Document, stage: Stage, found: dict[int, Group]) -> None:
    group: list[Instruction] = []
    last: Effects | None = None
    for run in (*stage.instructions, None):
        state = state_at(doc, run) if run is not None else None
        one = None
        if run is not None and state is not None and _fit(run) and state.shell == DEFAULT_SHELL:
            one = effects(run.args.text, Place(state.user, state.workdir, state.env))
        alike = run is not None and group and _flags(group[-1]) == _flags(run)
        if not (alike and last is not None and one is not None and not join.apart(last, one)):
            if len(group) > 1:
                found.update(dict.fromkeys((member.index for member in group), tuple(group)))
            group = []
        if run is not None and one is not None:
            group.append(run)
        last = one


def _fit(run: Instruction) -> bool:
    return run.name == "RUN" and run.json is None and not run.heredocs


def _flags(run: Instruction) -> tuple[str, ...]:
    return tuple(flag.text for flag in run.flags)
