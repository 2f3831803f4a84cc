"""BuildKit's own parser (PyPI `dockerfile`) as the judge of a text, apart from dockmend's model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

# By name, since for mypy `import dockerfile` would be the folder of tests.
dockerfile: Any = import_module("dockerfile")

KNOWN = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
# Go's unicode.IsSpace, as BuildKit trims lines with it.
BLANK = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)


class Said(NamedTuple):
    """One instruction as BuildKit reads it; `trigger` is ONBUILD's. Lines count from 1, both included.

    `heredocs` are (name, file descriptor, content). `written` is the keyword as it stands in the file.
    """

    name: str
    written: str
    flags: tuple[str, ...]
    value: tuple[str, ...]
    json: bool
    heredocs: tuple[tuple[str, int, str], ...]
    start: int
    end: int
    trigger: Said | None = None

    def meaning(self) -> tuple[object, ...]:
        """All but the place: two instructions that mean the same give equal values."""
        inner = self.trigger.meaning() if self.trigger else None
        return self.name, self.flags, () if inner else self.value, self.json, self.heredocs, inner


def visible(text: str) -> str:
    """The text without what the package cannot take: it cuts at NUL, and a surrogate ends the process."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


def error(text: str) -> str | None:
    """What BuildKit's parser says against the text, None where it takes it."""
    try:
        dockerfile.parse_string(visible(text))
    except (dockerfile.GoParseError, UnicodeDecodeError) as e:
        return str(e)
    return None


def parse(text: str) -> list[Said] | None:
    """The instructions, None where BuildKit's parser refuses the text."""
    text = visible(text)
    try:
        commands = dockerfile.parse_string(text)
    except (dockerfile.GoParseError, UnicodeDecodeError):
        # Flags and HEALTHCHECK's type are split by bytes, so a character with a byte A0 is cut in two.
        return None
    lines = text.removeprefix("\ufeff").split("\n")
    head = "\n".join(lines[: commands[0].start_line - 1])
    return [_said(c, lines, head) for c in commands]


def _said(c: Any, lines: list[str], head: str) -> Said:
    said = Said(
        (c.cmd or "").upper(),
        c.cmd or "",
        tuple(_flag(flag) for flag in c.flags),
        c.value,
        c.json,
        tuple((h.name, h.file_descriptor, h.content) for h in c.heredocs),
        c.start_line,
        c.end_line,
    )
    if said.name != "ONBUILD" or c.sub_cmd is None:
        return said
    trigger = _trigger(c, lines, head)
    return said._replace(trigger=trigger, heredocs=trigger.heredocs)


def _flag(flag: str) -> str:
    # Each byte of a flag was made a character (extractBuilderFlags).
    return flag.encode("latin-1").decode("utf-8", "replace")


def _trigger(c: Any, lines: list[str], head: str) -> Said:
    # The package gives neither flags nor heredocs of a trigger, so the trigger is parsed by itself.
    own = "\n".join(lines[c.start_line - 1 : c.end_line])
    text, found = re.subn(rf"\A((?:[{BLANK}]|\\|`)*)onbuild", r"\1", own, count=1, flags=re.IGNORECASE)
    if c.flags or text.lstrip(BLANK).startswith("#"):
        return Said(c.sub_cmd.upper(), c.sub_cmd, (), ("",), False, (), c.start_line, c.end_line)
    text = text if found else c.original.strip(BLANK)[7:]
    # FROM keeps the trigger from being read as one more directive.
    _, trigger = dockerfile.parse_string(f"{head}\nFROM scratch\n{text}")
    return _said(trigger, [], "")


def body_lines(said: Said) -> int:
    """How many lines of an instruction are heredoc bodies and their terminators."""
    return sum(content.count("\n") + 1 for _, _, content in said.heredocs)


def comments(text: str) -> list[str]:
    """Each comment line that BuildKit drops (so not in a heredoc's body), from its `#`, in order."""
    return [
        line.lstrip(BLANK).rstrip("\r")
        for line in _outside_bodies(text)
        if line.lstrip(BLANK).startswith("#")
    ]


def _outside_bodies(text: str) -> Iterator[str]:
    lines = text.removeprefix("\ufeff").split("\n")
    bodies: set[int] = set()
    for said in parse(text) or ():
        bodies.update(range(said.end - body_lines(said) + 1, said.end + 1))
    return (line for n, line in enumerate(lines, 1) if n not in bodies)


def unknown(said: list[Said]) -> list[str]:
    """Keywords that are no instruction: BuildKit's parser takes them, its build does not."""
    return [s.written for s in said if s.name not in KNOWN or (s.trigger and s.trigger.name not in KNOWN)]


def judge(text: str) -> list[Said]:
    """The instructions of a text that BuildKit takes, all known; AssertionError for any other."""
    said = parse(text)
    assert said is not None, f"BuildKit refuses the text: {error(text)}\n{text}"
    assert not unknown(said), f"unknown instructions {unknown(said)} in\n{text}"
    return said
