"""`functools.lru_cache` without functools, which takes as long to import as ten modules of ours."""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING

# Characters; beyond, what is kept would weigh more than the time it saves.
_USUAL = 1 << 16

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import lru_cache as lru_cache  # noqa: PLC0414 - others take it from here
    from typing import TypeVar

    Kept = TypeVar("Kept")
else:
    try:
        from _functools import _lru_cache_wrapper
    except ImportError:  # it is CPython's
        from functools import lru_cache
    else:

        def lru_cache(maxsize):
            """What remembers the results of a function for that many arguments."""
            return lambda function: _lru_cache_wrapper(function, maxsize, False, tuple)


def remembering(function: Callable[[str], Kept]) -> Callable[[str], Kept]:
    """`function` of a text, kept for the last few texts that are no longer than files usually are.

    A file is read as it was and as it is mended; what finds its context, reports and patches asks for both
    again.
    """
    kept = lru_cache(maxsize=4)(function)
    return lambda text: kept(text) if len(text) <= _USUAL else function(text)
