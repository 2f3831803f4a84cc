"""What reports for other tools have in common."""

from __future__ import annotations

import os

from dockmend._project.git import repository_top
from dockmend._registry import link
from dockmend._report.style import printable
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._engine.mend import Reported
    from dockmend._hook import Finding


def in_repository(path: str) -> str:
    """`path` from the top of the git repository around the current folder, `/` between its parts.

    Outside a repository it is from the current folder. A path outside of both is absolute; the `-` of
    standard input stays.
    """
    if path == "-":
        return path
    here = os.getcwd()
    absolute = os.path.abspath(path)
    relative = os.path.relpath(absolute, repository_top(here) or here)
    return (absolute if relative.split(os.sep)[0] == os.pardir else relative).replace(os.sep, "/")


def sentence(finding: Finding) -> str:
    """The message and, in parentheses, why there is no fix or what an unsafe one may change; printable."""
    return printable(f"{finding.message} ({finding.reason})" if finding.reason else finding.message)


def address(found: Reported) -> str:
    """Where it is explained: at an address of its own, or on the page of its hook."""
    return found.finding.link or link(found.hook.name)


def about(found: Reported) -> str:
    """What every finding of that name is about."""
    return found.hook.summary if found.name == found.hook.name else found.finding.message
