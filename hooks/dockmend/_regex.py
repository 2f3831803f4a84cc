"""Regular expressions that are compiled when they are first used, and `re` imported then.

There are over 300 in the project, of which a usual run needs some 20; compiling all of them took a third of
the time that one file takes. To import `re` takes as long as to import 15 modules of ours, and one hook alone
mostly does without.
"""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import re
    from typing import Any

_METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


class _Late:
    """What a compiled pattern does, from the first use on without a detour."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._made_of = pattern, flags

    def __getattr__(self, name: str) -> Any:
        import re

        compiled = re.compile(*self._made_of)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, compiled later; a wrong pattern raises re.error when it is used."""
    return cast("re.Pattern[str]", _Late(pattern, flags))
