"""What hadolint says of a Dockerfile.

https://github.com/hadolint/hadolint
"""

from __future__ import annotations

import os

from dockmend._project import programs
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Its codes are its own (DL) and ShellCheck's (SC).
NOT_PARSED = "DL1000"
UNTRUSTED = "DL3026"
# What it says of a stage as a whole, at one of the instructions that have to do with it.
OF_STAGE = frozenset({"DL3002", "DL3012", "DL3057", "DL4003", "DL4004"})

_SECONDS = 60


class Said(NamedTuple):
    """One of its findings: `level` is error, warning, info or style; `line` and `column` are from 1."""

    code: str
    level: str
    line: int
    column: int
    message: str


def page(code: str) -> str:
    """The address of the page that explains a code."""
    if code.startswith("SC"):
        return f"https://www.shellcheck.net/wiki/{code}"
    return f"https://github.com/hadolint/hadolint/wiki/{code}"


def lint(executable: str, text: bytes, trusted: Iterable[str]) -> list[Said]:
    """What hadolint at the path `executable`, configured as it finds it, says of a Dockerfile.

    It reads `text` on standard input; `trusted` are registries beside those that its configuration has.
    Raises ProgramError.
    """
    arguments = [part for registry in trusted for part in ("--trusted-registry", registry)]
    # A format from there is written before the one that is asked for here.
    environ = {name: value for name, value in os.environ.items() if name != "HADOLINT_FORMAT"}
    command = [executable, "--no-fail", "--format", "json", *arguments, "-"]
    done = programs.run(command, text, seconds=_SECONDS, environ=environ)
    try:
        return [_said(item) for item in _last_value(done.out.decode("utf-8", "replace"))]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise programs.ProgramError(f"gave no list of findings ({done.complaint})") from error


def _last_value(text: str) -> list[dict[str, object]]:
    """The list that ends `text`; what a configured format writes comes before, on the same line or not.

    Raises ValueError where there is none.
    """
    import json

    line = text.rstrip("\n").rpartition("\n")[2]
    decoder = json.JSONDecoder()
    start = line.find("[")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(line, start)
            if end == len(line) and isinstance(value, list):
                return value
            start = line.find("[", end)
        except ValueError:
            start = line.find("[", start + 1)
    raise ValueError("no list")


def _said(item: dict[str, object]) -> Said:
    return Said(
        str(item["code"]),
        str(item["level"]),
        int(str(item["line"])),
        int(str(item["column"])),
        "; ".join(str(item["message"]).split("\n")),
    )
