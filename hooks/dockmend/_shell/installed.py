"""What a command installs: system packages and Python distributions, by their names."""

from __future__ import annotations

from dockmend._shell.command_words import unversioned
from dockmend._shell.packages import APK, APT
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._shell.command_words import Word
    from dockmend._shell.commands import Command

_INSTALL = frozenset({"install", "add", "in"})
_RPM = frozenset({"yum", "dnf", "dnf5", "microdnf", "zypper"})
_APK_VALUED = APK.valued | {"-t", "--virtual"}
# https://pip.pypa.io/en/stable/cli/pip_install/#options
_PIP_VALUED = frozenset(
    """
    -r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -f
    --find-links --trusted-host --proxy --retries --timeout --exists-action --cert --client-cert
    --cache-dir --log --prefix --root --src --platform --python-version --implementation --abi
    --upgrade-strategy --no-binary --only-binary --progress-bar --root-user-action --use-feature
    --use-deprecated --global-option --config-settings -C --build-option --report --python --group
    -w --wheel-dir --keyring-provider --resume-retries
    """.split()  # noqa: SIM905
)


def packages(command: Command) -> tuple[Word, ...]:
    """The system packages that the command installs, as words of it; empty for any other command.

    A name may carry a version (`git=1:2.39`); a word that only the shell can tell is there too.
    """
    if command.name in APT.programs:
        valued = APT.valued
    elif command.name == "apk":
        valued = _APK_VALUED
    elif command.name in _RPM:
        valued = frozenset[str]()
    else:
        return ()
    at = command.subcommand(valued)
    if at is None or command.words[at].text not in _INSTALL:
        return ()
    return operands(command.words[at + 1 :], valued)


def package_name(word: Word) -> str:
    """The package's name without its version, "" where only the shell can tell."""
    text = word.text or ""
    for mark in "=<>~:@":
        text = text.partition(mark)[0]
    return text


def operands(words: tuple[Word, ...], valued: frozenset[str]) -> tuple[Word, ...]:
    """The words that are neither options nor the values of the options that are `valued`."""
    found = []
    skip = False
    for word in words:
        text = word.text or ""
        if skip:
            skip = False
        elif text.startswith("-") and text != "-":
            skip = text in valued
        else:
            found.append(word)
    return tuple(found)


def pip_install(command: Command) -> tuple[Word, ...] | None:
    """The words behind `pip install`, `python -m pip install` or `uv pip install`; None for anything else."""
    texts = [word.text or "" for word in command.words]
    name = command.name or ""
    if unversioned(name) == "pip":
        start = 1
    elif texts[1:3] == ["-m", "pip"] and unversioned(name) in ("python", "pypy"):
        start = 3
    elif name == "uv" and texts[1:2] == ["pip"]:
        start = 2
    else:
        return None
    while start < len(texts) and texts[start].startswith("-"):
        start += 2 if texts[start] in _PIP_VALUED else 1
    return command.words[start + 1 :] if texts[start : start + 1] == ["install"] else None


def requirement_files(words: tuple[Word, ...]) -> tuple[str, ...]:
    """The files that `-r` names among the words of `pip install`."""
    texts = [word.text or "" for word in words]
    found = []
    for place, text in enumerate(texts):
        if text in ("-r", "--requirement"):
            found += texts[place + 1 : place + 2]
        elif text.startswith("--requirement="):
            found.append(text.partition("=")[2])
        elif text.startswith("-r") and len(text) > 2:
            found.append(text[2:])
    return tuple(found)


def requirements(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The distributions that `pip install` names itself, its options left out."""
    return operands(words, _PIP_VALUED)
