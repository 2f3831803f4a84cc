"""No secret in the image.

## Why
What ENV, ARG, RUN and COPY put into an image stays in it: `docker history` and `docker inspect` show
values, and a file that a later layer removes is still in the layer below. Whoever can pull the image has
the secret. A secret belongs to the run (`docker run --env-file`, an orchestrator's secrets) or, where the
build needs it, to the one RUN that does: `RUN --mount=type=secret` leaves nothing behind.

Found are: values of ENV and ARG, variables, options and URLs whose name or place says that they are
secret; tokens and private keys known by their shape, anywhere; passwords given to chpasswd, passwd,
vncpasswd, curl, sshpass and SQL; build arguments that are there to be given a secret; key, password and
`.env` files that COPY or ADD name. In Compose files: the same in `environment`, `build.args` and commands,
and in the defaults of variables (`${PASSWORD:-…}`). No message and no report shows a value.

## Example
```dockerfile
FROM node:22-slim
WORKDIR /app
ARG NPM_TOKEN
COPY package.json package-lock.json .npmrc ./
RUN NPM_TOKEN=$NPM_TOKEN npm ci
```
```dockerfile
FROM node:22-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN NPM_TOKEN=$NPM_TOKEN npm ci
```

## Fix safety
Unsafe: the build has to be called with `--secret id=NPM_TOKEN,env=NPM_TOKEN` instead of
`--build-arg NPM_TOKEN=…`. The variable is then set in each RUN that names it and nowhere else, so a program
that reads it unnamed no longer finds it; and a new value alone does not make the step run again. What a
RUN writes to a file stays in its layer still. `env=` needs Dockerfile syntax 1.10 (BuildKit 0.16).

merge-run goes first: it joins only RUN instructions of equal flags, so this hook waits where it would.

In a Compose file a value that `.env` beside it has too becomes `${NAME}`, which Compose takes from there; a
variable of that name in the environment of `docker compose` now goes first.

## Left alone
Empty values and placeholders (`changeme`, `<token>`, `xxx`), variables, paths, `…_FILE`, switches, sizes,
public and GPG keys and fingerprints, user names; front-end variables that are public by design
(`NEXT_PUBLIC_…`, `VITE_…`). Only reported: what is spelled out (it is known already: revoke it), an ARG with
a default, before the first FROM or under ONBUILD, one that another instruction than RUN reads or that no
RUN names, one of several of an instruction, Windows images, and an older `# syntax=`.

## References
- https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
- https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
- https://docs.docker.com/build/building/secrets/
"""

from __future__ import annotations

from functools import cached_property

from dockmend._dockerfile.assignments import assignments
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import is_windows
from dockmend._hook import ERROR, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project import secrets
from dockmend._project.order import held
from dockmend._project.secret_names import NONE, name_strength
from dockmend._regex import regex
from dockmend._shell.groups import partners
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._compose.document import ComposeFile
    from dockmend._compose.edit import Put
    from dockmend._dockerfile.document import Document, Instruction, Meaning, Stage

_REVOKE = "whoever has the file or the image knows it: revoke it, and "
_AT_RUN = "it can be given when the container runs, as with `docker run --env-file`"
_ADVICE = dict.fromkeys(
    ("ENV", "CMD", "ENTRYPOINT"),
    f"{_REVOKE}give the new one when the container runs, as with `docker run --env-file`",
)
_MOUNT = _REVOKE + "take the new one from `RUN --mount=type=secret`"
_FILE = "mount it into the RUN that needs it with --mount=type=secret, or into the container when it runs"
_TAKE = (
    "whoever has the file knows it: revoke it, and take the new one from an .env file that is not committed, "
    "as in `${NAME:?}`, or from `secrets`"
)
_DEFAULT_SYNTAX = "docker/dockerfile:1"
# Each is mended in a round of its own, and there are ten.
_MANY = 8
_NAME = regex(r"[A-Za-z0-9_]+")
_WHOLE_VARIABLE = regex(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))\Z")
_SYNTAX = regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::([^@]*))?(?:@.*)?\Z")
_OLD = regex(r"(?:0|1\.[0-9](?:\.|-|\Z)|experimental|1-experimental)")


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each secret, and for each way of one into the image."""
    for found in secrets.find(doc):
        name = found.instruction.name
        yield Finding(f"{name} spells out {found.what}", found.span, reason=_ADVICE.get(name, _MOUNT))
    for stage in (None, *doc.stages):
        yield from _Part(doc, stage, ctx).findings()


class _Part:
    """The instructions of one stage, or those before the first."""

    def __init__(self, doc: Document, stage: Stage | None, ctx: Context) -> None:
        self.doc = doc
        self.stage = stage
        self.ctx = ctx
        first = doc.stages[0].instruction.index if doc.stages else 0
        self.instructions = doc.instructions[:first] if stage is None else stage.instructions

    def findings(self) -> Iterator[Finding]:
        """What is copied, declared and kept."""
        declared: set[str] = set()
        for instruction in self.instructions:
            holder = instruction.trigger or instruction
            if holder.name in ("COPY", "ADD"):
                yield from self.copied(holder)
            elif holder.name == "ARG":
                declared.update(one.name for one in assignments(holder, self.doc.escape))
                yield from self.arguments(instruction, holder)
            elif holder.name == "ENV":
                yield from self.kept(holder, declared)

    @cached_property
    def trusted(self) -> frozenset[str]:
        """The files that are keys of package repositories."""
        runs = [one for one in self.instructions if one.name == "RUN"]
        texts = [text for run in runs for text in run.texts]
        from dockmend._project.secret_files import imported

        return frozenset(name for text in texts for name in imported(text))

    @cached_property
    def partners(self) -> Mapping[int, tuple[Instruction, ...]]:
        return partners(self.doc, held(self.doc, self.ctx.build, self.ctx.path))

    @cached_property
    def readers(self) -> dict[str, list[Instruction]]:
        """The instructions that name something, its here-documents included, by the name."""
        found: dict[str, list[Instruction]] = {}
        for one in self.instructions:
            holder = one.trigger or one
            texts = (*holder.texts, *(flag.text for flag in holder.flags))
            for name in {match[0] for text in texts for match in _NAME.finditer(text)}:
                found.setdefault(name, []).append(one)
        return found

    @cached_property
    def count(self) -> int:
        """How many build arguments of the stage are there to be given a secret."""
        escape = self.doc.escape
        return sum(
            not one.plain and secrets.secret_argument(one.name)
            for instruction in self.instructions
            if instruction.name == "ARG"
            for one in assignments(instruction, escape)
        )

    def copied(self, holder: Instruction) -> Iterator[Finding]:
        """The sources of a COPY or ADD that hold secrets."""
        names = holder.json or tuple(word.text for word in holder.words)
        if holder.flag("from") is not None or len(names) < 2:
            return
        from dockmend._project.secret_files import holds_secret, secret_file

        for word, name in zip(holder.words[:-1], names[:-1]):
            what = secret_file(name, names[-1])
            if not what or name.replace("\\", "/").rpartition("/")[2] in self.trusted:
                continue
            content = None if "*" in name or "$" in name else self.ctx.build.read(name)
            if content is None or holds_secret(what, content.decode("utf-8", "replace")):
                span = word.span(0, len(word.text))
                yield Finding(f"{holder.name} puts {what} into the image", span, reason=_FILE)

    def arguments(self, instruction: Instruction, holder: Instruction) -> Iterator[Finding]:
        """The build arguments of an ARG that are there to be given a secret."""
        declared = assignments(holder, self.doc.escape)
        for one in declared:
            if one.plain or not secrets.secret_argument(one.name):
                continue
            end = one.start if one.value is None else one.start - 1
            span = holder.args.span(end - len(one.name), end)
            message = f"what the build argument {one.name} is given stays in the history of the image"
            reason = self.why_not(instruction, one.name, len(declared))
            if reason:
                yield Finding(message, span, reason=reason)
                continue
            reason = (
                f"build with `--secret id={one.name},env={one.name}` and no `--build-arg`; needs Dockerfile "
                f"syntax 1.10, and what reads {one.name} where RUN does not name it no longer finds it"
            )
            yield Finding(message, span, self.mounted(instruction, one.name), reason)

    def why_not(self, instruction: Instruction, name: str, siblings: int) -> str:
        """Why the build argument cannot be taken from a secret mount, or ""."""
        if instruction.trigger is not None:
            return "the build that the trigger is for decides what reads it"
        if self.stage is None:
            return "it is declared for the whole file: take it from a secret mount in each RUN that needs it"
        if is_windows(self.doc, self.stage):
            return "a Windows image has no secret mounts"
        syntax = next((one.value for one in self.doc.directives if one.name == "syntax"), _DEFAULT_SYNTAX)
        version = _SYNTAX.match(syntax)
        if version is None or _OLD.match(version[1] or "1"):
            return f"secret mounts with env= need `# syntax=docker/dockerfile:1.10`, not `{syntax}`"
        if siblings > 1 or instruction.comments or instruction.blanks:
            return "the ARG declares more than this: give it an instruction of its own"
        if self.count > _MANY:
            return f"more than {_MANY} build arguments of the stage are secrets"
        readers = self.later(instruction, name)
        for one in readers:
            if one.name != "RUN" or any(name in flag.text for flag in one.flags):
                return f"the {one.name} of line {one.line} reads it too"
            if one.index in self.partners:
                return f"merge-run joins the RUN of line {one.line} with another first"
        return "" if readers else f"no RUN names {name}, so which one needs it is not known"

    def later(self, instruction: Instruction, name: str) -> list[Instruction]:
        """The instructions after `instruction` that name `name`."""
        return [one for one in self.readers.get(name, ()) if one.index > instruction.index]

    def mounted(self, instruction: Instruction, name: str) -> Fix:
        """The ARG goes, and each RUN that names it gets it from a secret mount."""
        flag = f"--mount=type=secret,id={name},env={name}"
        edits = [Edit(instruction.span, "")]
        becomes: dict[int, tuple[Meaning, ...]] = {instruction.index: ()}
        for one in self.later(instruction, name):
            place = one.flags[-1].span.end if one.flags else one.keyword.end
            edits.append(Edit(Span(place, place), f" {flag}"))
            becomes[one.index] = (one.meaning._replace(flags=(*one.meaning.flags, flag)),)
        return Fix(UNSAFE, tuple(edits), becomes)

    def kept(self, holder: Instruction, declared: set[str]) -> Iterator[Finding]:
        """The variables of an ENV that are given what a secret build argument, `declared` before, holds."""
        for one in assignments(holder, self.doc.escape):
            variable = _WHOLE_VARIABLE.match(one.plain) if declared else None
            source = (variable[1] or variable[2]) if variable else ""
            if source in declared and NONE not in (name_strength(one.name), name_strength(source)):
                span = holder.args.span(one.start, one.end)
                message = f"ENV keeps the build argument {source} in the image"
                yield Finding(message, span, reason=_AT_RUN)


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each secret that a Compose file spells out."""
    from dockmend._compose.edit import replaced
    from dockmend._project.compose_secrets import dotenv, find

    for found in find(doc):
        message = f"the Compose file spells out {found.what}"
        value = found.node.text[found.start : found.end]
        put: Put | None = None
        if found.name and dotenv(ctx.build.read_text(".env")).get(found.name) == value:
            put = replaced(doc, found.node, found.start, found.end, f"${{{found.name}}}")
        if put is None:
            yield Finding(message, found.span, reason=_TAKE)
        else:
            reason = f"{found.name} is then taken from the environment or .env, where it stands as well"
            yield Finding(message, found.span, Fix(UNSAFE, (put.edit,), put.becomes), reason)


HOOK = Hook(
    name="no-secrets",
    practice=13,
    summary="No secret in the image",
    check=check,
    aliases=("SecretsUsedInArgOrEnv",),
    severity=ERROR,
    safety=UNSAFE,
    compose=compose,
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
