"""Property tests in a box of time: rounds of examples until the seconds are over, the same ones each time.

`DOCKMEND_SECONDS` sets for how long each such test goes on: seconds in the full run, minutes in the long one.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar, cast

from hypothesis import HealthCheck, seed, settings

SECONDS = float(os.environ.get("DOCKMEND_SECONDS", "2"))
EXAMPLES = 50

Test = TypeVar("Test", bound=Callable[..., None])


def boxed(test: Test) -> Test:
    """The test, made by `@given`, in rounds of examples, each with a seed of its own, for SECONDS."""
    once = settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )(test)

    @functools.wraps(test)
    def rounds(*given: object, **named: object) -> None:
        until = time.monotonic() + SECONDS
        for number in count():
            seed(number)(once)(*given, **named)
            if time.monotonic() >= until:
                return

    return cast("Test", rounds)
