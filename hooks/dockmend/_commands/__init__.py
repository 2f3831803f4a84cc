"""Commands beside checking and mending, `dockmend NAME`: a module each.

A module has `main(arguments)`, which takes the arguments after the name and returns the exit status; it may
raise Failure.
"""

from __future__ import annotations

import importlib

from dockmend._typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    Command: TypeAlias = Callable[[Sequence[str]], int]

# Each with what it does, for the help.
COMMANDS = {
    "completion": "print a completion script for a shell",
    "init": "write a pre-commit entry and a configuration",
    "lsp": "run the language server",
    "rule": "print the page of a hook",
    "rules": "list the hooks",
    "scan": "show the known vulnerabilities of an image",
    "verify": "check the signatures of base images",
}


def load(name: str) -> Command:
    """What runs the command of that name, its module imported now."""
    return cast("Command", importlib.import_module(f"dockmend._commands.{name}").main)
