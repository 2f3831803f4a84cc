"""`functools.lru_cache` without functools, which takes as long to import as ten modules of ours."""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING

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


def remembering(texts: int, longest: int) -> Callable[[Callable[[str], Kept]], Callable[[str], Kept]]:
    """What remembers a function's results for so many texts, those of no more than `longest` characters.

    Beyond, what is kept would weigh more than the time it saves.
    """

    def decorate(function: Callable[[str], Kept]) -> Callable[[str], Kept]:
        kept = lru_cache(maxsize=texts)(function)
        return lambda text: kept(text) if len(text) <= longest else function(text)

    return decorate
