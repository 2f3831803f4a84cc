r"""One process a container.

## Why

Docker watches the one process that it starts: it restarts it, stops it, shows its output and exit status.
What runs beside it can die without a sign, is not told to stop, and can neither be scaled nor updated alone.
Two containers, of one image where that is handy, do all of that, and Compose or an orchestrator starts them.

## Example

```dockerfile
FROM python:3.13-slim
COPY . .
CMD ["sh", "-c", "service nginx start && exec gunicorn config.wsgi"]
```

```dockerfile
FROM python:3.13-slim
COPY . .
CMD ["gunicorn", "config.wsgi"]
```

## Fix safety

None: what becomes a container of its own, and how the two find each other, is for Compose or an orchestrator.

## Left alone

Found are, in CMD and ENTRYPOINT of the last stage and in those of their scripts that the build context shows:
process managers (supervisord, s6, runit, my_init, systemd, honcho, …), `service x start` and
`/etc/init.d/x start` beside another command, a job in the background (`a & b`), and several servers one after
the other. Left alone are workers that a server starts itself, init processes that start one program (tini,
dumb-init), a program of the build context that is called like a process manager (`init`), what stands in a
branch or a function, a job that a script ends again, and a single one that it waits for.

## References

- https://docs.docker.com/engine/containers/multi-service_container/
- https://docs.docker.com/build/building/best-practices/#decouple-applications
"""

from __future__ import annotations

import posixpath

from dockmend._dockerfile.state import is_windows, shipping, state_after
from dockmend._hook import INFO, Context, Finding, Hook
from dockmend._project import servers, start
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._project.start import Run, Script

_MANAGERS = frozenset(
    """
    circusd forego foreman god hivemind honcho monit my_init overmind process-compose runit runit-init
    runsvdir runsvdir-start s6-svscan supervisord svscan systemd
    """.split()  # noqa: SIM905
)
_MANAGER_PATHS = frozenset({"/sbin/init", "/usr/sbin/init"})
_MANAGES = "starts and watches several processes, which the container runtime is there for"
_REASON = "splitting them up takes Compose or an orchestrator, beside this file"
# Servers of which no port matters here.
_SERVERS = frozenset(
    """
    beat cron crond dovecot fail2ban-server haproxy named postfix rsyslogd squid syslogd syslog-ng varnishd
    vsftpd
    """.split()  # noqa: SIM905
)
_BRANCHES = frozenset({"case", "function", "if", "substitution"})
# What is no process of its own to watch: it waits, shows or prepares.
_PASSING = frozenset(
    """
    . : [ [[ bash cat cd chmod chown cp echo export fg mkdir printf read rm set sh sleep source tail tee test
    trap true wait
    """.split()  # noqa: SIM905
)
_ENDING = frozenset(
    {"kill", "killall", "mysqladmin", "pg_ctl", "pkill", "redis-cli", "stop", "wait-for-it.sh"}
)


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where the stage that ships starts more than one process."""
    stages = shipping(doc)
    if not stages or is_windows(doc, stages[-1]):
        return
    stage = stages[-1]
    begun = start.read(doc, stage, ctx.build)
    texts = [one.args.text for current in stages for one in current.instructions]
    overlay = any("s6" in text or "/services.d" in text for text in texts)
    own = {name for current in stages for one in current.instructions for name in _copied(one)}
    managers = (run for run in begun.runs if _is_manager(run, overlay) and run.name not in own)
    message = next((f"`{run.name}` {_MANAGES}" for run in managers), "")
    env = state_after(doc, stage).env
    for script in begun.scripts:
        runs = [run for run in begun.runs if run.script is script and not _in_branch(run)]
        message = message or _daemon(script, runs)
        if not any(run.name in _ENDING for run in runs):
            message = message or _jobs(script, runs) or _several(script, runs, env)
    place = begun.entrypoint or begun.cmd
    if message and place is not None:
        yield Finding(message, place.head, reason=_REASON)


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each service that a Compose file makes start more than one process."""
    from dockmend._dockerfile.array import spelled
    from dockmend._dockerfile.parser import parse
    from dockmend._project.compose_start import argv

    for service in doc.services:
        given = [name for name in ("entrypoint", "command") if name in service.fields]
        nodes = [service.fields[name].value for name in given]
        lines = (
            f"{'CMD' if name == 'command' else 'ENTRYPOINT'} [{spelled(argv(node).words)}]"
            for name, node in zip(given, nodes)
        )
        for finding in check(parse("\n".join(("FROM scratch", *lines))), ctx):
            message = f"the service {service.name}: {finding.message}"
            yield finding._replace(message=message, span=nodes[-1].resolved.span)


def _copied(one: Instruction) -> Iterator[str]:
    """The names of what an ADD or COPY brings from the build context: its own `init` may be anything."""
    if one.name in ("ADD", "COPY") and not one.flag("from"):
        for path in (one.json or [word.text for word in one.words])[:-1]:
            yield posixpath.basename(path)


def _is_manager(run: Run, overlay: bool) -> bool:
    """Whether it is a process manager; `overlay` where `/init` is that of s6-overlay."""
    path = run.words[0]
    return run.name in _MANAGERS or path in _MANAGER_PATHS or (overlay and path == "/init")


def _in_branch(run: Run) -> bool:
    return run.command is not None and not _BRANCHES.isdisjoint(run.command.link.path)


def _daemon(script: Script, runs: list[Run]) -> str:
    """`service x start` and its like beside another command."""
    for run in runs:
        by_service = run.name in ("service", "rc-service") and "start" in run.words[2:]
        if len(runs) > 1 and (by_service or ("/init.d/" in run.words[0] and "start" in run.words[1:])):
            return f"{script.name} leaves behind what `{' '.join(run.words)}` starts, and nothing watches it"
    return ""


def _jobs(script: Script, runs: list[Run]) -> str:
    """Jobs in the background beside another process."""
    jobs = [run for run in runs if _is_job(run) and run.name not in _PASSING]
    if not jobs:
        return ""
    last = runs[-1]
    beside = [] if _is_job(last) or last.name in _PASSING else [last]
    if len(jobs) + len(beside) < 2:
        return ""
    names = dict.fromkeys(f"`{run.name}`" for run in (*jobs, *beside))
    return f"{script.name} starts processes in the background, and nothing watches them: {', '.join(names)}"


def _is_job(run: Run) -> bool:
    return run.command is not None and run.command.link.top.chain.after == "&"


def _several(script: Script, runs: list[Run], env: Mapping[str, str | None]) -> str:
    """Several servers one after the other."""
    found = (run for run in runs if run.name in _SERVERS or servers.find(run, env) is not None)
    names = dict.fromkeys(f"`{run.name}`" for run in found)
    return f"{script.name} starts several servers: {', '.join(names)}" if len(names) > 1 else ""


HOOK = Hook(
    name="single-process",
    practice=8,
    summary="One process a container",
    check=check,
    severity=INFO,
    safety=None,
    keywords=frozenset({"CMD", "ENTRYPOINT"}),
    compose=compose,
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
