"""Commands that ask a server on this machine whether it is there, with the tools that an image has."""

from __future__ import annotations

from collections.abc import Iterable

from dockmend._dockerfile.document import Document, Instruction
from dockmend._project.images import ALPINE, HTTP, TCP, Facts
from dockmend._shell.code import Code

_PYTHON_HTTP = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}); "
    "c.request('GET', '/'); exit(c.getresponse().status >= 500)"
)
_PYTHON_TCP = "import socket; socket.create_connection(('127.0.0.1', {port})).close()"
_NODE_HTTP = (
    "require('http').get('http://127.0.0.1:{port}/', r => process.exit(r.statusCode < 500 ? 0 : 1))"
    ".on('error', () => process.exit(1))"
)
_NODE_TCP = (
    "require('net').connect({port}, '127.0.0.1', () => process.exit(0)).on('error', () => process.exit(1))"
)
_OWN = "own"
_URL = "http://127.0.0.1:{port}/"
# Tool, protocol and command, the best first. An interpreter before curl: it is what the image is there for.
_PROBES = (
    ("redis-cli", _OWN, ("redis-cli", "ping")),
    ("pg_isready", _OWN, ("pg_isready", "--host", "127.0.0.1", "--username", "postgres")),
    ("python", HTTP, ("python", "-c", _PYTHON_HTTP)),
    ("python3", HTTP, ("python3", "-c", _PYTHON_HTTP)),
    ("python", TCP, ("python", "-c", _PYTHON_TCP)),
    ("python3", TCP, ("python3", "-c", _PYTHON_TCP)),
    ("node", HTTP, ("node", "-e", _NODE_HTTP)),
    ("node", TCP, ("node", "-e", _NODE_TCP)),
    ("curl", HTTP, ("curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", _URL)),
    ("wget", HTTP, ("wget", "-q", "-O", "/dev/null", _URL)),
    ("ruby", TCP, ("ruby", "-rsocket", "-e", "TCPSocket.new('127.0.0.1', {port}).close")),
    ("php", TCP, ("php", "-r", "exit(@fsockopen('127.0.0.1', {port}) ? 0 : 1);")),
    ("nc", TCP, ("nc", "-z", "127.0.0.1", "{port}")),
    ("bash", TCP, ("bash", "-c", ": < /dev/tcp/127.0.0.1/{port}")),
)
OWN_TOOLS = frozenset(tool for tool, asks, _ in _PROBES if asks == _OWN)
_MANAGERS = frozenset({"apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "tdnf", "yum", "zypper"})
_INSTALL = frozenset({"add", "install"})
_REMOVE = frozenset({"del", "erase", "purge", "remove"})
_PACKAGES = {
    "curl": "curl", "netcat": "nc", "netcat-openbsd": "nc", "nodejs": "node", "python": "python",
    "python3": "python3", "python3-pip": "python3", "python3-venv": "python3", "ruby": "ruby", "wget": "wget",
}  # fmt: skip


def probe(port: int, protocol: str, tools: frozenset[str], own: bool) -> tuple[str, ...] | None:
    """The command that asks at `port` with what the image has, exit status 0 where it is well; None for none.

    `own` says that the image itself serves there.
    """
    kinds = [_OWN] * own + [HTTP] * (protocol == HTTP) + [TCP]
    for kind in kinds:
        for tool, asks, command in _PROBES:
            # Python 2 has no http.client.
            if asks == kind and tool in tools and (command[-1] != _PYTHON_HTTP or "python3" in tools):
                return tuple(word.replace("{port}", str(port)) for word in command)
    return None


def installed(doc: Document, instructions: Iterable[Instruction], known: Facts) -> frozenset[str]:
    """The tools among the packages that RUNs among `instructions` install, and none of them removes."""
    there: set[str] = set()
    gone: set[str] = set()
    for instruction in (one for one in instructions if one.name == "RUN"):
        for command in Code(doc, instruction).program.commands:
            if command.name in _MANAGERS:
                texts = [(word.text or "").partition("=")[0] for word in command.words[1:]]
                if not _REMOVE.isdisjoint(texts):
                    gone.update(texts)
                elif not _INSTALL.isdisjoint(texts) and "--virtual" not in texts and "-t" not in texts:
                    there.update(texts)
    found = {tool for package, tool in _PACKAGES.items() if package in there - gone}
    # Debian's nodejs has not always had a command of this name.
    return frozenset(found - ({"node"} if known.family != ALPINE else set()))
