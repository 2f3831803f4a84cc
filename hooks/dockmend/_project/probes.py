"""Commands that ask a server on this machine whether it is there, with the tools that an image has."""

from __future__ import annotations

import posixpath

from dockmend._project.images import ALPINE, HTTP, PAGE, TCP, Facts
from dockmend._shell.code import code_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._project.start import Start

_PYTHON_HTTP = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}); "
    "c.request('GET', '/'); exit(c.getresponse().status >= 500)"
)
_PYTHON_TCP = "import socket; socket.create_connection(('127.0.0.1', {port})).close()"
# Node before 4 knows no arrow functions.
_NODE_FAILED = ".on('error', function () { process.exit(1) })"
_NODE_HTTP = (
    "require('http').get('http://127.0.0.1:{port}/', "
    "function (r) { process.exit(r.statusCode < 500 ? 0 : 1) })" + _NODE_FAILED
)
_NODE_TCP = "require('net').connect({port}, '127.0.0.1', function () { process.exit(0) })" + _NODE_FAILED
_OWN = "own"
_URL = "http://127.0.0.1:{port}/"
# Tool, protocol and command, the best first. An interpreter before curl: it is what the image is there for.
_PROBES = (
    ("redis-cli", _OWN, ("redis-cli", "ping")),
    # Its exit status is 0 where the server only denies access.
    ("mysqladmin", _OWN, ("mysqladmin", "--host=127.0.0.1", "ping")),
    ("pg_isready", _OWN, ("pg_isready", "--host", "127.0.0.1", "--username", "postgres")),
    ("python", HTTP, ("python", "-c", _PYTHON_HTTP)),
    ("python3", HTTP, ("python3", "-c", _PYTHON_HTTP)),
    ("python", TCP, ("python", "-c", _PYTHON_TCP)),
    ("python3", TCP, ("python3", "-c", _PYTHON_TCP)),
    ("node", HTTP, ("node", "-e", _NODE_HTTP)),
    ("node", TCP, ("node", "-e", _NODE_TCP)),
    ("curl", PAGE, ("curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", _URL)),
    ("wget", PAGE, ("wget", "-q", "-O", "/dev/null", _URL)),
    ("ruby", TCP, ("ruby", "-rsocket", "-e", "TCPSocket.new('127.0.0.1', {port}).close")),
    ("php", TCP, ("php", "-r", "exit(@fsockopen('127.0.0.1', {port}) ? 0 : 1);")),
    ("nc", TCP, ("nc", "-z", "127.0.0.1", "{port}")),
    ("bash", TCP, ("bash", "-c", ": < /dev/tcp/127.0.0.1/{port}")),
)
_INTERPRETERS = frozenset({"python", "python3", "node", "ruby", "php"})
# Programs that are written in one of these, and find it on the PATH.
_WRITTEN_IN = {
    **dict.fromkeys(("npm", "npx", "yarn", "pnpm"), "node"),
    **dict.fromkeys(("bundle", "rails", "rake", "puma", "unicorn", "rackup", "thin"), "ruby"),
}
OWN_TOOLS = frozenset(tool for tool, asks, _ in _PROBES if asks == _OWN)
_MANAGERS = frozenset({"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "tdnf", "yum", "zypper"})
_INSTALL = frozenset({"add", "install"})
_REMOVE = frozenset({"del", "erase", "purge", "remove"})
_PACKAGES = {
    "curl": "curl", "netcat": "nc", "netcat-openbsd": "nc", "nodejs": "node", "python": "python",
    "python3": "python3", "python3-pip": "python3", "python3-venv": "python3", "ruby": "ruby", "wget": "wget",
}  # fmt: skip


def probe(
    port: int, protocol: str, own: bool, there: Mapping[str, str], more: Iterable[str], proxied: bool
) -> tuple[str, ...] | None:
    """The command that asks at `port` with what the image has, exit status 0 where it is well; None for none.

    `there` are the tools that are the image's own or that the container starts, each as it is to be called,
    and `more` those that a RUN installs, on the PATH. `own` says that the image itself serves there,
    `proxied` that its variables name a proxy.
    """
    tools = {**dict.fromkeys(more), **there}
    # Python 2 has no http.client.
    asks = [one for one in _PROBES if one[0] in tools and (one[2][-1] != _PYTHON_HTTP or "python3" in tools)]
    # What keeps wget from the proxy differs between GNU's and busybox's.
    asks = [one for one in asks if one[0] != "wget"] if proxied else asks
    for kind in [_OWN] * own + [HTTP] * (protocol != TCP) + [PAGE] * (protocol == PAGE) + [TCP]:
        able = [(tool, command) for tool, what, command in asks if what == kind]
        # Python may be there to build with alone, where the program itself is one of Node's.
        able.sort(key=lambda one: one[0] not in _INTERPRETERS.intersection(there))
        for tool, (_, *words) in able:
            around = ("--noproxy", "127.0.0.1") if proxied and tool == "curl" else ()
            return (tools[tool] or tool, *around, *(word.replace("{port}", str(port)) for word in words))
    return None


def started(begun: Start) -> dict[str, str]:
    """The interpreters that the container starts, which so are in the image, each as it is called."""
    argvs = [one.json for one in (begun.entrypoint, begun.cmd) if one is not None and one.json]
    argvs += [
        run.words
        for run in begun.runs
        if run.command is None or (run.script is not None and len(run.script.program.commands) == 1)
    ]
    found: dict[str, str] = {}
    for program in (argv[0] for argv in argvs):
        name = posixpath.basename(program)
        if name in _INTERPRETERS and "$" not in program:
            found[name] = program
        elif name in _WRITTEN_IN:
            found.setdefault(_WRITTEN_IN[name], _WRITTEN_IN[name])
    return found


def installed(doc: Document, instructions: Iterable[Instruction], known: Facts) -> frozenset[str]:
    """The tools among the packages that RUNs among `instructions` install, and none of them removes."""
    gone: set[str] = set()
    # Alpine's packages by the name that they are removed by, all of them.
    named: dict[str, list[str]] = {}
    for instruction in (one for one in instructions if one.name == "RUN"):
        for command in code_of(doc, instruction).program.commands:
            if command.name in _MANAGERS:
                texts = [(word.text or "").partition("=")[0] for word in command.words[1:]]
                if not _REMOVE.isdisjoint(texts):
                    gone.update(texts)
                elif not _INSTALL.isdisjoint(texts):
                    named.setdefault(_virtual([word.text or "" for word in command.words]), []).extend(texts)
    there = {text for name, texts in named.items() if name not in gone for text in texts}
    found = {tool for package, tool in _PACKAGES.items() if package in there - gone}
    # Debian's nodejs has not always had a command of this name.
    return frozenset(found - ({"node"} if known.family != ALPINE else set()))


def _virtual(texts: list[str]) -> str:
    """The name that `apk add` gives what it installs, empty for none."""
    for place, text in enumerate(texts):
        if text in ("--virtual", "-t"):
            return texts[place + 1] if place + 1 < len(texts) else ""
        if text.startswith("--virtual="):
            return text.partition("=")[2]
    return ""
