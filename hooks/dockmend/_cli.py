"""The front door on the command line: `dockmend`, and each hook's own command."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from dockmend._engine.errors import Failure
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockmend._hook import Hook

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `dockmend` with these arguments (the process's own by default); the exit status."""
    if arguments is None:
        return _process(lambda: main(sys.argv[1:]))
    from dockmend._commands import COMMANDS, load

    if arguments and arguments[0] in COMMANDS:
        return _guarded(lambda: load(arguments[0])(arguments[1:]))
    return _status(arguments, None)


def hook_main(hook: Hook, arguments: Sequence[str] | None = None) -> int:
    """Run the command of one hook: the same with that hook alone, mending unless told to check."""
    if arguments is None:
        return _process(lambda: hook_main(hook, sys.argv[1:]))
    return _status(arguments, hook)


def _process(command: Callable[[], int]) -> int:
    """Run a command that has the process to itself, and end it; returns where something waits for the end.

    Nothing of ours is garbage that a search would find: looking for it took a sixth of the time of many
    files, which is in syntax trees still in use. To take the interpreter apart took a tenth of the time of
    one hook; that is left out where all is written, no thread was started, and nobody waits to be called.
    """
    gc.set_threshold(20_000, 20, 20)
    status = command()
    waiting = getattr(atexit, "_ncallbacks", None)  # CPython's
    if waiting is not None and not waiting() and "threading" not in sys.modules:
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            return status  # said by the interpreter
        os._exit(status)
    return status


def _status(arguments: Sequence[str], hook: Hook | None) -> int:
    from dockmend import _options

    try:
        options = _options.parse(arguments, hook)
    except SystemExit as end:
        given = set(arguments)
        if end.code and "-" in given and (hook or "--fix" in given) and not given & {"--check", "--diff"}:
            _give_back()
        raise
    from dockmend._command import Command

    return _guarded(Command(options, hook).complete)


def _give_back() -> None:
    """Write standard input as it is: an editor takes for the text whatever comes out."""
    from dockmend._engine import files
    from dockmend._report.output import Output

    if sys.stdin is not None:
        Output(sys.stdout, "standard output", immediate=True).exact(files.decode(sys.stdin.buffer.read()))


def _guarded(command: Callable[[], int]) -> int:
    try:
        return command()
    except Failure as failure:
        from dockmend._report.output import Output
        from dockmend._report.style import printable_path

        Output(sys.stderr, "standard error", immediate=True).text(f"{printable_path(str(failure))}\n")
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
