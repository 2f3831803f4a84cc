"""`dockmend rules`: the hooks, a line each."""

from __future__ import annotations

import sys

from dockmend import _registry
from dockmend._parser import CommandParser
from dockmend._report.output import Output
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print each hook's name, what kind of fix it has, what it is about and its codes in other linters."""
    CommandParser("rules").parse_args(arguments)
    out = Output(sys.stdout, "standard output")
    width = max(map(len, _registry.HOOKS))
    for name in _registry.HOOKS:
        hook = _registry.load(name)
        fix = f"{hook.safety or 'no'} fix"
        codes = f" ({', '.join(hook.aliases)})" if hook.aliases else ""
        out.text(f"{name:{width}}  {fix:10}  {hook.summary}{codes}\n")
    out.flush()
    return 0
