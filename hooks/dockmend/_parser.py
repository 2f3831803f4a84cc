"""The command line's parsers: what `--help` says, and how options are read."""

from __future__ import annotations

import argparse

from dockmend import __version__, _registry
from dockmend._commands import COMMANDS
from dockmend._engine.errors import nearest
from dockmend._hook import SEVERITIES
from dockmend._report import FORMATS
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

    from dockmend._hook import Hook

# argparse would look for translations of its words, for which it imports locale; all others are English.
argparse._ = str  # type: ignore[attr-defined]

_ABOUT = """\
Find problems in Dockerfiles and Compose files and mend them in place.

  dockmend                  report on everything below this folder
  dockmend --fix            mend what is safe to mend
  dockmend --diff           show that as a patch, and change nothing

PATH is such a file, a folder to search for them, or `-` for standard input.\
"""

_ABOUT_HOOK = """\
{summary}.

Mends each FILE in place, unless --check is given; `-` is standard input.\
"""

_STATUS = """\
Exit status: 0 nothing left to report, 1 something is (with --diff: something
would change), 2 wrong usage, or a file that could not be read, parsed or
written. Documentation: {link}\
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help in 80 columns; asking the terminal for its width would import shutil at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=80)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that ends with what to do, and status 2."""

    def error(self, message: str) -> NoReturn:
        advice = "" if message.endswith("?") else f"; `{self.prog} --help` lists the options"
        self.exit(2, f"{self.prog}: error: {message}{advice}\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """What argparse calls for an option with choices."""
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            said = f'"{value}" is none of {", ".join(choices)}{nearest(str(value), choices)}'
            raise argparse.ArgumentError(action, said)


class CommandParser(Parser):
    """The parser of `dockmend NAME`: `operands` is what its usage says it takes, `more` ends its help."""

    def __init__(self, name: str, operands: str = "", more: str = ".") -> None:
        prog = f"dockmend {name}"
        usage = " ".join(f"{prog} [OPTION]... {operands}".split())
        super().__init__(
            prog=prog,
            usage=usage,
            description=f"{COMMANDS[name].capitalize()}{more}",
            formatter_class=_Help,
            allow_abbrev=False,
            add_help=False,
        )
        self.add_argument("-h", "--help", action="help", help="show this help")


def parser_of(hook: Hook | None) -> Parser:
    """The parser of `dockmend` or of the own command of `hook`; its paths are what it leaves over."""
    name = "dockmend" if hook is None else f"dockmend-{hook.name}"
    parser = Parser(
        prog=name,
        usage=f"{name} [OPTION]... {'[PATH]...' if hook is None else 'FILE...'}",
        description=_ABOUT if hook is None else _ABOUT_HOOK.format(summary=hook.summary),
        epilog=_epilog(hook),
        formatter_class=_Help,
        allow_abbrev=False,
        add_help=False,
    )
    _mending(parser, hook)
    _choosing(parser, hook)
    _reporting(parser)
    group = parser.add_argument_group("other")
    if hook is not None and hook.explain is not None:
        group.add_argument("--explain", metavar="PATH", help="only say what decides about that path, and why")
    group.add_argument("-h", "--help", action="help", help="show this help")
    group.add_argument(
        "-V", "--version", action="version", version=f"dockmend {__version__}", help="show the version"
    )
    return parser


def _epilog(hook: Hook | None) -> str:
    status = _STATUS.format(link=_registry.SITE if hook is None else _registry.link(hook.name))
    if hook is not None:
        return status
    commands = "".join(f"  dockmend {name:15}  {summary}\n" for name, summary in COMMANDS.items())
    return f"other commands, each with --help:\n{commands}\n{status}"


def _mending(parser: argparse.ArgumentParser, hook: Hook | None) -> None:
    group = parser.add_argument_group("mending")
    if hook is None:
        group.add_argument("--fix", action="store_true", help="mend the files in place")
    else:
        group.add_argument("--check", action="store_true", help="only report, mend nothing")
    group.add_argument(
        "--unsafe-fixes",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="make fixes that may change behaviour, too",
    )
    if hook is None or "update" in hook.options:
        group.add_argument(
            "--update",
            action="store_true",
            help="move pinned digests to what their tags are now (selects pin-digest)",
        )
    group.add_argument(
        "--diff", action="store_true", help="print what mending would change as a patch, and change nothing"
    )
    if hook is None:
        group.add_argument(
            "--add-ignores",
            action="store_true",
            help="mend nothing, but write an ignore comment for each finding",
        )


def _choosing(parser: argparse.ArgumentParser, hook: Hook | None) -> None:
    group = parser.add_argument_group("what to look at")
    if hook is None:
        group.add_argument(
            "--select",
            action="append",
            metavar="HOOK,...",
            help="only these hooks, by name (exec-form) or code (DL3025); ALL for every one",
        )
        group.add_argument(
            "--extend-select", action="append", metavar="HOOK,...", help="these hooks, too (lint, pin-digest)"
        )
        group.add_argument("--ignore", action="append", metavar="HOOK,...", help="all but these hooks")
    group.add_argument("--since", metavar="REV", help="only what lines changed since that git revision touch")
    group.add_argument(
        "--patch", metavar="FILE", help="only what the lines of that patch touch (`-`: standard input)"
    )
    group.add_argument(
        "--context", metavar="DIR", help="the build context (default: found by what the files say)"
    )
    group.add_argument(
        "--config", metavar="FILE", help="the configuration, instead of the nearest one upward"
    )
    group.add_argument(
        "--force-exclude",
        action="store_true",
        help="leave out what the configuration excludes, even if named",
    )
    group.add_argument("--stdin-filename", metavar="PATH", help="the path that standard input stands for")
    group.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes (default: 1; 0: one a processor)"
    )


def _reporting(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reporting")
    group.add_argument("--output-format", choices=FORMATS, metavar="FORMAT", help=f"{', '.join(FORMATS)}")
    group.add_argument("--output-file", metavar="FILE", help="write the report, or the patch, there")
    group.add_argument("--statistics", action="store_true", help="only counts, by hook")
    group.add_argument("--show-fixes", action="store_true", help="list what was mended, too")
    group.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        metavar="SEVERITY",
        help=f"{', '.join(SEVERITIES)}: the least that makes the exit status 1 (default: warning)",
    )
    group.add_argument(
        "--exit-zero", action="store_true", help="status 0 even if something is left to report"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="the findings alone, no summary")
