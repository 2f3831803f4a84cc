"""The user that a container can run as instead of root: which, how it is made, what it could not start."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from dockmend._dockerfile.state import expand, state_after, state_at
from dockmend._project.images import ALPINE, BUSYBOX, ROOT, SCRATCH, Facts
from dockmend._project.root import is_root
from dockmend._regex import regex
from dockmend._shell import words
from dockmend._shell.code import code_of
from dockmend._shell.installed import operands
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._dockerfile.document import Document, Instruction, Stage
    from dockmend._project.start import Start
    from dockmend._shell.commands import Command

_NEW = "app"
# https://github.com/GoogleContainerTools/distroless/blob/main/common/variables.bzl
_NONROOT = "65532:65532"
_MAKERS = frozenset({"adduser", "useradd"})
_GROUP_MAKERS = frozenset({"addgroup", "groupadd", "newusers"})
_NAME = regex(r"[a-z_][a-z0-9_-]*")
_OCTAL = regex(r"[0-7]{3,4}\Z")
# Programs that change files, of which a container's root owns what the image brings.
_CHANGERS = frozenset(
    """
    addgroup adduser apk apt apt-get chmod chown cp dnf groupadd install ldconfig ln mkdir mv rm rmdir
    ssh-keygen tee touch update-ca-certificates useradd usermod yum
    """.split()  # noqa: SIM905
)
_FREE = regex(r"/(?:var/)?tmp(?:/|\Z)|/dev/|/run/user/|-")
# Tools that build what they start, with what they have downloaded into the home of who has built the image.
_BUILDERS = regex(
    r"(?:(?:./)?(?:mvnw?|gradlew?)|sbt|lein|make)(?: |\Z)|dotnet (?:run|watch|test)\b"
    r"|(?:npm|yarn|pnpm|bower|bundle|gem|pip3?) (?:ci|i|install)\b"
    r"|(?:git|hg|svn) (?:checkout|fetch|pull|reset|update|up)\b"
)
# Servers that do not start where they cannot write: what is below tmp of the application, or their data.
_AT_WORK = regex(r"rails (?:s|server)(?: |\Z)")
_GIVES = regex(r"\bchown\b|\bchmod -R")
_STORES = frozenset({"etcd", "influxd", "mongod", "mongos", "redis-server"})
# What is put into root's home, and by what nothing is.
_PASS = frozenset({"rm", "cd", ".", "source"})
_AT_HOME = regex(
    r"(?<![\w./-])[\"']?(?:/root|~|\$HOME|\$\{HOME\})/"
    r"(?!\.(?:cache|npm|npmrc|node-gyp|cpanm?|gem|m2|gradle|ivy2|pip|ssh|netrc|gitconfig|wget-hsts)\b)"
)
# Tools whose installers put them into the home of whoever runs them, where no variable names another place.
_INSTALLERS = regex(
    r"https?://[^\s|;&]*(?:\bnvm\b|\brustup|\bpyenv|\bsdkman|\bghcup|\bvolta|\bbun\.sh|\bdeno\.land|install-poetry"
    r"|install\.python-poetry|\bfnm\b)[^|;&\n]*\|[ \t]*(?:\w+=\S+[ \t]+)*(?:/bin/)?(?:ba|da)?sh\b"
)
_ELSEWHERE = frozenset(
    """
    BUN_INSTALL CARGO_HOME DENO_INSTALL GHCUP_INSTALL_BASE_PREFIX NVM_DIR POETRY_HOME PYENV_ROOT SDKMAN_DIR
    VOLTA_HOME
    """.split()  # noqa: SIM905
)
_FETCHED = regex(r"(?i)https?://(?!.*\.git(?:#|\Z))")
_OWNERS_ALONE = regex(r"u[+=][rwxX]*\Z")
_READ, _EXECUTE = 4, 1


def lines(
    doc: Document, instructions: Sequence[Instruction], stage: Stage, known: Facts
) -> list[tuple[str, str]] | str:
    """The instructions to add, as keyword and arguments, USER the last; or why there are none.

    `instructions` are those of the stages that ship, `stage` the last of these, `known` what is known of
    their base image.
    """
    named = [expand(one.args.text, state_at(doc, one).env) for one in instructions if one.name == "USER"]
    before = [user for user in named if user and not is_root(user)]
    if before or (known.user and known.user != ROOT):
        return [("USER", before[-1] if before else str(known.user))]
    made = _made(doc, instructions)
    if made is None:
        return "a RUN changes users or groups in a way that is not understood"
    if len(made) > 1:
        return f"which of the users that are made is meant cannot be told: {', '.join(made)}"
    if made or known.brings:
        return [("USER", made[0] if made else str(known.brings))]
    if known.family == SCRATCH:
        return [("USER", _NONROOT)]
    if words.is_plain(state_after(doc, stage).shell) is None:
        return "SHELL is another than sh or bash"
    if "useradd" in known.tools:
        return [("RUN", f"useradd --system --create-home {_NEW}"), ("USER", _NEW)]
    if known.family in (ALPINE, BUSYBOX):
        return [("RUN", f"addgroup -S {_NEW} && adduser -S -G {_NEW} {_NEW}"), ("USER", _NEW)]
    return "how to make a user in this base image is not known"


def _made(doc: Document, instructions: Sequence[Instruction]) -> list[str] | None:
    """The users that the RUNs make; None where that is not clear."""
    names: dict[str, None] = {}
    for instruction in (one for one in instructions if one.name == "RUN"):
        if "/etc/passwd" in instruction.args.text or "/etc/group" in instruction.args.text:
            return None
        found = [
            one for one in code_of(doc, instruction).program.commands if one.name in _MAKERS | _GROUP_MAKERS
        ]
        made = [one for one in found if one.name in _MAKERS]
        if found and not made:
            return None
        for command in made:
            name = command.words[-1].text
            if name is None or not _NAME.fullmatch(name) or name == ROOT:
                return None
            names[name] = None
    return list(names)


def at_home(doc: Document, instructions: Sequence[Instruction]) -> int:
    """The line of the first RUN that puts files into root's home, caches and keys aside; 0 for none."""
    for instruction in (one for one in instructions if one.name == "RUN"):
        text = instruction.args.text
        state = state_at(doc, instruction)
        if state.user not in (None, ROOT, "0") or "HOME" in state.env:
            continue
        elsewhere = not _ELSEWHERE.isdisjoint(state.env) or any(name in text for name in _ELSEWHERE)
        if not elsewhere and _INSTALLERS.search(text):
            return instruction.line
        if _AT_HOME.search(text):
            for command in code_of(doc, instruction).program.commands:
                if command.name not in _PASS and any(_AT_HOME.match(word.source) for word in command.words):
                    return instruction.line
    return 0


def closed(doc: Document, stage: Stage, instructions: Sequence[Instruction], begun: Start) -> str:
    """Why another user than root could not start what the container starts, in a clause, or empty."""
    workdir = state_after(doc, stage).workdir or "/"
    for run in begun.runs:
        whole = " ".join((run.name, *run.words[1:]))
        if _BUILDERS.match(whole):
            return f"`{run.name}` builds, fetches or installs when it starts, where root alone may write"
        if _AT_WORK.match(whole) and not _is_given(instructions, ""):
            return f"`{run.name}` writes below its working directory, which is root's"
        if run.name in _STORES:
            for one in instructions:
                paths = one.json or [word.text for word in one.words] if one.name == "VOLUME" else ()
                for path in paths:
                    if not _is_given(instructions, path):
                        return f"`{run.name}` keeps its data in VOLUME {path}, which is root's"
        if _changes(run.words):
            return f"it starts with `{run.name}`, which changes what is root's"
        for place, word in enumerate(run.words[:3]):
            need = _READ if place else _EXECUTE
            path = posixpath.join(workdir, word) if place or "/" in word else word
            line = _closed_in(doc, instructions, path, need)
            if line:
                return f"line {line} lets root alone {'run' if need == _EXECUTE else 'read'} `{word}`"
    return ""


def _is_given(instructions: Sequence[Instruction], path: str) -> bool:
    """Whether a RUN that names `path` gives something away, or a copy comes with an owner."""
    for one in instructions:
        if one.name in ("ADD", "COPY") and one.flag("chown") is not None:
            return True
        if one.name == "RUN" and path in one.args.text and _GIVES.search(one.args.text):
            return True
    return False


def _changes(command: Sequence[str]) -> bool:
    """Whether the command changes files, other than those that everyone may."""
    name = posixpath.basename(command[0])
    if name == "sed":
        return any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in command)
    return name in _CHANGERS and not all(map(_FREE.match, command[1:]))


def _closed_in(doc: Document, instructions: Sequence[Instruction], path: str, need: int) -> int:
    """The line that last gives the file at `path` a mode without `need` for others; 0 for none."""
    found = 0
    for instruction in instructions:
        for mode, targets, below in _modes(doc, instruction):
            inside = below and any(path.startswith(target.rstrip("/") + "/") for target in targets)
            if inside or any(fnmatchcase(path.rpartition("/")[2], _base(target)) for target in targets):
                if _OCTAL.match(mode):
                    found = 0 if int(mode[-1]) & need else instruction.line
                elif not _OWNERS_ALONE.match(mode):
                    found = 0
                elif "x" in mode and need == _EXECUTE:
                    # It was none to execute before.
                    found = instruction.line
    return found


def _base(target: str) -> str:
    return target.rstrip("/").rpartition("/")[2]


def _modes(doc: Document, instruction: Instruction) -> Iterator[tuple[str, list[str], bool]]:
    """The modes that an instruction gives: to which paths, and whether to all below them."""
    if instruction.name in ("ADD", "COPY"):
        flag = instruction.flag("chmod")
        texts = [text.strip("\"'") for text in instruction.json or [word.text for word in instruction.words]]
        if flag is not None:
            yield flag.value or "", texts, False
        elif instruction.flag("chown") is None and any(map(_FETCHED.match, texts)):
            # https://docs.docker.com/reference/dockerfile/#adding-files-from-a-url
            yield "600", texts[:-1] if texts[-1].endswith("/") else texts[-1:], False
    elif instruction.name == "RUN" and "chmod" in instruction.args.text:
        for command in code_of(doc, instruction).program.commands:
            if command.name == "chmod":
                yield from _of_chmod(command)


def _of_chmod(command: Command) -> Iterator[tuple[str, list[str], bool]]:
    mode, *targets = [word.text or word.source for word in operands(command.words[1:], frozenset())] or [""]
    options = [word.text or "" for word in command.words[1:] if (word.text or "").startswith("-")]
    yield mode, targets, any(re.match(r"-[a-zA-Z]*R|--recursive", option) for option in options)
