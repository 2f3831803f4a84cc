"""Other programs: found where they are installed, and run without a shell and within a time limit."""

from __future__ import annotations

import os

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ProgramError(Exception):
    """Why a program gave no answer, as a verb phrase."""


class Done(NamedTuple):
    """What a program that ended by itself left: its exit status and what it wrote."""

    status: int
    out: bytes
    err: bytes

    @property
    def complaint(self) -> str:
        """The first line that it wrote to standard error, or its status where there is none."""
        lines = (line.strip() for line in self.err.decode("utf-8", "replace").split("\n"))
        return next(filter(None, lines), f"exit status {self.status}")[:300]


def find(name: str) -> str | None:
    """The path of an executable: beside this Python, where an extra puts it, else on the PATH."""
    import shutil
    import sys

    beside = os.path.dirname(sys.executable)
    return (shutil.which(name, path=beside) if beside else None) or shutil.which(name)


def run(
    command: Sequence[str], given: bytes = b"", *, seconds: float, environ: Mapping[str, str] | None = None
) -> Done:
    """Run `command`, its standard input `given`, in this environment or in `environ`.

    It and what it starts are killed where they take longer than `seconds`. Raises ProgramError.
    """
    import subprocess

    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ProgramError(f"cannot be run: {getattr(error, 'strerror', None) or error}") from error
    with process:
        try:
            out, err = process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            _kill(process.pid)
            raise ProgramError(f"took longer than {seconds:g} seconds") from error
        except BaseException:
            _kill(process.pid)
            raise
    return Done(process.returncode, out, err)


def _kill(leader: int) -> None:
    """Kill the process and its group; a wrapper's own child would keep the pipes open."""
    import signal

    try:
        if hasattr(os, "killpg"):
            os.killpg(leader, signal.SIGKILL)
        else:
            os.kill(leader, signal.SIGTERM)
    except ProcessLookupError:
        pass
