"""What a shell makes of one command line: the exact words it passes, or why only the shell can tell.

POSIX shell language, sections 2.2 (quoting), 2.3 (tokens) and 2.9.1 (simple commands), narrowed to what
dash, bash and busybox ash all read the same way: where they differ, or the standard leaves it open, the
line needs its shell.
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import posixpath

from dockmend._regex import regex
from dockmend._shell import script
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

EMPTY = "empty"
LITERAL = "literal"
SIMPLE = "simple"
COMPOUND = "compound"
OPTION = "option"
UNREADABLE = "unreadable"

# What dash 0.5.12, bash 5.2 and busybox 1.35's ash run themselves (`compgen -b`, `help`, builtins.def.in).
BUILTINS = frozenset({
    ".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "chdir", "command",
    "compgen", "complete", "compopt", "continue", "declare", "dirs", "disown", "echo", "enable", "eval",
    "exec", "exit", "export", "false", "fc", "fg", "getopts", "hash", "help", "history", "jobs", "kill",
    "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly",
    "return", "set", "shift", "shopt", "source", "suspend", "test", "times", "trap", "true", "type",
    "typeset", "ulimit", "umask", "unalias", "unset", "wait",
})  # fmt: skip

# Reserved words of any of them.
KEYWORDS = frozenset({
    "!", "[[", "]]", "{", "}", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while",
})  # fmt: skip

SHELLS = frozenset({"ash", "bash", "dash", "sh"})

_OPTIONS = frozenset({"errexit", "noglob", "nounset", "pipefail"})
_BLANK = " \t"
_ASSIGNMENT = regex(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_NAME = regex(r"(?![-%])[A-Za-z0-9_./+:@%,-]+(?![^ \t])")
# Syntax of bash that dash and ash read otherwise (`a &>b` is a list).
_BASH_ONLY = frozenset({"process_substitution", "subscript", "&>", "&>>", "+="})
_NEEDS = {
    "&": "a list", ";": "a list", "\n": "a list", "|": "a pipeline", "(": "a subshell", ")": "a subshell",
    "<": "a redirect", ">": "a redirect", "$": "an expansion", "`": "a command substitution",
    "*": "a glob", "?": "a glob", "[": "a glob",
}  # fmt: skip


class Word(NamedTuple):
    """One word as the shell passes it, from `script[start:end]`.

    `places[k]` is where in the script `text[k]` was written.
    """

    text: str
    start: int
    end: int
    places: tuple[int, ...]


class Command(NamedTuple):
    """What a script is.

    `kind` is EMPTY (nothing but blanks and a comment), LITERAL (one simple command, all of it literal
    words), SIMPLE (one simple command that needs its shell), COMPOUND (anything else), OPTION (literal words
    that a shell reads as an option of its own, `sh -c -x`) or UNREADABLE. `words` are the words of a LITERAL
    or OPTION command, and `comment` is where a comment after them starts. `name` is the
    literal name of the one simple command, which starts at `at`; None where only the shell knows it.
    `why` says what in it takes a shell ("a redirect"); empty where nothing does.
    """

    kind: str
    words: tuple[Word, ...] = ()
    name: str | None = None
    at: int = 0
    comment: int | None = None
    why: str = ""


class _ShellNeeded(Exception):
    """The line is more than literal words; the message says what it has."""


def read(text: str) -> Command:
    """What the script `text` is, given to a shell after `-c`; never raises.

    Places are code points from 0 in `text`. A builtin is a command like any other here: see BUILTINS.
    """
    if len(text) > script.LONGEST:
        return Command(UNREADABLE, why="its length")
    try:
        words, comment = _split(text)
    except _ShellNeeded as needed:
        return _structure(text, str(needed))
    if not words:
        return Command(EMPTY, comment=comment)
    first = words[0]
    source = text[first.start : first.end]
    if source in KEYWORDS:
        return _structure(text, f"the keyword `{source}`")
    if "=" in source and _ASSIGNMENT.match(source):
        return _structure(text, "an assignment")
    if first.text.startswith("%"):
        # bash: a word that starts with % is a job, quoted or not, and goes to `fg`.
        return Command(SIMPLE, at=first.start, why="a job")
    if text[0] in "-+":
        return Command(OPTION, words, comment=comment, why="what the shell takes for its own option")
    return Command(LITERAL, words, first.text, first.start, comment)


def program(command: Command) -> tuple[Word, ...]:
    """The words that start, without a shell, the process that the command starts; empty where there are none.

    `exec` is left out; `echo` and its like have programs of their name that do the same.
    """
    if command.kind not in (LITERAL, OPTION):
        return ()
    if command.name == "exec":
        rest = command.words[1:]
        return rest if rest and not rest[0].text.startswith("-") else ()
    return command.words if _is_program(command) else ()


def _is_program(command: Command) -> bool:
    """Whether a literal command names a program, or a builtin that is one too and does the same there."""
    if command.name in ("false", "true"):
        return True
    if command.name == "echo":
        # Shells differ in the options and the escapes that their echo knows.
        return not any(word.text.startswith("-") or "\\" in word.text for word in command.words[1:])
    return command.name not in BUILTINS


def is_plain(shell: Sequence[str]) -> bool | None:
    """Whether `shell`, as of the SHELL instruction, starts a literal command as it stands and does no more.

    Not where its options make it read a profile (`-l`) or trace (`-x`); None where it is not one of SHELLS.
    """
    if not shell or posixpath.basename(shell[0]) not in SHELLS:
        return None
    plain, commands, valued = True, False, False
    for word in shell[1:]:
        if valued:
            plain, valued = plain and word in _OPTIONS, False
        elif word.startswith("--") and len(word) > 2:
            plain = False
        elif word.startswith("-") and len(word) > 1:
            commands = commands or "c" in word
            valued = word[-1] in "oO"
            plain = plain and set(word[1:]) <= set("cefou")
        else:
            return None
    return plain if commands and not valued else None


def split(text: str) -> tuple[Word, ...] | None:
    """The words of `text` where all of it is literal words, None where any of it takes a shell."""
    try:
        return _split(text)[0]
    except _ShellNeeded:
        return None


def _split(text: str) -> tuple[tuple[Word, ...], int | None]:
    """The literal words of `text` and where its comment starts; raises _ShellNeeded."""
    words: list[Word] = []
    at, size = 0, len(text)
    while at < size:
        char = text[at]
        if char in _BLANK:
            at += 1
        elif char == "#":
            if "\n" in text[at:]:
                raise _ShellNeeded("a list")
            return tuple(words), at
        else:
            words.append(_word(text, at))
            at = words[-1].end
    return tuple(words), None


def _word(text: str, start: int) -> Word:
    """The word that starts at `start`, which is neither blank nor `#`."""
    places: list[int] = []
    at, size = start, len(text)
    brace = False
    while at < size and text[at] not in _BLANK:
        char = text[at]
        if char in _NEEDS:
            raise _ShellNeeded("a list" if text.startswith("||", at) else _NEEDS[char])
        if char == "~" and (at == start or text[at - 1] in "=:'\""):
            raise _ShellNeeded("a tilde")
        if char == "'":
            end = text.find("'", at + 1)
            if end < 0:
                raise _ShellNeeded("an open quote")
            places += range(at + 1, end)
            at = end + 1
        elif char == '"':
            at = _double_quoted(text, at + 1, places)
        elif char == "\\":
            # At the end of the text the shells differ; before a line end it is a line continuation.
            if at + 1 == size or text[at + 1] == "\n":
                raise _ShellNeeded("a backslash at the end")
            places.append(at + 1)
            at += 2
        else:
            brace = brace or char == "{"
            places.append(at)
            at += 1
    source = text[start:at]
    if brace and ("," in source or ".." in source):
        # bash expands {a,b} and {1..3}; dash and POSIX do not.
        raise _ShellNeeded("a brace expansion")
    return Word("".join(text[place] for place in places), start, at, tuple(places))


def _double_quoted(text: str, at: int, places: list[int]) -> int:
    """Add what the quotes hold from `at` on; the place after the closing quote."""
    size = len(text)
    while at < size and text[at] != '"':
        char = text[at]
        if char in "$`":
            raise _ShellNeeded(_NEEDS[char])
        if char == "\\" and at + 1 < size and text[at + 1] in '$`"\\\n':
            at += 1
            if text[at] == "\n":
                at += 1
                continue
        places.append(at)
        at += 1
    if at == size:
        raise _ShellNeeded("an open quote")
    return at + 1


def _structure(text: str, why: str) -> Command:
    """The kind of a script that takes a shell, by its syntax tree."""
    parsed = script.parse(text)
    if parsed.has_error:
        return Command(UNREADABLE, why=why)
    statements = [node for node in parsed.root.children if node.type != "comment"]
    command = _simple(statements[0]) if len(statements) == 1 else None
    named = command.child_by_field_name("name") if command is not None else None
    if named is None:
        return Command(COMPOUND, why=why)
    at = parsed.span(named)[0]
    name = _NAME.match(text, at)
    if name is None or any(node.type in _BASH_ONLY for node in parsed.walk()):
        return Command(SIMPLE, at=at, why=why)
    if name[0] in KEYWORDS:
        return Command(COMPOUND, why=why)
    return Command(SIMPLE, name=name[0], at=at, why=why)


def _simple(node: Node) -> Node | None:
    """The one simple command that a statement is, its redirects aside; None for any other."""
    if node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        return body if body is not None and body.type == "command" else None
    return node if node.type == "command" else None
