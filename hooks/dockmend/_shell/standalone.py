"""Commands that do without the files of the project, as far as their words tell."""

from __future__ import annotations

import re
from collections.abc import Callable

from dockmend._regex import regex
from dockmend._shell import pip_words
from dockmend._shell.packages import MANAGERS, YARN
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._shell.command_words import Word
    from dockmend._shell.commands import Command, Link

Outside = Callable[[str], bool]

_SAYS = frozenset({"--version", "-V", "-v", "--help", "version"})
_PATHLESS = frozenset(
    """
    true : set echo ldconfig locale-gen corepack gem update-ca-certificates export
    """.split()  # noqa: SIM905
)
_SETTINGS = frozenset(
    """
    poetry pdm bundle composer uv pip pip3 go npm yarn pnpm
    """.split()  # noqa: SIM905
)
_SETS = frozenset({"config", "self-update", "cache", "env", "store"})
_NODE_NAME = regex(r"(?:@[A-Za-z0-9._-]+/)?[A-Za-z0-9][A-Za-z0-9._-]*(?:@[A-Za-z0-9._^~<>=*-]+)?")
_SYSTEM_NAME = regex(r"[A-Za-z0-9@.][A-Za-z0-9_.+:~=@<>*-]*(?<!\.deb)(?<!\.rpm)(?<!\.apk)")
_RELATIVE = regex(r"(?:\A|[=:,])[^=:,/]+/")
_TO_NOTHING = regex(r"[0-9]*(?:>&[0-9-]|>>?[ \t]*/dev/null|&>[ \t]*/dev/null)")


def opens_nothing(link: Link) -> bool:
    """Whether the redirections of the link are to /dev/null and other descriptors alone."""
    return all(_TO_NOTHING.fullmatch(redirect) for redirect in link.redirects)


def is_standalone(command: Command, outside: Outside) -> bool:
    """Whether the command surely neither reads nor writes a file of the project.

    `outside` says of an absolute path that it is none of the project's.
    """
    name, words = command.name, command.words[1:]
    if not command.words:
        return True
    if name in ("rm", "mkdir"):
        return all(_is_outside(word, outside) for word in words if not word.source.startswith("-"))
    if name in (".", "source"):
        return len(words) == 1 and _is_outside(words[0], outside)
    if name is None or any(word.text is None for word in words):
        return False
    texts = [word.text or "" for word in words]
    if len(texts) == 1 and texts[0] in _SAYS:
        return True
    if name in _PATHLESS or (name in _SETTINGS and texts and texts[0] in _SETS):
        return not any(_RELATIVE.search(text) for text in texts)
    if any(manager is not YARN and name in manager.programs for manager in MANAGERS):
        return all(text.startswith("-") or _SYSTEM_NAME.fullmatch(text) for text in texts)
    if name in ("npm", "yarn", "pnpm"):
        names = [text for text in texts if not text.startswith("-")]
        everywhere = {"-g", "--global", "global", "--location=global"} & set(texts)
        return bool(everywhere) and all(_NODE_NAME.fullmatch(text) for text in names)
    if texts[:2] == ["-m", "venv"]:
        return _is_outside(words[-1], outside)
    installed = pip_words.of_command([name, *texts])
    found = None if installed is None else pip_words.read(installed)
    return found is not None and bool(found.names) and not found.files


def _is_outside(word: Word, outside: Outside) -> bool:
    path = re.split(r"[*?\[]", word.source, maxsplit=1)[0]
    return path.startswith("/") and not re.search(r"[$`{\"'~]|\.\.", word.source) and outside(path)
