"""Memory and CPU limits for the services of Compose files.

## Why

Without limits a container may take all memory and all processors of its host: one leak, or one busy loop, and
everything else on the machine suffers with it, the database next door first.

## Example

```yaml
services:
  web:
    image: ghcr.io/example/web:1.4
    ports:
      - "8000:8000"
```

```yaml
services:
  web:
    image: ghcr.io/example/web:1.4
    ports:
      - "8000:8000"
    deploy:
      resources:
        limits:
          cpus: "1.0"
          memory: 512M
```

## Fix safety

Unsafe: a container that takes more memory than its limit is killed, and one that wants more processors gets
slower. The values are those of the configuration: measure what your services take, and set them.

Limits go beside those that a service has already. Where there are none they become `deploy.resources.limits`,
or `mem_limit` and `cpus` in a file of version 2. What services share by an anchor gets them once, for all.
`docker-compose` 1 heeds `deploy` only with `--compatibility`.

`docker run` in shell scripts, Makefiles and CI files is reported, and never changed.

## Left alone

Services that have limits in another Compose file of the folder, or from what they extend. No fix, but a
report: what is written elsewhere for other services too, files of version 1.

## Options

- `memory`, `cpus`: the limits to write, `512M` and `1.0` where nothing is said.
- `memory-of`, `cpus-of`: tables of limits by service, as in `{ db = "2G" }`.

## References

- https://docs.docker.com/reference/compose-file/deploy/#resources
- https://docs.docker.com/engine/containers/resource_constraints/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dockmend._compose.edit import put
from dockmend._hook import INFO, UNSAFE, Context, Finding, Fix, Hook, nothing
from dockmend._project.limits import CPUS, MEMORY, Lack, lacking
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._compose.document import ComposeFile
    from dockmend._project.scripts import ScriptFile

_CALLED = {MEMORY: "memory", CPUS: "CPU"}
# https://docs.docker.com/reference/compose-file/extension/#specifying-byte-values
_SHAPES = {
    MEMORY: regex(r"[0-9]+(?:\.[0-9]+)?[bkmgBKMG][bB]?"),
    CPUS: regex(r"[0-9]+(?:\.[0-9]+)?"),
}
# https://docs.docker.com/reference/cli/docker/container/run/
_OPTIONS = {
    MEMORY: regex(r"--memory(?:=|\Z)|-m"),
    CPUS: regex(r"--(?:cpus|cpu-quota|cpuset-cpus|cpu-rt-runtime)(?:=|\Z)"),
}
# Words that may be options: "${OPTIONS[@]}", $ARGS, $(FLAGS).
_UNSEEN = regex(r"(?i)\"?\$[\w{(]*(?:arg|flag|opt|param|limit|extra)|\"?\$\{\w+\[@\]\}|\"?\$[@*]")
_ADVICE = "--memory 512m --cpus 1"
_EFFECTS = {
    MEMORY: "what takes more than {} of memory is killed",
    CPUS: "what wants more than {} CPUs gets slower",
}


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each service without limits, what services share with the first of them."""
    given: dict[int, str] = {}
    for lack in lacking(doc, ctx.build, ctx.path):
        name = lack.service.name
        called = " and ".join(_CALLED[what] for what, _ in lack.missing)
        message = f"the service {name} has no {called} limit: it may take all that the host has"
        fix: Fix | None = None
        reason = lack.reason
        if not reason and id(lack.home) in given:
            reason = f"what is written for {given[id(lack.home)]} is for it too"
        elif not reason:
            fix, reason = _fix(doc, lack, ctx.options)
            given[id(lack.home)] = name
        yield Finding(message, lack.service.key.span, fix, reason)


def script(doc: ScriptFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each `docker run` of a script, Makefile or CI file that sets no limits."""
    del ctx
    for run in doc.runs():
        missing = [what for what, options in _OPTIONS.items() if not any(map(options.match, run.words))]
        if missing and not any(map(_UNSEEN.match, run.words)):
            called = " and ".join(_CALLED[what] for what in missing)
            message = f"the container is started without a {called} limit: it may take all that the host has"
            yield Finding(message, run.span, reason=f"`{_ADVICE}` set them, to what it needs")


def _fix(doc: ComposeFile, lack: Lack, options: Mapping[str, object]) -> tuple[Fix | None, str]:
    limits = {what: _limit(what, lack, options) for what, _ in lack.missing}
    wrong = next((what for what, limit in limits.items() if not _SHAPES[what].fullmatch(limit)), None)
    if wrong is not None:
        return None, f"`{limits[wrong]}`, from the configuration, is no {_CALLED[wrong]} limit"
    values = {name: _value(limits[what], short=not lack.keys) for what, name in sorted(lack.missing)}
    found = put(doc, lack.home, lack.keys, values)
    if isinstance(found, str):
        return None, found
    reason = ", and ".join(_EFFECTS[what].format(limit) for what, limit in limits.items())
    others = [name for name in lack.heirs if name != lack.service.name]
    if others:
        reason += f"; this holds for {', '.join(others)} too"
    return Fix(UNSAFE, (found.edit,), found.becomes), reason


def _value(limit: str, *, short: bool) -> str | float:
    """The limit as it is written: among the settings of a service processors are a number."""
    return float(limit) if short and _SHAPES[CPUS].fullmatch(limit) else limit


def _limit(what: str, lack: Lack, options: Mapping[str, object]) -> str:
    by_service = options[f"{what}-of"]
    assert isinstance(by_service, Mapping)
    return str(by_service.get(lack.service.name, options[what]))


HOOK = Hook(
    name="compose-limits",
    practice=17,
    summary="Memory and CPU limits for the services of Compose files",
    check=nothing,
    severity=INFO,
    safety=UNSAFE,
    options={"memory": "512M", "cpus": "1.0", "memory-of": {}, "cpus-of": {}},
    compose=compose,
    script=script,
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
