"""Users that a script adds: useradd(8) of shadow, adduser(8) of Debian and of busybox."""

from __future__ import annotations

from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._shell.commands import Command

_NUMBER = regex(r"[0-9]{1,9}")
_VALUED = {
    "useradd": frozenset(
        """
        -b --base-dir -c --comment -d --home-dir -e --expiredate -f --inactive -g --gid -G --groups -k --skel
        -K --key -p --password -R --root -P --prefix -s --shell -u --uid -Z --selinux-user
        """.split()  # noqa: SIM905
    ),
    "adduser": frozenset(
        """
        -h -g -s -G -u -k --conf --home --shell --uid --gid --firstuid --lastuid --ingroup --gecos --comment
        """.split()  # noqa: SIM905
    ),
}
_UID = frozenset({"-u", "--uid"})
_HOME = {"useradd": frozenset({"-d", "--home-dir"}), "adduser": frozenset({"-h", "--home"})}
# Where one of these says where homes are, or that there is none, the default does not hold.
_OTHERWISE = frozenset({"-b", "--base-dir", "-R", "--root", "-P", "--prefix", "--system"})


class Account(NamedTuple):
    """A user; `uid` (digits) and `home` (an absolute path) are None where the command does not tell."""

    name: str
    uid: str | None
    home: str | None


def account(command: Command) -> Account | None:
    """The user that the command adds; None for any other command, or where only the shell can tell."""
    program = command.name or ""
    valued = _VALUED.get(program)
    texts = [word.text for word in command.words[1:]]
    if valued is None or None in texts:
        return None
    options: dict[str, str] = {}
    names: list[str] = []
    rest = iter(text or "" for text in texts)
    for text in rest:
        if not text.startswith("-"):
            names.append(text)
            continue
        name, equals, value = text.partition("=")
        if not text.startswith("--"):
            # -rmu 1000: the last of several letters may take a value.
            name, value, equals = f"-{text[-1]}", "", ""
            options.update(dict.fromkeys((f"-{letter}" for letter in text[1:-1]), ""))
        options[name] = value if equals or name not in valued else next(rest, "")
    if not names:
        return None
    uid = next((options[name] for name in _UID if name in options), "")
    home = next((options[name] for name in _HOME[program] if name in options), "")
    if not home and not _OTHERWISE & options.keys():
        home = f"/home/{names[0]}"
    return Account(names[0], uid if _NUMBER.fullmatch(uid) else None, home if home.startswith("/") else None)
