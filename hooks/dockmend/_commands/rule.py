"""`dockmend rule HOOK`: the page of a hook."""

from __future__ import annotations

import sys

from dockmend import _registry
from dockmend._engine.errors import nearest
from dockmend._parser import CommandParser
from dockmend._report.output import Output
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print the page of the hook that a name (exec-form) or code (DL3025) means."""
    parser = CommandParser("rule", "HOOK", ", by name (exec-form) or code (DL3025).")
    parser.add_argument("hook", metavar="HOOK", help="the hook")
    code = parser.parse_args(arguments).hook
    name = _registry.resolve(code)
    if name is None:
        parser.error(f'no hook is called "{code}"{nearest(code, _registry.HOOKS)}')
    out = Output(sys.stdout, "standard output")
    out.text(f"# {name}\n\n{_registry.page(name)}\n")
    out.flush()
    return 0
