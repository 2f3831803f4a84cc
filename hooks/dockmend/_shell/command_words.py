"""The words of a command, and which of them are the command that runs in the end (`sudo -E env A=1 apk`)."""

from __future__ import annotations

from dockmend._regex import regex
from dockmend._shell import words
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

_LITERAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+:@%,=^-")
# What ends or means something within each kind of quotes.
_MEANT_IN = {"'": frozenset("'"), '"': frozenset('"$`\\')}
_ASSIGNMENT = regex(r"[A-Za-z_][A-Za-z0-9_]*=")

# Commands that run the rest of their words: the options of each that take a value of their own.
_PREFIXES = {
    "sudo": frozenset({"-u", "-g", "-U", "-p", "-C", "-r", "-t", "-T", "-h", "-D", "-R", "--user"}),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "exec": frozenset({"-a"}), "command": frozenset[str](), "time": frozenset({"-f", "-o"}),
    "nice": frozenset({"-n"}), "ionice": frozenset({"-c", "-n"}), "nohup": frozenset[str](),
    "eatmydata": frozenset[str](), "timeout": frozenset({"-k", "-s"}),
}  # fmt: skip

Assignment: TypeAlias = "tuple[str, str | None]"


class Word(NamedTuple):
    """One word of a command, `script[start:end]`.

    `text` is what the shell passes, None where only the shell can tell (an expansion, a glob).
    """

    source: str
    text: str | None
    start: int
    end: int


def unversioned(name: str) -> str:
    """The name of a program without the version at its end: python for python3.12."""
    return name.rstrip("0123456789.")


def literal(source: str) -> str | None:
    """The one word that the shell makes of `source`, None where only the shell can tell."""
    if not source:
        return ""
    if source[-1] != "=" and _LITERAL.issuperset(source):
        return source
    quote, inner = source[0], source[1:-1]
    if quote == source[-1] and quote in _MEANT_IN and _MEANT_IN[quote].isdisjoint(inner) and len(source) > 1:
        return inner
    # Behind another word, so that a keyword or an assignment is a word like any other.
    found = words.split(f"x {source}")
    return found[1].text if found is not None and len(found) == 2 else None


def real(found: list[Word], assignments: list[Assignment]) -> int:
    """Where the command that runs in the end starts; what `env` and `sudo` set joins `assignments`."""
    start = at = 0
    while at < len(found):
        valued = _PREFIXES.get(found[at].text or "")
        if valued is None:
            return at
        begun, name = at, found[at].text
        at += 1
        operands = 1 if name == "timeout" else 0
        while at < len(found):
            word = found[at]
            if name in ("sudo", "env") and _ASSIGNMENT.match(word.source):
                key, _, value = word.source.partition("=")
                assignments.append((key, literal(value)))
            elif word.text is None:
                return begun
            elif word.text.startswith("-") and word.text != "-":
                if name == "command" and word.text.lower() == "-v":
                    return begun
                at += word.text in valued
            elif operands:
                operands -= 1
            else:
                break
            at += 1
        start = at
    return start if start < len(found) else 0
