"""TOML: the one place that knows which parser there is."""

from __future__ import annotations


class NotToml(ValueError):
    """A text that is no TOML; the message says why."""


def parse(text: str) -> dict[str, object]:
    """The table that `text` is, its byte order mark aside. Raises NotToml."""
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib
    try:
        table: dict[str, object] = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotToml(str(error)) from error
    return table
