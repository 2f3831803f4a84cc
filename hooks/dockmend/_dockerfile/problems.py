"""What BuildKit refuses in a well-split instruction: frontend/dockerfile/instructions/parse.go.

Only what holds for every build is a problem; what a build argument may mend is not.
"""

from __future__ import annotations

from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import Flag, Instruction, Problem
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

INSTRUCTIONS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip

# Flags by instruction: True where the flag is a yes or no, None where it may be given many times.
FLAGS: dict[str, dict[str, bool | None]] = {
    "ADD": {
        "chown": False, "chmod": False, "link": True, "keep-git-dir": True, "checksum": False,
        "exclude": None, "unpack": True,
    },
    "COPY": {"chown": False, "chmod": False, "link": True, "from": False, "parents": True, "exclude": None},
    "FROM": {"platform": False},
    "HEALTHCHECK": {
        "interval": False, "timeout": False, "start-period": False, "start-interval": False, "retries": False,
    },
    "RUN": {"mount": None, "network": False, "security": False, "device": None},
}  # fmt: skip

_STAGE_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_DURATION = regex(r"(?a)[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)\Z")
_PARTS = regex(r"([\d.]+)(h|ms|m|s|us|µs|μs|ns)")
_COUNT = regex(r"\+?[0-9]+")
_SECONDS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_SIGNALS = frozenset({
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
})  # fmt: skip
_REAL_TIME = regex(r"RTM(?:IN\+|AX-)(?:[1-9]|1[0-5])\Z")
_MODES = {"network": ("default", "none", "host"), "security": ("sandbox", "insecure")}
_MOUNT_TYPES = frozenset({"bind", "cache", "tmpfs", "secret", "ssh"})
_MOUNT_KEYS = frozenset({
    "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw",
    "id", "sharing", "required", "size", "mode", "uid", "gid", "env",
})  # fmt: skip


def of(instruction: Instruction, staged: bool, escape: str) -> Iterator[Problem]:
    """The problems of one instruction; `staged` says whether a FROM stands before it."""
    for message in _messages(instruction, staged, escape):
        yield Problem(instruction.line, message)


def _messages(instruction: Instruction, staged: bool, escape: str) -> Iterator[str]:
    name = instruction.name
    if name not in INSTRUCTIONS:
        yield f"unknown instruction: {_shown(name)}{_did_you_mean(name, INSTRUCTIONS)}"
        return
    if not staged and name not in ("FROM", "ARG"):
        yield f"{name} before the first FROM: only ARG may stand there"
    yield from _flags(instruction)
    if name in _CHECKS:
        yield from _CHECKS[name](instruction, escape)


def _flags(instruction: Instruction) -> Iterator[str]:
    known = FLAGS.get(instruction.name, {})
    seen: set[str] = set()
    for flag in instruction.flags:
        data = flag.text.encode("utf-8", "surrogateescape")
        if b"\x85" in data or b"\xa0" in data:
            # extractBuilderFlags takes each byte for a character, and U+0085 and U+00A0 for blanks.
            yield f"BuildKit cuts a character of this flag in two: --{_shown(flag.name)}"
        if flag.name not in known:
            near = _did_you_mean(flag.name, known)
            yield f"unknown flag of {instruction.name}: --{_shown(flag.name)}{near}"
            return
        kind = known[flag.name]
        if flag.name in seen and kind is not None:
            yield f"duplicate flag of {instruction.name}: --{flag.name}"
        seen.add(flag.name)
        if kind:
            if flag.value is not None and flag.value.lower() not in ("true", "false"):
                yield f"--{flag.name} is true or false, not {_shown(flag.value)!r}"
        elif flag.value is None:
            yield f"missing a value on flag --{flag.name}"
        elif flag.name == "mount":
            yield from _mount(flag)
        elif (modes := _MODES.get(flag.name)) and flag.value not in modes and "$" not in flag.value:
            yield f"--{flag.name} is one of {', '.join(modes)}, not {_shown(flag.value)!r}"


def _mount(flag: Flag) -> Iterator[str]:
    value = flag.value or ""
    if '"' in value:
        return
    for field in value.split(","):
        key, equals, given = field.partition("=")
        key = key.lower()
        if key == "from" and "$" in given[:-1]:
            yield "--mount: from does not support variables; define an alias stage instead"
        elif "$" in field:
            continue
        elif equals and key not in _MOUNT_KEYS:
            yield f"--mount: unexpected key {_shown(key)!r}{_did_you_mean(key, _MOUNT_KEYS)}"
        elif key == "type" and given.lower() not in _MOUNT_TYPES:
            yield f"--mount: unsupported mount type {_shown(given)!r}{_did_you_mean(given, _MOUNT_TYPES)}"


def _pairs(instruction: Instruction, escape: str) -> Iterator[str]:
    name = instruction.name
    try:
        pairs = lexer.name_values(instruction.args.text, escape)
    except ValueError as error:
        yield f"{name} {error}"
        return
    if not pairs:
        yield f"{name} requires at least one argument"
    elif not all(key for key, _ in pairs):
        yield f"{name} names can not be blank"


def _arg(instruction: Instruction, escape: str) -> Iterator[str]:
    words = lexer.quoted_words(instruction.args.text, escape)
    if not words:
        yield "ARG requires at least one argument"
    elif any(word.startswith("=") for word in words):
        yield "ARG names can not be blank"


def _shell(instruction: Instruction, _escape: str) -> Iterator[str]:
    if instruction.json is None and instruction.args.text:
        yield "SHELL requires the arguments to be in JSON form"
    elif not instruction.json:
        yield "SHELL requires at least one argument"


def _list(instruction: Instruction, _escape: str) -> Iterator[str]:
    name = instruction.name
    words = instruction.json or [word.text for word in instruction.words]
    if not words:
        yield f"{name} requires at least one argument"
    elif name == "VOLUME" and not all(word.strip(lexer.GO_SPACE) for word in words):
        yield "VOLUME specified can not be an empty string"


def _one(instruction: Instruction, _escape: str) -> Iterator[str]:
    name, text = instruction.name, instruction.args.text
    if not text:
        yield f"{name} requires exactly one argument"
    elif name == "STOPSIGNAL" and not _is_signal(text):
        yield f"invalid signal: {_shown(text)}"


def _copy(instruction: Instruction, _escape: str) -> Iterator[str]:
    name = instruction.name
    words = instruction.json
    if words is None:
        words = tuple(word.text for word in instruction.words)
    if len(words) < 2:
        yield f"{name} requires at least two arguments, a source and a destination"
        return
    if "<<" in words[-1] and _is_heredoc(words[-1]):
        yield f"{name} cannot accept a heredoc as a destination"
    origin = instruction.flag("from")
    if name == "COPY" and origin is not None and "$" in (origin.value or ""):
        yield "COPY --from does not support variables; define an alias stage instead"


def _is_heredoc(word: str) -> bool:
    from dockmend._dockerfile.heredoc import is_heredoc_word

    return is_heredoc_word(word)


def _from(instruction: Instruction, _escape: str) -> Iterator[str]:
    words = [word.text for word in instruction.words]
    if len(words) == 3 and words[1].lower() == "as":
        name = words[2].lower()
        if not (name[0].isalpha() and _STAGE_NAME.issuperset(name)):
            yield (
                f"invalid name for build stage: {_shown(words[2])!r};"
                " a name starts with a letter and holds letters, digits, '-', '_' and '.'"
            )
    elif len(words) != 1:
        yield "FROM requires either one or three arguments"


def _onbuild(instruction: Instruction, escape: str) -> Iterator[str]:
    trigger = instruction.trigger
    if not instruction.args.text:
        yield "ONBUILD requires at least one argument"
    elif trigger is None:
        yield "chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
    elif trigger.name in ("MAINTAINER", "FROM"):
        yield f"{trigger.name} isn't allowed as an ONBUILD trigger"
    elif trigger.name in ("ENV", "LABEL"):
        # The child's build checks the trigger, but its words are parsed here already.
        try:
            lexer.name_values(trigger.args.text, escape)
        except ValueError as error:
            yield f"{trigger.name} {error}"


def _healthcheck(instruction: Instruction, _escape: str) -> Iterator[str]:
    text = instruction.args.text
    if not text:
        yield "HEALTHCHECK requires at least one argument"
        return
    kind, start = lexer.split_kind(text)
    if kind == "NONE":
        if start < len(text):
            yield "HEALTHCHECK NONE takes no arguments"
    elif kind != "CMD":
        shown = _shown(text[:start].rstrip(lexer.BYTE_SPACE))
        yield f"unknown type {shown!r} in HEALTHCHECK: use CMD or NONE"
    elif start == len(text) or instruction.json == ():
        yield "missing command after HEALTHCHECK CMD"
    else:
        for flag in instruction.flags:
            value = flag.value or ""
            if flag.name == "retries":
                if value and not _COUNT.fullmatch(value):
                    yield f"--retries is a number, not {_shown(value)!r}"
            elif value and not _DURATION.match(value):
                yield f"--{flag.name} is a duration such as 30s, not {_shown(value)!r}"
            elif value and _too_short(value):
                yield f"--{flag.name} cannot be less than 1ms"


def _too_short(duration: str) -> bool:
    """Whether a well-formed duration is neither zero nor a millisecond at least (parseOptInterval)."""
    parts = _PARTS.findall(duration)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return seconds != 0 and (seconds < 0.001 or duration.startswith("-"))


def _is_signal(text: str) -> bool:
    if "$" in text or text.isdecimal():
        return True
    name = text.upper().removeprefix("SIG")
    return name in _SIGNALS or _REAL_TIME.match(name) is not None


def _shown(text: str) -> str:
    """Broken files can be anything: the first characters, and none that a terminal obeys."""
    return "".join(char if char.isprintable() else "?" for char in text[:40])


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word[:40], list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""


_CHECKS: dict[str, Callable[[Instruction, str], Iterator[str]]] = {
    "ADD": _copy, "ARG": _arg, "COPY": _copy, "ENV": _pairs, "EXPOSE": _list, "FROM": _from,
    "HEALTHCHECK": _healthcheck, "LABEL": _pairs, "MAINTAINER": _one, "ONBUILD": _onbuild, "SHELL": _shell,
    "STOPSIGNAL": _one, "USER": _one, "VOLUME": _list, "WORKDIR": _one,
}  # fmt: skip
