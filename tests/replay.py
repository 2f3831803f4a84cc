"""Shell scripts that tests make up, run so that nothing of them goes on: in a session of their own, and not for long."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

NOBODY = 65534 if os.geteuid() == 0 else None
SECONDS = 10.0


def status(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float = SECONDS
) -> int | None:
    """The exit status of the command, as nobody where root runs the tests; None where it would not end.

    At its end, whatever it has left running is killed, as everything in a container is at the end of RUN.
    """
    with subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        user=NOBODY,
        extra_groups=None if NOBODY is None else [],
    ) as running:
        try:
            return running.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(running.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
