"""How scripts of consecutive shells become one script: `a && b && c`."""

from __future__ import annotations

from dockmend._shell import tools
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._shell.effects import Effects

PLAIN = "plain"
GROUP = "group"
SUBSHELL = "subshell"

_BRACKETS = {PLAIN: ("", ""), GROUP: ("{ ", "; }"), SUBSHELL: ("( ", " )")}

LONGEST = 100_000
"""Bytes of a joined script: Linux takes no argument over 131,071, MAX_ARG_STRLEN."""


class Part(NamedTuple):
    """What goes before and behind one script in the joined one."""

    wrap: str
    before: str
    behind: str


def apart(first: Effects, second: Effects) -> str:
    """Why the second RUN cannot follow the first in one shell, in a clause; empty where it can."""
    if first.alone or first.last:
        return _of("the RUN above", first.alone or first.last)
    return _of("this RUN", second.alone or second.first)


def _of(subject: str, reason: str) -> str:
    return subject + reason.removeprefix("it") if reason.startswith("it ") else reason


def parts(joined: Sequence[Effects]) -> list[Part]:
    """What each of the scripts needs around it, joined by `&&` in this order; no two of them `apart`."""
    found_again = _found_again(joined)
    return [
        _part(effects, index == 0, index == len(joined) - 1, found_again[index])
        for index, effects in enumerate(joined)
    ]


def _part(effects: Effects, first: bool, last: bool, found_again: bool) -> Part:
    # `a; b && c` and `a || b && c` are already what `{ a; b; } && c` and `{ a || b; } && c` are.
    group = (effects.group and not first) or (effects.open_end and not last)
    wrap = SUBSHELL if not last and (effects.leaks or found_again) else GROUP if group else PLAIN
    before, behind = _BRACKETS[wrap]
    return Part(wrap, before, " }" if wrap == GROUP and effects.open_end else behind)


def _found_again(joined: Sequence[Effects]) -> list[bool]:
    """Whether each script's shell remembers the place of a program that a later one may find elsewhere.

    That is: it runs the program, then something may bring another of that name, then a later script
    runs it. In a shell of its own the earlier script forgets.
    """
    again = [False] * len(joined)
    time = 0
    named: dict[str, tuple[int, int]] = {}
    built = [0] * len(joined)
    remembered: dict[str, list[tuple[int, int]]] = {}
    for index, effects in enumerate(joined):
        for run in effects.runs:
            time += 1
            if run.finds:
                brought = [named[name] for name in tools.known_as(run.finds) if name in named]
                moved = max((max(when, built[script]) for when, script in brought), default=0)
                known = remembered.setdefault(run.finds, [])
                while known and known[0][0] <= moved and known[0][1] < index:
                    again[known.pop(0)[1]] = True
                if run.remembers:
                    known.append((time, index))
            named.update(dict.fromkeys(run.brings, (time, index)))
            if run.builds:
                built[index] = time
    return again
