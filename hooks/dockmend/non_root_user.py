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

A new user is a RUN of its own: where the last step is one too, hadolint's DL3059 counts it until `merge-run`
has joined them. USER names the user, as the images' own documentation does; hadolint's DL3066 would have the
number, which Kubernetes needs for `runAsNonRoot`, but no other file can know that of an image.

## Left alone

Images of which the user is not known, and those that do not start as root. No finding either where root is
given up later, or needed: gosu, su-exec, setpriv and their like, in the file or in a script that the build
context shows; s6, supervisord, systemd and other init systems; servers that give it up by themselves (nginx,
Apache, php-fpm, PostgreSQL, …) and official images of such; sshd, cron, Docker itself; a file system that ADD
unpacks into `scratch`; Windows images.

An image that starts nothing, or only a shell or an interpreter, may be a base for others, whose steps need
root: a finding for information, and only where it copies the build context, exposes a port or ends in
`USER root`. No fix: a start script that cannot be seen, an application in /root, a system without a known way
to make a user, another SHELL than sh and bash, ONBUILD triggers, which would run as the new user.

## References

- https://docs.docker.com/build/building/best-practices/#user
- https://docs.docker.com/reference/dockerfile/#user
- https://github.com/hadolint/hadolint/wiki/DL3002
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dockmend._dockerfile.document import Document, Instruction, Meaning, Stage
from dockmend._dockerfile.state import expand, is_windows, shipping, state_after, state_at
from dockmend._edit import cased, insert_after
from dockmend._hook import INFO, UNSAFE, Context, Finding, Fix, Hook
from dockmend._project import start
from dockmend._project.images import ALPINE, BUSYBOX, ROOT, SCRATCH, Facts, facts
from dockmend._project.reference import base_image
from dockmend._project.root import plain, wants_root
from dockmend._project.start import Start
from dockmend._shell import words
from dockmend._shell.code import Code

_STEPS = frozenset({"ADD", "COPY", "RUN", "USER", "WORKDIR"})
_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_NEW = "app"
# https://github.com/GoogleContainerTools/distroless/blob/main/common/variables.bzl
_NONROOT = "65532:65532"
_FOR_ALL = ("/tmp", "/var/tmp")
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_INTERPRETERS = frozenset(
    {"ghci", "iex", "ipython", "irb", "jshell", "node", "php", "python", "r", "scala", "sbt"}
)
_MAKERS = frozenset({"adduser", "useradd"})
_GROUP_MAKERS = frozenset({"addgroup", "groupadd", "newusers"})
_HOME_OF_ROOT = re.compile(r"(?<![\w./-])/root(?![\w.-])")
_NAME = re.compile(r"[a-z_][a-z0-9_-]*")


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
    if not (_is_root(state_after(doc, stage).user) if users else known.user == ROOT):
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
        fix, reason = _fix(doc, instructions, stage, begun, known)
        yield Finding(message, place.head, fix, reason, severity)
    elif users:
        reason = "it starts nothing of its own, and may be a base for images whose steps need root"
        yield Finding(message, place.head, None, reason, severity)


def _is_root(user: str | None) -> bool:
    return user is not None and user.partition(":")[0] in ("root", "0")


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
    doc: Document, instructions: Sequence[Instruction], stage: Stage, begun: Start, known: Facts
) -> tuple[Fix | None, str]:
    """The user to add, and what it may break; or no fix, and why."""
    if begun.unseen:
        return None, f"what `{begun.unseen}` does as root is not known"
    if any(_HOME_OF_ROOT.search(one.args.text) for one in instructions if one.name != "RUN"):
        return None, "it has to do with /root, which no other user can read"
    if any(one.name == "ONBUILD" for one in stage.instructions):
        return None, "the triggers of ONBUILD would run as the new user"
    lines = _lines(doc, instructions, stage, known)
    if isinstance(lines, str):
        return None, lines
    anchor = _anchor(stage)
    edit = insert_after(doc, anchor, [f"{cased(doc, anchor, name)} {text}" for name, text in lines])
    if edit is None:
        return None, "the file ends in a line continuation"
    meanings = tuple(Meaning(name, (), text) for name, text in lines)
    fix = Fix(UNSAFE, (edit,), {anchor.index: (anchor.meaning, *meanings)})
    return fix, _consequence(doc, instructions, stage, lines[-1][1])


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


def _lines(
    doc: Document, instructions: Sequence[Instruction], stage: Stage, known: Facts
) -> list[tuple[str, str]] | str:
    """The instructions to add, as keyword and arguments, USER the last; or why there are none."""
    named = [expand(one.args.text, state_at(doc, one).env) for one in instructions if one.name == "USER"]
    before = [user for user in named if user and not _is_root(user)]
    if before or (known.user and known.user != ROOT):
        return [("USER", before[-1] if before else str(known.user))]
    made = _made(doc, instructions)
    if made is None:
        return "a RUN changes users or groups in a way that is not understood"
    if len(made) > 1:
        return f"which of the users that are made is meant cannot be told: {', '.join(made)}"
    if made or known.brings:
        return [("USER", made[0] if made else str(known.brings))]
    if known.family == SCRATCH:
        return [("USER", _NONROOT)]
    if words.is_plain(state_after(doc, stage).shell) is None:
        return "SHELL is another than sh or bash"
    if "useradd" in known.tools:
        return [("RUN", f"useradd --system --create-home {_NEW}"), ("USER", _NEW)]
    if known.family in (ALPINE, BUSYBOX):
        return [("RUN", f"addgroup -S {_NEW} && adduser -S -G {_NEW} {_NEW}"), ("USER", _NEW)]
    return "how to make a user in this base image is not known"


def _made(doc: Document, instructions: Sequence[Instruction]) -> list[str] | None:
    """The users that the RUNs make; None where that is not clear."""
    names: dict[str, None] = {}
    for instruction in (one for one in instructions if one.name == "RUN"):
        if "/etc/passwd" in instruction.args.text or "/etc/group" in instruction.args.text:
            return None
        found = [
            one for one in Code(doc, instruction).program.commands if one.name in _MAKERS | _GROUP_MAKERS
        ]
        made = [one for one in found if one.name in _MAKERS]
        if found and not made:
            return None
        for command in made:
            name = command.words[-1].text
            if name is None or not _NAME.fullmatch(name) or name == ROOT:
                return None
            names[name] = None
    return list(names)


def _consequence(doc: Document, instructions: Sequence[Instruction], stage: Stage, user: str) -> str:
    """What the process can no longer do, as far as the file tells."""
    places = [f"VOLUME {path}" for one in instructions if one.name == "VOLUME" for path in _paths(one)]
    workdir = state_after(doc, stage).workdir
    if workdir not in (None, "/", *_FOR_ALL):
        places.insert(0, f"WORKDIR {workdir}")
    told = f"`{user}` cannot write where root alone may"
    if places:
        told += f", as to {', '.join(places)} unless it is given them"
    ports = [word.text for one in instructions if one.name == "EXPOSE" for word in one.words]
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
