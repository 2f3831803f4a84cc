r"""The container does not run as root.

## Why

root in a container is root for the kernel too: a hole in the application, or in what it is built on, is then
a hole in the whole container, and often in the host's files that are mounted into it. A service that needs
no root should not have it. The last USER of the last stage decides; without one, the base image does.

## Example

```dockerfile
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["gunicorn", "config.wsgi"]
```

```dockerfile
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --system --create-home app
USER app
CMD ["gunicorn", "config.wsgi"]
```

## Fix safety

Unsafe: what is started can no longer write where root alone may, install anything, or listen on ports below
1024 where the container runtime forbids that (Docker allows it since 20.10). What this file says of that is
in the message. The user goes after the last step that may need root (RUN, COPY, ADD, WORKDIR), and is, in
this order:

1. one that a USER before the `USER root` names, or that the base image starts as (`jenkins`, `1001`);
2. one that a RUN makes;
3. one that the image brings for applications: `node`, distroless' `nonroot`, .NET's `app`, PHP's `www-data`;
4. a new system user `app`, made with `useradd` (Debian, Ubuntu, UBI, Fedora) or busybox's `adduser` (Alpine);
5. a number, in an image from `scratch`, which has no users.

Where the last step is a RUN, the command that makes the user is joined to it as `merge-run` would; where that
cannot be, it is a RUN of its own, which hadolint's DL3059 counts. `merge-run` goes first, where it joins that
RUN with those above it, and so does `cache-order`, where it puts a COPY behind it. USER names the user, as
the images' own documentation does; hadolint's DL3066 would have the number, which Kubernetes needs for
`runAsNonRoot`, but no other file can know that of an image.

## Left alone

Images of which the user is not known, and those that do not start as root. No finding either where root is
given up later, or needed: gosu, su-exec, setpriv and their like, in the file or in a script that the build
context shows; s6, supervisord, systemd and other init systems; servers that give it up by themselves (nginx,
Apache, php-fpm, PostgreSQL, …) and official images of such; sshd, cron, Docker and its clients; agents that
read the host's logs (fluentd, filebeat, …); a file system that ADD unpacks into `scratch`; Windows images.

An image that starts nothing, or only a shell or an interpreter, may be a base for others, whose steps need
root: a finding for information, and only where it copies the build context, exposes a port or ends in
`USER root`. No fix: a start script that cannot be seen, an application in /root, or a tool whose installer
puts it there (nvm, rustup, …), a program that `chmod` lets root alone run, a file that ADD fetches, which
root alone can read, a start that builds (`mvn`, `dotnet run`) or changes files, Rails or a store with data
that nobody is given, a program of the system or from elsewhere, which may have to be root, a system without
a known way to make a user, another SHELL than sh and bash, ONBUILD triggers, which would run as the new
user.

## References

- https://docs.docker.com/build/building/best-practices/#user
- https://docs.docker.com/reference/dockerfile/#user
- https://github.com/hadolint/hadolint/wiki/DL3002
"""

from __future__ import annotations

from dockmend._dockerfile.document import Document, Instruction, Meaning, Stage
from dockmend._dockerfile.state import expand, is_windows, shipping, state_after, state_at
from dockmend._edit import cased, insert_after
from dockmend._hook import INFO, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project import start
from dockmend._project.images import ROOT, Facts, facts
from dockmend._project.reference import base_image
from dockmend._project.root import is_root, plain, wants_root
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._project.start import Start

_STEPS = frozenset({"ADD", "COPY", "RUN", "USER", "WORKDIR"})
_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_FOR_ALL = ("/tmp", "/var/tmp")
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_INTERPRETERS = frozenset(
    {"ghci", "iex", "ipython", "irb", "jshell", "node", "php", "python", "r", "scala", "sbt"}
)
_HOME_OF_ROOT = regex(r"(?<![\w./-])/root(?![\w.-])")


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where it is certain that the last stage starts as root, and keeps it."""
    stages = shipping(doc)
    if not stages or is_windows(doc, stages[-1]):
        return
    stage = stages[-1]
    image = base_image(doc, stage)
    known = facts(image) if image else Facts()
    instructions = [one for current in stages for one in current.instructions]
    users = [one for one in instructions if one.name == "USER"]
    if not (is_root(state_after(doc, stage).user) if users else known.user == ROOT):
        return
    begun = start.read(doc, stage, ctx.build)
    if wants_root(instructions, begun, known):
        return
    own = begun.entrypoint or begun.cmd
    if users:
        message, place = "the last USER is root, so the container runs as root", users[-1]
    else:
        message, place = "no USER: the container runs as root", own or stage.instruction
    severity = None if _starts_something(begun, known) else INFO
    if severity is None or _holds_application(instructions):
        if known.user == ROOT:
            from dockmend._project import shown

            known = shown.system(doc, instructions, image, known)
        fix, reason = _fix(doc, ctx, instructions, stage, begun, known)
        yield Finding(message, place.head, fix, reason, severity)
    elif users:
        reason = "it starts nothing of its own, and may be a base for images whose steps need root"
        yield Finding(message, place.head, None, reason, severity)


def _starts_something(begun: Start, known: Facts) -> bool:
    """Whether there is more to start than a shell or an interpreter to type into."""
    if begun.entrypoint is None and begun.cmd is None:
        return known.port is not None
    typed = [
        run
        for run in begun.runs
        if run.name in _SHELLS or (len(run.words) == 1 and plain(run.name) in _INTERPRETERS)
    ]
    return begun.unseen is not None or len(typed) < len(begun.runs)


def _holds_application(instructions: Sequence[Instruction]) -> bool:
    """Whether a port is exposed, or the whole build context copied."""
    return any(
        one.name == "EXPOSE"
        or (
            one.name in ("ADD", "COPY")
            and not one.flag("from")
            and one.words
            and one.words[0].text in (".", "./", '"."')
        )
        for one in instructions
    )


def _fix(
    doc: Document, ctx: Context, instructions: Sequence[Instruction], stage: Stage, begun: Start, known: Facts
) -> tuple[Fix | None, str]:
    """The user to add, and what it may break; or no fix, and why."""
    from dockmend._project import applications, entrypoint, run_as

    if entrypoint.is_misread(begun.entrypoint, begun.cmd):
        return None, "what it starts is not what it looks like: exec-form goes first"
    if begun.unseen:
        return None, f"what `{begun.unseen}` does as root is not known"
    texts = [one.args.text for one in instructions if one.name != "RUN" and "/root" in one.args.text]
    if any(map(_HOME_OF_ROOT.search, texts)):
        return None, "it has to do with /root, which no other user can read"
    line = run_as.at_home(doc, instructions)
    if line:
        return None, f"line {line} puts files into /root, which no other user can read"
    if any(one.name == "ONBUILD" for one in stage.instructions):
        return None, "the triggers of ONBUILD would run as the new user"
    lines = run_as.lines(doc, instructions, stage, known)
    if isinstance(lines, str):
        return None, lines
    reason = run_as.closed(doc, stage, instructions, begun) or applications.unknown(doc, instructions, begun)
    anchor = _anchor(stage)
    joined = None
    if anchor.name == "RUN" and len(lines) > 1:
        reason = reason or _waits_for(doc, ctx, anchor)
        from dockmend._shell import groups

        joined = groups.behind(doc, stage, anchor, lines[0][1])
    if reason:
        return None, reason
    edits: tuple[Edit, ...] = ()
    meaning = anchor.meaning
    if joined is not None:
        edits, meaning = joined[0], meaning._replace(value=joined[1])
        lines = lines[1:]
    added = insert_after(doc, anchor, [f"{cased(doc, anchor, name)} {text}" for name, text in lines])
    if added is None:
        return None, "the file ends in a line continuation"
    if edits and edits[-1].span == added.span:
        edits, added = edits[:-1], Edit(added.span, edits[-1].text + added.text)
    meanings = tuple(Meaning(name, (), text) for name, text in lines)
    fix = Fix(UNSAFE, (*edits, added), {anchor.index: (meaning, *meanings)})
    return fix, _consequence(doc, instructions, stage, lines[-1][1], _unsaid(doc, stage, begun, known))


def _waits_for(doc: Document, ctx: Context, run: Instruction) -> str:
    """What goes before something is joined to the last RUN, in a clause, or empty."""
    from dockmend._project import order
    from dockmend._shell import groups

    plans = order.plans(doc, ctx.build, ctx.path)
    held = frozenset(plan.last.index for plan in plans if plan.safe)
    for other in groups.partners(doc, held).get(run.index, ()):
        if other is not run:
            return f"merge-run joins it with the RUN of line {other.line} first"
    moved = next((plan.whole for plan in plans if plan.possible and plan.last is run), None)
    return f"cache-order puts the {moved.name} of line {moved.line} behind it first" if moved else ""


def _anchor(stage: Stage) -> Instruction:
    """What the user goes after: the last step, and what settings stand between it and the start."""
    steps = [one.index for one in stage.instructions if one.name in _STEPS]
    last = steps[-1] if steps else stage.instruction.index
    anchor = stage.instruction
    for instruction in stage.instructions:
        if instruction.index > last and instruction.name in _STARTS:
            break
        anchor = instruction
    return anchor


def _unsaid(doc: Document, stage: Stage, begun: Start, known: Facts) -> str:
    """The port where the base image has the application listen, empty where the file tells another."""
    env = state_after(doc, stage).env
    told = any("ASPNETCORE" in name or name == "HTTP_PORTS" for name in env)
    told = told or any(word.startswith("--urls") for run in begun.runs for word in run.words)
    return str(known.dotnet_port) if known.dotnet_port and not told else ""


def _consequence(
    doc: Document, instructions: Sequence[Instruction], stage: Stage, user: str, unsaid: str
) -> str:
    """What the process can no longer do, as far as the file and the port `unsaid` in it tell."""
    volumes = [path for one in instructions if one.name == "VOLUME" for path in _paths(one)]
    places = [f"VOLUME {path}" for path in volumes if path not in _FOR_ALL]
    state = state_after(doc, stage)
    workdir = state.workdir
    if workdir not in (None, "/", *_FOR_ALL):
        places.insert(0, f"WORKDIR {workdir}")
    told = f"`{user}` cannot write where root alone may"
    if places:
        told += f", as to {', '.join(places)} unless it is given them"
    ports = [
        expand(word.text, state_at(doc, one).env) or ""
        for one in instructions
        if one.name == "EXPOSE"
        for word in one.words
    ]
    ports += [state.env.get("PORT") or ""] if state.env.get("PORT") not in ports else []
    ports = ports if any(ports) else [unsaid]
    low = [port for port in ports if port.partition("/")[0].isdigit() and int(port.partition("/")[0]) < 1024]
    if low:
        told += f", nor everywhere listen on port {', '.join(low)}"
    return told


def _paths(volume: Instruction) -> Sequence[str]:
    return volume.json if volume.json is not None else [word.text for word in volume.words]


HOOK = Hook(
    name="non-root-user",
    practice=5,
    summary="The container does not run as root",
    check=check,
    aliases=("DL3002",),
    safety=UNSAFE,
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
