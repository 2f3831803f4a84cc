"""How a report looks where it is printed: its width and colours, and what a terminal must not be given."""

from __future__ import annotations

import os

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TextIO


RED = "31"
GREEN = "32"
YELLOW = "33"
BLUE = "94"  # the bright one: the other cannot be read on black
CYAN = "36"
BOLD = "1"
SEVERITY = {"error": RED, "warning": YELLOW, "info": CYAN}


class Style(NamedTuple):
    """`width` in cells; `colour` says whether ANSI colours are written, `links` whether links are."""

    width: int = 80
    colour: bool = False
    links: bool = False

    def paint(self, text: str, *codes: str) -> str:
        """`text` in the given colours, where there are colours."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and text else text

    def link(self, text: str, address: str) -> str:
        """`text` that leads to `address`, on a terminal: others pass over what they do not know.

        https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
        """
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if self.links else text


def style_of(stream: TextIO | None) -> Style:
    """The style for a stream: as wide as its terminal, coloured on one but for NO_COLOR and FORCE_COLOR.

    https://no-color.org, https://force-color.org
    """
    terminal = stream is not None and stream.isatty()
    width = 80
    if terminal and stream is not None:
        try:
            width = os.get_terminal_size(stream.fileno()).columns or 80
        except (OSError, ValueError):
            pass
    if os.environ.get("COLUMNS", "").isdecimal():
        width = int(os.environ["COLUMNS"]) or width
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR"):
        colour = True
    else:
        colour = terminal and os.environ.get("TERM") != "dumb"
    links = colour and terminal and os.environ.get("TERM") != "dumb"
    return Style(max(width, 40), colour, links)


def printable(text: str) -> str:
    """`text` with whatever could steer a terminal, and whatever is no character, as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _steers(character) else character for character in text)


def _steers(character: str) -> bool:
    """Control and format characters (line and direction marks among them), and bytes that are not UTF-8."""
    import unicodedata

    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable_path(path: str) -> str:
    """A path with control characters replaced; bytes that are not UTF-8 stay, so that it can be used."""
    return "".join(part if "\udc80" <= part <= "\udcff" else printable(part) for part in path)


def cells(character: str) -> int:
    """How many cells of a terminal a printable character takes."""
    if character.isascii():
        return 1
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """`text` made printable, in at most `width` cells, tabs as four blanks; `…` stands for what is cut."""
    parts: list[str] = []
    used = 0
    for character in text[: width + 1].replace("\t", "    "):
        part = printable(character)
        if used + cells(part) > width:
            while parts and used > width - 1:
                used -= cells(parts.pop())
            return "".join(parts) + "…"
        used += cells(part)
        parts.append(part)
    return "".join(parts)
