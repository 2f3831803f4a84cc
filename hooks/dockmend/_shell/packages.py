"""Facts on package managers: what fills their caches, what empties them, what needs them later."""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._shell.code import SHELLS, Code
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._shell.commands import Command


class Manager(NamedTuple):
    """A package manager and what its cache is, which `leaves` names; `code` is hadolint's for leaving it.

    `fills` are the subcommands that download (the empty one: no subcommand), `valued` the options before
    them that take the next word. `clean` empties the cache, `{}` being the program as written; empty where
    there is no need. `cleaned` finds in a command's text that it does so, `mention` in a script that it has
    to do with the manager. `caches` are the folders that a mount may hold instead.
    """

    name: str
    code: str
    leaves: str
    programs: frozenset[str]
    fills: frozenset[str]
    valued: frozenset[str]
    clean: str
    cleaned: re.Pattern[str]
    mention: re.Pattern[str]
    caches: tuple[str, ...]

    def filled_by(self, command: Command) -> bool:
        """Whether the command downloads into the cache."""
        if self is APT and _is_setup(command):
            return True
        return (
            command.name in self.programs
            and self.subcommand(command) in self.fills
            and not (self is APK and _APK_SETTLED & _texts(command))
        )

    def used_by(self, command: Command) -> bool:
        """Whether the command is one of the manager's, or needs its cache."""
        return command.name in self.programs or (self in _LISTED and bool(index_use(self, command)))

    def emptied_by(self, command: Command, code: Code) -> bool:
        """Whether the command of the script `code` removes the cache."""
        text = code.text[command.start : command.end]
        if self in _LISTED and not (code.is_bash or command.name == "bash"):
            # dash and busybox take `{a,b}` for a name.
            text = text.replace("{", " ")
        return self.cleaned.search(text) is not None

    def misses_files(self, command: Command) -> bool:
        """Whether the command removes files of the cache by a pattern, and fails where there are none."""
        if command.name != "rm":
            return False
        texts = [word.source for word in command.words[1:]]
        forced = any(re.match(r"-[a-zA-Z]*f|--force", text) for text in texts)
        some = any(any(char in text for char in "*?[") and self.cleaned.search(text) for text in texts)
        return some and not forced

    def seems_left(self, text: str) -> bool:
        """Whether a script that is not understood fills the cache and does not empty it, by its words."""
        programs, fills = "|".join(sorted(self.programs)), "|".join(sorted(filter(None, self.fills)))
        filled = re.search(rf"\b(?:{programs})\b[^&|;\n]{{0,300}}\b(?:{fills})\b", text)
        return filled is not None and not self.cleaned.search(text, filled.start())

    def subcommand(self, command: Command) -> str | None:
        """The subcommand, empty where there are options at most; None where only the shell can tell."""
        at = command.subcommand(self.valued)
        if at is not None:
            return command.words[at].text
        known = all(word.text is not None for word in command.words)
        return "" if known and not _ASKS & {word.text for word in command.words} else None


_ASKS = {"--version", "-v", "--help", "-h"}
_YUM_FILLS = frozenset(
    """
    install localinstall groupinstall group update upgrade reinstall downgrade distro-sync builddep
    makecache swap module
    """.split()  # noqa: SIM905
)
_YUM_VALUED = frozenset({"-c", "-d", "-e", "-x", "-R", "--enablerepo", "--disablerepo", "--installroot"})

APT = Manager(
    "apt",
    "DL3009",
    "apt's package lists",
    frozenset({"apt-get", "apt", "aptitude"}),
    frozenset({"update"}),
    frozenset({"-o", "-c", "-t", "-a", "--option", "--config-file", "--target-release", "--default-release"}),
    "rm -rf /var/lib/apt/lists/*",
    regex(r"/var/lib/(?:apt\b|\*|\{[^}]*\bapt\b)|\bapt(?:-get)? distclean\b"),
    regex(r"\bapt\b|\bapt-get\b|\baptitude\b|/var/lib/(?:apt|\*|\{)|\badd-apt-repository\b"),
    ("/var/lib/apt", "/var/lib/apt/lists"),
)


def _red_hat(program: str, code: str, *caches: str) -> Manager:
    return Manager(
        program,
        code,
        f"{program}'s cache",
        frozenset({program}),
        _YUM_FILLS,
        _YUM_VALUED,
        "{} clean all",
        regex(
            rf"\b(?:yum|dnf5?|microdnf)\b.{{0,200}}\bclean\b|/var/cache/(?:{program}|yum|dnf|libdnf5|\*|\{{)"
        ),
        regex(r"\b(?:yum|dnf5?|microdnf)\b|/var/cache\b"),
        caches,
    )


# https://dnf.readthedocs.io/en/latest/command_ref.html#clean-command and zypper(8); `zypper clean` alone
# keeps the metadata.
YUM = _red_hat("yum", "DL3032", "/var/cache/yum", "/var/cache/dnf")
DNF = _red_hat("dnf", "DL3040", "/var/cache/dnf", "/var/cache/libdnf5")
DNF5 = _red_hat("dnf5", "DL3040", "/var/cache/libdnf5")
MICRODNF = _red_hat("microdnf", "DL3040", "/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5")
ZYPPER = Manager(
    "zypper",
    "DL3036",
    "zypper's cache",
    frozenset({"zypper"}),
    frozenset(
        """
        install in update up dist-upgrade dup refresh ref patch source-install si install-new-recommends inr
        """.split()  # noqa: SIM905
    ),
    frozenset({"-c", "-R", "-D", "-C", "-p", "--config", "--root", "--reposd-dir", "--cache-dir"}),
    "{} clean --all",
    regex(r"\bzypper\b.{0,200}\b(?:clean|cc)\b|/var/cache/zypp|/var/cache/(?:\*|\{)"),
    regex(r"\bzypper\b|/var/cache\b"),
    ("/var/cache/zypp",),
)
# https://classic.yarnpkg.com/en/docs/cli/cache
YARN = Manager(
    "yarn",
    "DL3060",
    "yarn's cache",
    frozenset({"yarn", "yarnpkg"}),
    frozenset({"", "install"}),
    frozenset({"--cwd", "--cache-folder", "--modules-folder", "--registry", "--network-timeout", "--mutex"}),
    "{} cache clean",
    regex(r"\byarn(?:pkg)?\b.{0,200}\bcache\b|\.cache\b|--cache-folder"),
    regex(r"\byarn(?:pkg)?\b|\.cache\b"),
    (),
)
# https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper
APK = Manager(
    "apk",
    "DL3019",
    "apk's index",
    frozenset({"apk"}),
    frozenset({"add", "update", "upgrade"}),
    frozenset(
        """
        -p --root -X --repository --keys-dir --repositories-file --wait --arch --cache-dir --cache-max-age
        --progress-fd --timeout
        """.split()  # noqa: SIM905
    ),
    "rm -rf /var/cache/apk/*",
    regex(r"/var/cache/(?:apk|\*|\{)"),
    regex(r"/var/cache/(?:apk|\*|\{)"),
    ("/var/cache/apk", "/etc/apk/cache"),
)
# What says that apk is to keep its index, or to do without: no `--no-cache` then.
_APK_SETTLED = frozenset({"--no-cache", "--no-network", "--cache-dir"})

# Those whose cache tells what there is to install.
_LISTED = (APT, APK)

MANAGERS = (APT, APK, YUM, DNF, DNF5, MICRODNF, ZYPPER, YARN)

# What Yarn 2 and later refuse: https://yarnpkg.com/migration/guide#update-your-configuration-to-the-new-settings
_CLASSIC_YARN = frozenset(
    """
    --production --prod --pure-lockfile --ignore-optional --ignore-scripts --ignore-platform --no-lockfile
    --no-progress --no-optional --flat --link-duplicates --no-bin-links
    """.split()  # noqa: SIM905
)


def is_classic_yarn(command: Command) -> bool:
    """Whether an option of the command is one that only Yarn 1 takes."""
    return any((word.text or "").partition("=")[0] in _CLASSIC_YARN for word in command.words)


REFRESHES, NEEDS, MAY_NEED = "refreshes", "needs", "may need"

_WITHOUT_LISTS = frozenset(
    """
    update remove purge autoremove auto-remove clean autoclean auto-clean distclean
    """.split()  # noqa: SIM905
)
# What apk does without its index, and what has it fetch one first.
_WITHOUT_INDEX = frozenset({"del", "info", "cache", "audit", "verify", ""})
_APK_UPDATES = {"-U", "--update", "--update-cache"}
_APK_MENTION = regex(r"\bapk\b")
_ADD_REPOSITORY = frozenset({"add-apt-repository", "apt-add-repository"})
# https://deb.nodesource.com/setup_22.x, https://get.docker.com, https://packagecloud.io/docs
_SETUP = regex(
    r"//(?:deb\.nodesource\.com/setup_|get\.docker\.com(?:/ubuntu)?/?[\"']?\Z|packagecloud\.io/.*script\.deb\.sh)"
)
_OTHERS_OF_APT = frozenset(
    """
    apt-cache apt-file tasksel gdebi apt-fast apt-rdepends
    apt-show-versions xx-apt xx-apt-get build-dep mk-build-deps rosdep unattended-upgrade apt-install
    """.split()  # noqa: SIM905
)
# Programs that carry out what a project or somebody else wrote, an `apt-get install` perhaps.
_RECIPES = frozenset(
    """
    eval rake just task invoke ansible ansible-playbook puppet chef-client chef-solo salt-call opam
    playwright install_packages install-packages clean-install
    """.split()  # noqa: SIM905
)
_BUILDS = frozenset(
    """
    configure config Configure autogen.sh bootstrap.sh buildconf gradlew mvnw b2 waf
    """.split()  # noqa: SIM905
)
_TARGET = regex(r"-.*|[A-Za-z_]+=.*|[0-9]+|all|install|check|test|clean|distclean|altinstall|.*/.*")
# Commands whose words are only text to them.
_TESTS = frozenset({"[", "[[", "test", "command", "which", "type", "hash", "grep"})
_SPEAKS = _TESTS | {"echo", "printf"}
_SHELLS = SHELLS | {"su", "runuser", "chroot", "zsh"}
# Files that are read for their settings.
_SETTINGS = ("activate", "os-release", "lsb-release", "nvm.sh", ".bashrc", ".profile", "/env", "envvars")
_ASIDE = regex(r"playwright|puppeteer")


def use_of(manager: Manager, code: Code) -> str:
    """What the script does about the lists of APT, or the index of APK.

    REFRESHES where it fetches them before any use, NEEDS or MAY_NEED where it uses those that are there,
    empty where it does without.
    """
    if code.reason:
        mention = APT.mention if manager is APT else _APK_MENTION
        return NEEDS if mention.search(code.text) else ""
    found = code.program.commands
    may = ""
    for place, command in enumerate(found):
        use = index_use(manager, command)
        if use == REFRESHES and _always(command, found[:place]):
            return may or REFRESHES
        if use == NEEDS:
            return NEEDS
        if use == MAY_NEED:
            may = MAY_NEED
    return may


def index_use(manager: Manager, command: Command) -> str:
    """What one command does about the lists or the index, in the terms of `use_of`."""
    if command.name in manager.programs:
        return _own_use(manager, command)
    if manager is APT and _is_setup(command):
        return REFRESHES
    if manager is APT and command.name in _OTHERS_OF_APT:
        return NEEDS
    if manager is APT and command.name in _ADD_REPOSITORY:
        # For this kind alone it installs the keys from a package.
        return NEEDS if any(text.startswith("cloud-archive:") for text in _texts(command)) else ""
    if command.name not in _SPEAKS and any(word.text in manager.programs for word in command.words[1:]):
        return NEEDS
    return MAY_NEED if is_opaque(command) else ""


def _own_use(manager: Manager, command: Command) -> str:
    """What a command of the manager itself does about its lists or index."""
    subcommand = manager.subcommand(command)
    if manager is APT:
        return REFRESHES if subcommand == "update" else "" if subcommand in _WITHOUT_LISTS else NEEDS
    texts = _texts(command)
    if subcommand in _WITHOUT_INDEX or ("--no-cache" in texts and subcommand != "search"):
        return ""
    return REFRESHES if subcommand == "update" or _APK_UPDATES & texts else NEEDS


def _is_setup(command: Command) -> bool:
    """Whether the command fetches, for a shell, a script that begins with `apt-get update`."""
    piped = command.link.kind == "pipeline" and command.name in ("curl", "wget")
    return piped and any(_SETUP.search(word.source) for word in command.words[1:])


def _texts(command: Command) -> set[str]:
    return {word.text or "" for word in command.words}


def _always(command: Command, earlier: Sequence[Command]) -> bool:
    """Whether no later RUN comes without the command having run, as far as names tell."""
    link = command.link
    before = link.chain.links[: link.place]
    if not set(link.path) <= {"subshell", "group"} or any(one.operator == "||" for one in (*before, link)):
        return False
    if link.is_final and not any(one.operator == "||" for one in link.chain.links):
        return True
    return not any(one.link in before and one.name in _TESTS for one in earlier)


def is_opaque(command: Command) -> bool:
    """Whether the command carries out something that the file does not show: a script, a recipe."""
    name = command.name
    if name is None:
        return True
    rest = [word.text for word in command.words[1:]]
    if name in (".", "source"):
        return not (command.words[1:] and command.words[1].source.endswith(_SETTINGS))
    if name in _BUILDS:
        return False
    folder = (command.words[0].text or "").rpartition("/")[0]
    if folder and not (folder.startswith("/") and folder.endswith("bin")):
        return True
    if name.endswith((".sh", ".bash")) or name in _RECIPES:
        return True
    if name in _SHELLS:
        given = any(re.fullmatch(r"-[a-z]*c", word or "") for word in rest)
        return not given or any(word is None or APT.mention.search(word) for word in rest)
    if name in ("make", "gmake"):
        return not all(_TARGET.fullmatch(word.source) for word in command.words[1:])
    return any(_ASIDE.search(word or "") for word in rest)
