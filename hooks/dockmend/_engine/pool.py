"""Many files by several processes."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from dockmend._engine.errors import Failure
from dockmend._engine.run import process
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._engine.run import Job, Outcome


def outcomes(paths: Sequence[str], job: Job, jobs: int) -> Iterator[Outcome]:
    """The outcome of each file, in order, by that many processes. Raises Failure where one of them dies."""
    start = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(jobs, mp_context=start, initializer=_begin, initargs=(job,))
    try:
        chunk = max(1, min(8, len(paths) // (jobs * 4)))
        yield from pool.map(_process, paths, chunksize=chunk)
    except BrokenProcessPool as error:
        raise Failure("error: a worker process died, perhaps out of memory; run with `--jobs 1`") from error
    finally:
        pool.shutdown(cancel_futures=True)


# Of a worker, which does one job and keeps what it finds out for it.
_jobs: list[Job] = []


def _begin(job: Job) -> None:
    # Interrupts are the parent's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _jobs[:] = [job]


def _process(path: str) -> Outcome:
    return process(path, _jobs[0])
