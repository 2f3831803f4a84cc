"""`functools.lru_cache` without functools: to import that takes as long as to import ten modules of ours."""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functools import lru_cache as lru_cache  # noqa: PLC0414 - others take it from here
else:
    try:
        from _functools import _lru_cache_wrapper
    except ImportError:  # it is CPython's
        from functools import lru_cache
    else:

        def lru_cache(maxsize):
            """What remembers the results of a function for that many arguments."""
            return lambda function: _lru_cache_wrapper(function, maxsize, False, tuple)
