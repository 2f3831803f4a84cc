"""Commands taken out of a script that is a list of commands joined by `&&`."""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockmend._shell.code import Code
    from dockmend._shell.commands import Command


class Change(NamedTuple):
    """Replace `script[start:end]` with `text`."""

    start: int
    end: int
    text: str


def chain(code: Code) -> tuple[Command, ...] | None:
    """The commands of a script that is nothing but simple commands joined by `&&`; None for any other."""
    chains = code.program.block.chains
    if code.reason or code.heredoc is not None or len(chains) != 1 or chains[0].after:
        return None
    links = chains[0].links
    plain = all(link.kind == "command" and not link.negated and link.operator in ("", "&&") for link in links)
    found = tuple(command for command in code.program.commands if command.link in links)
    whole = len(found) == len(links) == len(code.program.commands)
    return found if plain and whole else None


def without(commands: Sequence[Command], gone: Mapping[int, str]) -> list[Change] | None:
    """The changes that take out each command whose place is in `gone`, or put another text in its place.

    The text is "" for a command that goes. None where no command is left.
    """
    kept = [place for place in range(len(commands)) if gone.get(place, " ")]
    if not kept:
        return None
    changes = [
        Change(commands[place].link.start, commands[place].link.end, text)
        for place, text in gone.items()
        if text
    ]
    if kept[0]:
        changes.append(Change(commands[0].link.start, commands[kept[0]].link.start, ""))
    for place, following in zip(kept, [*kept[1:], len(commands)]):
        if following > place + 1:
            changes.append(Change(commands[place].link.end, commands[following - 1].link.end, ""))
    return sorted(changes)


def without_words(command: Command, gone: Mapping[int, str]) -> list[Change]:
    """The changes that take out words by their places, none the first, or put others in their place."""
    changes = []
    for place, text in gone.items():
        word = command.words[place]
        start = word.start if text else command.words[place - 1].end
        changes.append(Change(start, word.end, text))
    return changes


def apply(text: str, changes: Sequence[Change]) -> str:
    """`text` with the changes made; they do not overlap."""
    parts = []
    done = 0
    for start, end, new in sorted(changes):
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])
