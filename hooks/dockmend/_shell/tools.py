"""Facts on command line tools: what one leaves behind that a new container would not have.

A command is a sequence of words; a word's parts that only the shell knows are NULs.
"""

from __future__ import annotations

import re
from itertools import pairwise

from dockmend._functools import lru_cache
from dockmend._regex import regex
from dockmend._shell.words import BUILTINS
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = "\0"

# Builtins that change nothing of their shell; all others do.
HARMLESS = frozenset(
    """
    : [ [[ bg break caller command compgen continue echo false fg history jobs kill printf pwd test
    times true type wait
    """.split()  # noqa: SIM905
)
LEAKING = BUILTINS - HARMLESS
# An assignment before one of these outlives it. POSIX, 2.15 Special Built-In Utilities.
SPECIAL = frozenset(
    """
    : . break continue eval exec exit export readonly return set shift source times trap unset
    """.split()  # noqa: SIM905
)

# Programs that run the rest of their words: options that take a value, operands before the program.
_WRAPPERS = {
    "sudo": ("ughpCrtUDRT", 0), "doas": ("uC", 0), "env": ("uCS", 0), "nice": ("n", 0), "ionice": ("cn", 0),
    "time": ("fo", 0), "timeout": ("ks", 1), "gosu": ("", 1), "su-exec": ("", 1), "chroot": ("", 1),
    "setpriv": ("", 0), "eatmydata": ("", 0), "fakeroot": ("lbiu", 0), "stdbuf": ("ioe", 0),
    "xargs": ("nIPLdasE", 0), "command": ("", 0), "builtin": ("", 0), "exec": ("a", 0), "busybox": ("", 0),
    "catchsegv": ("", 0), "dumb-init": ("", 0), "tini": ("", 0), "unbuffer": ("", 0), "scl": ("", 2),
    "faketime": ("f", 1),
}  # fmt: skip
AS_ANOTHER = frozenset({"sudo", "doas", "gosu", "su-exec", "su", "runuser", "setpriv"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "su", "runuser"})

_DAEMONS = frozenset(
    """
    adb apache2 at atd avahi-daemon batch bazel beanstalkd catalina.sh chronyd containerd cron crond
    cupsd daemon daemonize dbus-daemon dbus-launch dirmngr dnsmasq dockerd emacs exim4 forever
    gitlab-ctl gpg gpg-agent gpg2 gradle gradlew haproxy httpd inetd init java-rmid lighttpd mariadbd
    mariadbd-safe memcached mongod mongos mosquitto my_init mysqld mysqld_safe named nginx nmbd nohup
    nscd nslcd ntpd openvpn php-fpm pm2 postgres postmaster proftpd pulseaudio pure-ftpd rabbitmq-server
    redis-sentinel redis-server rpcbind rsyslogd runsvdir s6-svscan salt-master salt-minion screen
    setsid slapd smbd snmpd squid ssh-agent sshd sssd start-stop-daemon startx supervisord syslogd
    syslog-ng systemd tmux tor unbound varnishd vncserver vsftpd watchman winbindd xfs xinetd xvfb Xvfb
    Xvnc zookeeper-server-start.sh
    """.split()  # noqa: SIM905
)
# A daemon's words that make it tell something, or prepare, and end.
_ENDS_SOON = frozenset(
    """
    -t -T -v -V -h -M -S -l -m -i --version --help --test --configtest --dearmor --dearmour --initialize
    --initialize-insecure --bootstrap --validate-config version help stop status init enable disable
    list-plugins force-stop --stop --status --list-keys --fingerprint --show-keys completion
    """.split()  # noqa: SIM905
)
_STARTING = frozenset(
    """
    start restart reload force-reload try-restart start-dev run-daemon startup up --start --daemon
    --daemonize --detach --detached -detached --background --fork start_app start-domain start-server
    """.split()  # noqa: SIM905
)
_STARTING_NOW = frozenset({"--now"})
# A script named like this is likely to start what its image is for.
_STARTERS = frozenset(
    {"start", "startup", "run", "daemon", "serve", "server", "launch", "boot", "init", "entrypoint"}
)
_PATH_START = (".", "/", UNKNOWN)
_NO_VERSION = dict.fromkeys(map(ord, "0123456789."))

_LAST_ONLY = frozenset(
    """
    arptables chrt ebtables hostname hostnamectl ifconfig ifdown ifup insmod ip ip6tables iptables
    iptables-restore losetup modprobe mount nft prlimit renice rmmod route swapoff swapon sysctl tc
    umount unshare
    """.split()  # noqa: SIM905
)
_ALONE = frozenset({"halt", "killall5", "poweroff", "ps", "reboot", "shutdown", "telinit", "top"})

# /etc/hosts and the like are made anew for each RUN: BuildKit's executor/oci/spec.go and resolvconf.go.
_RUN_ONLY = frozenset({"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"})
_RECURSIVE = regex(r"-[A-Za-z]*[rR]|--recursive")
_DEVICES = regex(r"/dev/(?:null|zero|full|random|urandom|tty|std(?:in|out|err)|fd(?:/[0-9]+)?)\Z")
_READERS = frozenset(
    """
    [ [[ . awk cat cut diff echo egrep fgrep file gawk getent grep head ls md5sum printf readlink
    sha256sum sort source stat tail test uniq wc which zcat zgrep
    """.split()  # noqa: SIM905
)
_COPIERS = frozenset({"cp", "ln", "rsync"})

_USER_TOOLS = frozenset(
    """
    addgroup adduser chgpasswd deluser delgroup gpasswd groupadd groupdel groupmems groupmod newusers
    pwconv useradd userdel usermod vigr vipw
    """.split()  # noqa: SIM905
)
_NEW_NAMES_ONLY = frozenset({"useradd", "groupadd"})
ACCOUNT_FILES = ("/etc/passwd", "/etc/group")

_REMOVERS = frozenset({"rm", "rmdir", "mv", "ln", "unlink", "rsync", "install", "cp", "find", "shred"})
_SHELL_REPLACERS = frozenset(
    {"rm", "mv", "ln", "cp", "install", "unlink", "dpkg-divert", "update-alternatives", "alternatives"}
)

# What brings another version of some commands without naming them.
_SWITCHERS = {
    "n": ("node", "npm", "npx"), "nvm": ("node", "npm", "npx"), "fnm": ("node", "npm", "npx"),
    "volta": ("node", "npm", "npx", "yarn"), "corepack": ("yarn", "yarnpkg", "pnpm", "pnpx"),
    "rustup": ("cargo", "rustc", "rustup"), "ensurepip": ("pip", "pip3"),
    "pyenv": ("python", "python3", "pip", "pip3"), "rbenv": ("ruby", "gem", "bundle"),
    "rvm": ("ruby", "gem", "bundle"), "update_rubygems": ("gem",), "cpanm": ("cpan",),
}  # fmt: skip
_BROUGHT_BY = {
    "easy_install": ("setuptools", "distribute"), "gem": ("rubygems", "rubygems-update", "--system"),
    "bundle": ("bundler",), "npm": ("node", "nodejs"), "npx": ("npm", "node", "nodejs"), "node": ("nodejs",),
    "conda": ("anaconda", "miniconda"),
}  # fmt: skip
_SELF_UPDATES = frozenset({"self-update", "selfupdate", "self", "--self"})
_BUILDERS = frozenset({"make", "gmake", "ninja", "cmake", "stow"})
_INSTALLING = frozenset({"install", "altinstall", "--install"})
# `pip`, `pip==20.1`, `pip3`, `/usr/bin/pip`, `get-pip.py`, `node-v20.1.tar.gz`, `npm@9`; not `yum-utils`,
# `/var/cache/apt`.
_LONGEST_NAME = 200
_DIGITS = frozenset("0123456789")
_MARKS = frozenset("=<>~!@[]:, \t;\0")
_PARTS = regex(r"[=<>~!@\[\]:, \t;\0]+")
_PREFIXES = ("get-", "install-", "setup-", "update-")
_VERSION = regex(r"-?v?[0-9].*")
_SUFFIX = regex(r"\.(?:py|phar|sh|tar|tgz|zip|deb|rpm|run|bin|whl)\b.*")


def parts(name: str) -> list[str]:
    """The parts of a file's name between dots, hyphens and underscores."""
    return name.replace("-", ".").replace("_", ".").split(".")


def base(name: str) -> str:
    """The last part of a path."""
    return name.rpartition("/")[2]


def unwrapped(words: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """What `words` run in the end, by way of `sudo -u x env A=1 …`, and whether as someone else."""
    words, other = tuple(words), False
    while words and base(words[0]) in _WRAPPERS:
        name = base(words[0])
        other = other or name in AS_ANOTHER
        valued, operands = _WRAPPERS[name]
        at = 1
        while at < len(words):
            word = words[at]
            if word.startswith("-") and word != "-":
                at += 2 if len(word) == 2 and word[1] in valued else 1
            elif re.match(r"[A-Za-z_][A-Za-z0-9_]*=", word):
                at += 1
            elif operands:
                operands -= 1
                at += 1
            else:
                break
        if at >= len(words):
            return words, other
        words = words[at:] + ((UNKNOWN,) if name == "xargs" else ())
    return words, other or (bool(words) and base(words[0]) in AS_ANOTHER)


def script_of(words: Sequence[str]) -> str | None:
    """The text after `-c` where `words` run a shell with it; None for any other command."""
    if base(words[0]) not in _SHELLS:
        return None
    for option, text in pairwise(words[1:]):
        if re.fullmatch(r"-[a-z]*c|--command", option):
            return text
    return None


def stays(words: Sequence[str]) -> bool:
    """Whether a process may live on when the command `words` has ended, or never end by itself."""
    name, rest = base(words[0]), words[1:]
    if name == "systemctl":
        return bool(_STARTING & set(rest) or _STARTING_NOW & set(rest))
    if any(word in _STARTING or word.startswith(("--daemonize=", "--fork=")) for word in rest[:6]):
        return not _only_reads(name)
    if words[0].startswith(_PATH_START) or name.endswith(".sh"):
        stem = name.removesuffix(".sh")
        installs = name.endswith(".run") or name.startswith("install")
        if not installs and not _STARTERS.isdisjoint(parts(stem)):
            return True
    if name in _DAEMONS or name.translate(_NO_VERSION) in _DAEMONS:
        return not any(word in _ENDS_SOON for word in rest)
    if name in _SHELLS:
        operands = [word for word in rest if not word.startswith(("-", "+"))]
        return bool(operands) and script_of(words) is None and stays(operands)
    return False


def _only_reads(name: str) -> bool:
    """Whether the command's words are only text to it."""
    return name in _READERS or name in {
        "sed",
        "git",
        "docker",
        "apt-get",
        "apt",
        "yum",
        "dnf",
        "apk",
        "tee",
        "mkdir",
    }


def holds_for_one_run(words: Sequence[str]) -> bool:
    """Whether the command changes what each RUN gets anew: mounts, network, /proc, /etc/hosts."""
    name, rest = base(words[0]), words[1:]
    if name in _LAST_ONLY:
        return len(words) > 1 or name in {"mount", "ip", "route"}
    if name in _READERS or (
        name == "sed" and not any(word.startswith(("-i", "--in-place")) for word in rest)
    ):
        return False
    written = rest[-1:] if name in _COPIERS else rest
    return any(made_for_one_run(word) for word in written)


def made_for_one_run(path: str) -> bool:
    """Whether a file of that name is made anew for each RUN."""
    path = path.partition("=")[2] if path.startswith(("of=", "--")) else path
    if path.startswith("/dev/"):
        return not _DEVICES.match(path)
    return path in _RUN_ONLY or path.startswith(("/proc/", "/sys/"))


def sees_processes(words: Sequence[str]) -> bool:
    """Whether the command looks at processes, or ends some, among which the shell itself may be."""
    name, rest = base(words[0]), words[1:]
    if name in {"pkill", "pgrep"}:
        return any(re.match(r"-[A-Za-z]*f|--full", word) for word in rest)
    if name == "kill":
        return any(word in {"1", "-1", "0"} for word in rest)
    return name in _ALONE


def changes_account(words: Sequence[str], user: str | None, other: bool) -> bool:
    """Whether the command may change the home or groups of `user`, which each RUN looks up anew.

    `user` is what USER says, None where unknown; `other` whether the command runs as someone else,
    by sudo. Without, only root can, so that an unknown user is root where the command succeeds.
    """
    name, rest = base(words[0]), words[1:]
    if name not in _USER_TOOLS:
        return name not in _READERS and any(word.startswith(ACCOUNT_FILES) for word in rest)
    name_of_user = (user or "").partition(":")[0]
    if (user is None and other) or name_of_user not in {"", "0", "root"}:
        return True
    if name in _NEW_NAMES_ONLY:
        return False
    named = {part for word in rest for part in re.split(r"[,=:]", word)}
    return bool(named & {"root", "0"}) or any(UNKNOWN in word for word in rest)


def replaces_shell(words: Sequence[str]) -> bool:
    """Whether the command may put another program in the place of /bin/sh."""
    name, rest = base(words[0]), words[1:]
    if name in _SHELL_REPLACERS:
        return any(base(word) == "sh" for word in rest)
    return (name == "dpkg-reconfigure" and any("dash" in word for word in rest)) or (
        "--install" in rest and "busybox" in name
    )


def removed(words: Sequence[str]) -> tuple[str, ...]:
    """The paths at which the command may remove a directory, or put something else in its place."""
    name, rest = base(words[0]), words[1:]
    if name not in _REMOVERS:
        return ()
    operands = tuple(word for word in rest if not word.startswith("-"))
    if name == "find":
        return _found(rest)
    recursive = any(word.startswith("-") and _RECURSIVE.match(word) for word in rest)
    if name in {"mv", "rmdir", "ln"} or recursive:
        return operands
    return tuple(word for word in operands if UNKNOWN not in word)


def _found(rest: Sequence[str]) -> tuple[str, ...]:
    """What `find … -delete` or `find … -exec rm -r {} +` may remove: its names, or where it starts."""
    either = bool({"-o", "-or"} & set(rest))
    if not {"-delete", "-exec", "-execdir", "-ok"} & set(rest):
        return ()
    if ("-type", "f") in pairwise(rest) and not either:
        return ()
    start = rest[0] if not rest[0].startswith("-") else "."
    names = [name for test, name in pairwise(rest) if test in {"-name", "-iname"}]
    found = [f"{start}/{UNKNOWN}/" + re.sub(r"[*?\[\]]+", UNKNOWN, name) for name in names]
    return tuple(found) if found and not either else (*found, start)


@lru_cache(maxsize=1024)
def brings(words: tuple[str, ...]) -> frozenset[str]:
    """What the command may put before the program of that name which a shell has found before.

    A shell remembers where it found a command, POSIX 2.9.1.4; a new shell looks again. To be
    compared with `known_as`.
    """
    found = {one for word in words for one in _SWITCHERS.get(base(word), ())}
    if _SELF_UPDATES & set(words[1:]):
        found.add(base(words[0]))
    for word in words[1:]:
        for part in [word] if _MARKS.isdisjoint(word) else _PARTS.split(word):
            folder, slash, name = part[-_LONGEST_NAME:].rpartition("/")
            if name.startswith(_PREFIXES):
                name = name.partition("-")[2]
            bare = _SUFFIX.sub("", name) if "." in name else name
            stem = bare if _DIGITS.isdisjoint(bare) else _VERSION.sub("", bare)
            if not slash or folder.endswith("bin") or part.startswith("//") or stem != name:
                found |= {name, bare, stem}
    return frozenset(found - {""})


def builds(words: Sequence[str]) -> bool:
    """Whether the command installs what was built, so that it may bring whatever was named before."""
    return base(words[0]) in _BUILDERS and any(word in _INSTALLING for word in words[1:])


def known_as(name: str) -> set[str]:
    """The names under which the program `name` may be brought: `pip3` comes with `pip`."""
    stem = _VERSION.sub("", name) or name
    return {name, stem, *_BROUGHT_BY.get(stem, ())}
