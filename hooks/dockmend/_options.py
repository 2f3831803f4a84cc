"""The command line's options: what they are where they are not given, and whether they make sense."""

from __future__ import annotations

import os

from dockmend import _registry
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from dockmend._hook import Hook

DEFAULTS: dict[str, Any] = {
    "add_ignores": False,
    "check": False,
    "config": None,
    "context": None,
    "diff": False,
    "exit_zero": False,
    "explain": None,
    "extend_select": None,
    "fail_on": None,
    "fix": False,
    "force_exclude": False,
    "ignore": None,
    "jobs": 1,
    "output_file": None,
    "output_format": None,
    "patch": None,
    "quiet": False,
    "select": None,
    "show_fixes": False,
    "since": None,
    "statistics": False,
    "stdin_filename": None,
    "unsafe_fixes": None,
    "update": False,
}
"""Every option of `dockmend` and of the hooks' own commands, and its value where it is not given."""


class Options:
    """The options by name; `paths` are what is left."""

    def __init__(self) -> None:
        self.__dict__.update(DEFAULTS)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...


def parse(arguments: Sequence[str], hook: Hook | None) -> Options:
    """The options of `dockmend` or, where `hook` is given, of that hook's own command.

    Ends the process, with status 2 and one line, where they make no sense.
    """
    options = Options()
    given = list(arguments)
    split = given.index("--") if "--" in given else len(given)
    rest = given[:split]
    # For what pre-commit calls, argparse is not imported: it takes as long as a small file.
    switches = [word for word in rest if word.startswith("-") and word != "-"]
    if all(_is_switch(word, hook) for word in switches):
        for word in switches:
            setattr(options, _name(word), True)
        rest = [word for word in rest if word not in switches]
    else:
        from dockmend._engine.errors import nearest
        from dockmend._parser import parser_of

        parser = parser_of(hook)
        _, rest = parser.parse_known_args(rest, options)
        known = [name for action in parser._actions for name in action.option_strings]
        for word in rest:
            if word.startswith("-") and word != "-":
                parser.error(f"there is no option `{word}`{nearest(word.partition('=')[0], known)}")
    options.paths = rest + given[split + 1 :]
    if hook is None and rest and not os.path.lexists(rest[0]):
        _refuse_misspelt(rest[0])
    _check(options, hook)
    return options


def _name(option: str) -> str:
    return option[2:].replace("-", "_")


def _is_switch(word: str, hook: Hook | None) -> bool:
    """Whether it is spelled out, takes no value, and is an option of that command."""
    others = ("check", "update") if hook is None else ("add_ignores", "fix", "update")
    name = _name(word)
    return word[:2] == "--" and "_" not in word and DEFAULTS.get(name) is False and name not in others


def _refuse(hook: Hook | None, message: str) -> NoReturn:
    from dockmend._parser import parser_of

    parser_of(hook).error(message)


def _refuse_misspelt(word: str) -> None:
    """End where the first path, which is none, looks like a command or is a hook."""
    from dockmend._commands import COMMANDS
    from dockmend._engine.errors import nearest

    if word in _registry.HOOKS:
        _refuse(None, f"there is no file `{word}`; to run that hook alone, `--select {word}`")
    if found := nearest(word, COMMANDS):
        _refuse(None, f"there is no file or command `{word}`{found}")


def _check(options: Options, hook: Hook | None) -> None:
    for name in ("select", "extend_select", "ignore"):
        option = f"--{name.replace('_', '-')}"
        setattr(options, name, _names(hook, option, getattr(options, name)))
    if hook is None and options.update:
        options.extend_select = (*(options.extend_select or ()), "pin-digest")
    if hook is not None:
        options.select = (hook.name,)
        options.fix = not options.check
        if not options.paths and options.stdin_filename is None:
            if options.explain is None:
                _refuse(hook, "no FILE is given")
            options.paths = ["Dockerfile"]
    if options.stdin_filename is not None and not options.paths:
        options.paths = ["-"]
    if "-" in options.paths and len(options.paths) > 1:
        _refuse(hook, "`-`, standard input, cannot be mixed with other paths")
    if options.stdin_filename is not None and options.paths != ["-"]:
        _refuse(hook, "`--stdin-filename` is for standard input; give `-` as the path")
    if hook is None and options.fix and options.add_ignores:
        _refuse(hook, "`--fix` and `--add-ignores` cannot be combined; mend first, then ignore what is left")
    if options.patch == "-" and "-" in options.paths:
        _refuse(hook, "standard input cannot be both the patch and the Dockerfile")
    if options.patch is not None and options.since is not None:
        _refuse(hook, "`--since` and `--patch` cannot be combined")
    if options.jobs < 0:
        _refuse(hook, "`--jobs` takes a number of processes, or 0 for one a processor")


def _names(hook: Hook | None, option: str, codes: list[str] | None) -> tuple[str, ...] | None:
    """What comma-separated names and codes mean, as in `Job.select`; None where the option is not given."""
    if codes is None:
        return None
    from dockmend._engine.errors import nearest

    names: list[str] = []
    for code in ",".join(codes).split(","):
        if code := code.strip():
            name = code if code == "ALL" else _registry.meaning(code)
            if name is None:
                _refuse(hook, f'{option}: no hook is called "{code}"{nearest(code, _registry.HOOKS)}')
            names.append(name)
    return tuple(names)
