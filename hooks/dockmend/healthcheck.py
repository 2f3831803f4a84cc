r"""HEALTHCHECK, fitting the image's own tools.

## Why

A container whose process lives counts as running, even where the server in it has stopped to answer. With a
HEALTHCHECK, Docker asks it from inside: `docker ps` shows whether it is healthy, Compose's `depends_on` can
wait for it, and Swarm replaces it when it is not. (Kubernetes has probes of its own and looks at none of this.)

A service is a server that the container is known to start (gunicorn, uvicorn, flask, django, node, nginx, …)
or a port that EXPOSE names.

## Example

```dockerfile
FROM python:3.13-slim
WORKDIR /app
COPY . .
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi"]
```

```dockerfile
FROM python:3.13-slim
WORKDIR /app
COPY . .
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000); c.request('GET', '/'); exit(c.getresponse().status >= 500)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi"]
```

## Fix safety

Unsafe: a container that was only running may now count as unhealthy, and what waits for it or restarts it
acts on that. The port is the one that the command, a variable or EXPOSE tells. What asks is in the image for
certain:

- Python, in images of python, and Node in those of node, or where the container starts it: an HTTP server is
  healthy when `/` gets any answer below 500, so that 404, a redirect, or Django's 400 for an unknown host do
  no harm. urllib's `urlopen` would fail on these, and go through `http_proxy`; `http.client`, on which it is
  built, does neither.
- curl, where this file installs it or the image has it, and busybox's or GNU wget, for servers of pages such as
  nginx and Apache: `/` must answer below 400, so where there is nothing it needs another path.
- Elsewhere, for an application that may have nothing at `/`, and for a server not known to speak HTTP: that it
  takes a connection, which Python, Node, Ruby, PHP, busybox's nc and bash can tell.

Where the image's name does not tell, a RUN's apk, apt-get, dnf or yum tells its system, and so that nc or bash
is there; with neither, an interpreter that a RUN runs.

An interpreter goes before curl, so that `slim-base` and this hook settle alike in either order. Placed after
the USER of `non-root-user`, whichever of the two comes first.

## Left alone

An image with any HEALTHCHECK, `NONE` included, or with one that a Compose file gives its service; Windows
images. No fix, but a report: where the port cannot be told, nothing in the image is known to be able to ask
(scratch, distroless, an unknown base image of which no RUN tells more), cron or certbot is what runs, a port
for UDP alone, as statsd's is by its number, a stage with more than one CMD or ENTRYPOINT (`entrypoint-cmd`
clears that up), or an image that starts nothing of its own.

## References

- https://docs.docker.com/reference/dockerfile/#healthcheck
- https://github.com/hadolint/hadolint/wiki/DL3057
- https://github.com/hadolint/hadolint/wiki/DL3012
"""  # noqa: E501

from __future__ import annotations

from dockmend._dockerfile.document import Document, Meaning, Stage
from dockmend._dockerfile.state import expand, is_windows, shipping, state_after, state_at
from dockmend._edit import cased, insert_after
from dockmend._hook import INFO, UNSAFE, Context, Finding, Fix, Hook
from dockmend._project import entrypoint, servers, start
from dockmend._project.images import PAGE, TCP, Facts, facts
from dockmend._project.reference import Image, base_image
from dockmend._project.servers import Server
from dockmend._shell.words import SHELLS
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._project.start import Run, Start

_FLAGS = ("--interval=30s", "--timeout=5s", "--start-period=30s")
_STARTS = ("CMD", "ENTRYPOINT")
_HTTP_PORT, _WEB_PORTS = 80, {80, 443}
_SECURE_PORTS = (443, 8443)
# More than one port, or of more than one protocol, may be in these.
_DOTNET_PORTS = frozenset({"ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS"})
# Of protocols that are spoken over UDP, where EXPOSE does not say over what:
# https://www.iana.org/assignments/service-names-port-numbers, and statsd.
_UDP_PORTS = frozenset({67, 68, 69, 123, 161, 162, 514, 1812, 1813, 2055, 4739, 6343, 8125, 51820})
# Of curl and wget: https://curl.se/docs/manpage.html#ENVIRONMENT
_PROXIES = frozenset({"http_proxy", "all_proxy", "ALL_PROXY"})
# The second half listens while a challenge is answered, and no longer.
_IDLE = ("cron", "crond", "supercronic", "acme.sh", "certbot", "certbot-auto", "lego")
_INTERACTIVE = ("-l", "--login", "-i", "-il", "-li")


class _Service(NamedTuple):
    """What is to be asked: `server` is the one that is known to start, None where EXPOSE alone tells of one.

    `reason` says why it cannot be, and is empty where it can.
    """

    server: Server | None
    port: int | None
    protocol: str
    reason: str


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where the last stage starts a service, and no HEALTHCHECK is in force."""
    stages = shipping(doc)
    instructions = [one for stage in stages for one in stage.instructions]
    if not stages or is_windows(doc, stages[-1]) or any(one.name == "HEALTHCHECK" for one in instructions):
        return
    stage = stages[-1]
    image = base_image(doc, stage)
    known = facts(image) if image else Facts()
    begun = start.read(doc, stage, ctx.build)
    service = _service(doc, stage, known, begun)
    if service is None or any(one.healthcheck for one in ctx.build.services):
        return
    last = stage.instructions[-1] if stage.instructions else stage.instruction
    place = next((one for one in reversed(instructions) if one.name in (*_STARTS, "EXPOSE")), last).head
    what = service.server.name if service.server else "service"
    where = f" on port {service.port}" if service.port else ""
    message = f"no HEALTHCHECK: nothing tells whether the {what}{where} still answers"
    fix: Fix | None = None
    reason = service.reason
    starts = begun.entrypoint or begun.cmd or service.server
    if starts is None and image is not None and known.family is not None and "onbuild" not in image.words:
        reason = reason or "what is started is not said here, but by another file or when it runs"
    if entrypoint.is_misread(begun.entrypoint, begun.cmd):
        reason = "what it starts is not what it looks like: exec-form goes first"
    if not reason:
        fix, reason = _fix(doc, stage, service, image, known, begun)
    yield Finding(message, place, fix, reason, code="DL3057")


def _service(doc: Document, stage: Stage, known: Facts, begun: Start) -> _Service | None:
    """The service of `stage`; None where neither what it starts nor EXPOSE tells of one."""
    env = state_after(doc, stage).env
    found = [server for run in begun.runs if (server := servers.find(run, env)) is not None]
    server = next((one for one in found if one.protocol != TCP), found[0] if found else None)
    argument = begun.cmd.json[0] if begun.cmd and begun.cmd.json else ""
    if (
        server is None
        and begun.entrypoint is None
        and (begun.cmd is None or argument.startswith("-"))
        and known.port
    ):
        server = Server("server of the base image", known.protocol, known.port, False)
    if server is None and begun.runs and all(_waits(run) for run in begun.runs):
        return None
    if server is not None and server.name == "dotnet" and not server.told and known.dotnet_port:
        server = server._replace(port=None if _DOTNET_PORTS & env.keys() else known.dotnet_port)
    exposed, udp = _exposed(doc, stage)
    if server is None and not exposed:
        return _Service(None, None, TCP, "a connection tells nothing of a port for UDP") if udp else None
    if server is not None and server.port is None and not exposed and server.name in ("node", "dotnet"):
        return None
    port = _port(server, exposed)
    if server is None and begun.runs and begun.runs[-1].name in _IDLE:
        return _Service(None, port, TCP, f"what it runs is {begun.runs[-1].name}, which is no server")
    protocol = server.protocol if server is not None and port not in _SECURE_PORTS else TCP
    return _Service(server, port, protocol, "" if port else "on which port it answers cannot be told")


def _waits(run: Run) -> bool:
    """Whether it is a shell for somebody to type into."""
    return run.name in SHELLS and all(word in _INTERACTIVE for word in run.words[1:])


def _port(server: Server | None, exposed: list[int | None]) -> int | None:
    """The port to ask: the one that the command tells, the server's own, or the only one of EXPOSE."""
    if server is not None and (server.told or server.port in exposed or not exposed):
        return server.port
    return exposed[0] if len(exposed) == 1 else _HTTP_PORT if set(exposed) == _WEB_PORTS else None


def _exposed(doc: Document, stage: Stage) -> tuple[list[int | None], bool]:
    """The TCP ports of EXPOSE, None for what is not one plain port, and whether there is one for UDP."""
    tcp: dict[int | None, None] = {}
    udp = False
    for current in (one for one in shipping(doc) if one.index <= stage.index):
        for instruction in current.instructions:
            if instruction.name == "EXPOSE":
                env = state_at(doc, instruction).env
                for word in instruction.words:
                    port, _, protocol = (expand(word.text, env) or "").partition("/")
                    number = servers.port_of(port, {}) if port.isdigit() else None
                    if protocol.lower() == "udp" or (not protocol and number in _UDP_PORTS):
                        udp = True
                    else:
                        tcp[number] = None
    return list(tcp), udp


def _fix(
    doc: Document, stage: Stage, service: _Service, image: Image | None, known: Facts, begun: Start
) -> tuple[Fix | None, str]:
    """The HEALTHCHECK to add, and what it changes; or no fix, and why."""
    names = [one.name for one in stage.instructions]
    if any(names.count(name) > 1 for name in _STARTS):
        return None, "the stage has more than one CMD or ENTRYPOINT"
    instructions = [one for current in shipping(doc) for one in current.instructions]
    from dockmend._dockerfile import array
    from dockmend._project import probes, shown

    known = shown.system(doc, instructions, image, known)
    there = {**{tool: tool for tool in known.tools}, **probes.started(begun)}
    more = probes.installed(doc, instructions, known)
    own, proxied = service.port == known.port, not _PROXIES.isdisjoint(state_after(doc, stage).env)
    command = probes.probe(service.port or 0, service.protocol, own, there, more, proxied)
    if command is None:
        more = more | shown.interpreters(doc, instructions)
        command = probes.probe(service.port or 0, service.protocol, own, there, more, proxied)
    if command is None:
        return None, "nothing in the image is known to be able to ask it"
    body = [one for one in stage.instructions if one.name not in _STARTS]
    anchor = body[-1] if body else stage.instruction
    keyword = cased(doc, anchor, "HEALTHCHECK")
    lines = (f"{keyword} {' '.join(_FLAGS)} {doc.escape}", f"    CMD [{array.spelled(command)}]")
    edit = insert_after(doc, anchor, lines)
    if edit is None:
        return None, "the file ends in a line continuation"
    meaning = Meaning("HEALTHCHECK", _FLAGS, ("CMD", *command))
    return Fix(UNSAFE, (edit,), {anchor.index: (anchor.meaning, meaning)}), _consequence(service, command)


def _consequence(service: _Service, command: tuple[str, ...]) -> str:
    """What the fix changes, for its message."""
    from dockmend._project import probes

    if command[0] in probes.OWN_TOOLS:
        return f"it is unhealthy where `{' '.join(command)}` fails"
    if service.protocol == PAGE and command[0] in ("curl", "wget"):
        return f"it is unhealthy where http://127.0.0.1:{service.port}/ answers 400 or above, or nothing"
    if "status" in command[-1]:
        return f"it is unhealthy where http://127.0.0.1:{service.port}/ answers 500 or above, or nothing"
    return f"it is unhealthy where nothing takes a connection on port {service.port}"


HOOK = Hook(
    name="healthcheck",
    practice=11,
    summary="HEALTHCHECK, fitting the image's own tools",
    check=check,
    aliases=("DL3057", "DL3012"),
    severity=INFO,
    safety=UNSAFE,
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
