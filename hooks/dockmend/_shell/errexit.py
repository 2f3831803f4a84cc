"""Whether it matters to a script that `set -e` stops working.

In all but the last element of an `&&` list the shell ignores errexit, in subshells too, POSIX 2.15,
`set -e`. A script that counts on it can only stand last.
"""

from __future__ import annotations

import re

from dockmend._shell.syntax import LITERAL, Command, Compound, Item, List, Pipeline, Simple

_CANNOT_FAIL = frozenset({":", "true", "set", "export", "echo", "printf"})
_RUNS_ANYTHING = frozenset({".", "source", "eval"})
_IN_THE_SHELL = frozenset({"command", "builtin", "time"})


def matters(items: List) -> bool:
    """Whether the script fails or goes on otherwise where errexit is ignored."""
    return _Reading().sequence(items, ignored=False)


class _Reading:
    """Follows a script in its order; `on` once errexit may be in force, which it then stays."""

    def __init__(self) -> None:
        self.on = False
        # Whether each function may set errexit itself.
        self.functions: dict[str, bool] = {}

    def sequence(self, items: List, ignored: bool) -> bool:
        """Whether errexit matters in the list; `ignored` where the script itself switches it off."""
        for place, item in enumerate(items):
            if self.item(item, ignored):
                return True
            if self.on and not ignored and place < len(items) - 1 and _may_end_the_script(item):
                return True
        return False

    def item(self, item: Item, ignored: bool) -> bool:
        last = len(item.pipelines) - 1
        return any(self.pipeline(one, ignored or place < last) for place, one in enumerate(item.pipelines))

    def pipeline(self, pipeline: Pipeline, ignored: bool) -> bool:
        return any(self.command(one, ignored or pipeline.negated) for one in pipeline.commands)

    def command(self, command: Command, ignored: bool) -> bool:
        words = [*command.words, *(redirect.target for redirect in command.redirects)]
        if isinstance(command, Simple):
            words += [word for _, word in command.assignments]
            if self.simple(command, ignored):
                return True
        elif command.keyword == "function":
            body = _Reading()
            body.functions = self.functions
            body.sequence(command.lists[0], ignored=False)
            self.functions[command.name] = body.on
            return False
        for inner in (inner for word in words for inner in word.inner):
            # Shells differ on whether a substitution ignores what is around it.
            if (self.on and len(inner) > 1) or self.sequence(inner, ignored=False):
                return True
        if isinstance(command, Simple):
            return False
        if any(self.sequence(one, True) for one in command.tested):
            return True
        repeats = command.keyword in ("for", "while")
        for one in command.lists:
            if self.sequence(one, ignored):
                return True
            if repeats and self.on and not ignored and any(_may_end_the_script(item) for item in one):
                return True
        return False

    def simple(self, command: Simple, ignored: bool) -> bool:
        names = [word.value for word in command.words]
        while names and names[0] in _IN_THE_SHELL:
            del names[0]
        if not names:
            return False
        name = names[0]
        dynamic = name is None and not any(
            piece.kind == LITERAL and "/" in piece.text for piece in command.words[-len(names)].pieces
        )
        if dynamic or name in _RUNS_ANYTHING:
            self.on = True
            return not ignored
        if name in self.functions:
            self.on = self.on or self.functions[name]
            return self.on and not ignored
        if name in ("set", "shopt") and _sets_errexit(names[1:]):
            self.on = True
        return False


def _sets_errexit(arguments: list[str | None]) -> bool:
    for argument in arguments:
        if argument is None or re.match(r"-[A-Za-z]*e", argument) or argument == "errexit":
            return True
        if argument in ("--", "-"):
            break
    return False


def _may_end_the_script(item: Item) -> bool:
    """Whether errexit may end the script at `item`: only at the last pipeline of a list, not negated."""
    last = item.pipelines[-1]
    if last.negated or item.separator == "&":
        return False
    command = last.commands[-1]
    if len(last.commands) > 1 or not isinstance(command, Simple):
        return not (isinstance(command, Compound) and command.keyword == "function")
    inner = any(word.inner for word in (*command.words, *(word for _, word in command.assignments)))
    if inner or command.redirects:
        return True
    return bool(command.words) and command.words[0].value not in _CANNOT_FAIL
