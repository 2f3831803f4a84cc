r"""No package manager leaves its cache in the image.

## Why

What `apt-get update` or `yum install` downloads stays in the layer of its RUN, tens of megabytes of it, and
no later RUN takes it out again. The RUN that fills the cache has to empty it.

## Example

```dockerfile
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc \
    libpq-dev
```

```dockerfile
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc \
    libpq-dev \
    && rm -rf /var/lib/apt/lists/*
```

## Fix safety

For apt, `rm -rf /var/lib/apt/lists/*` behind the last command of the RUN that may use the lists; for yum,
dnf, microdnf and zypper `clean`, for yarn `yarn cache clean`, behind its last command; `apk add`, `update`
and `upgrade` get `--no-cache`, which apk knows since Alpine 3.3, and before that `rm -rf /var/cache/apk/*`.
What is added stands where the exit status of the script stays that of the author's commands, and where
`set -e` ends the script as before.

Where a later RUN calls a script or recipe that the file does not show, which may install from apt's lists, or
where yarn may be Yarn 2 and later, which keep the packages themselves in that folder, the fix is unsafe.

## Left alone

Stages that do not ship. Lists that a later RUN, a trigger or a stage built FROM this one installs from.
Caches that a mount holds, or that the RUN removes itself; those that a later RUN removes and fails where
there is nothing to remove. The exec form, shells other than sh and bash,
Windows images, scripts that set a trap or run the manager in the background. The `.deb` files of apt:
Debian's and Ubuntu's images remove them by themselves.

merge-run goes first: where it joins RUN instructions of one manager, this hook waits, and cleans up once.

## References

- https://docs.docker.com/build/building/best-practices/#apt-get
- https://github.com/hadolint/hadolint/wiki/DL3009, DL3019, DL3032, DL3036, DL3040, DL3060
"""

from __future__ import annotations

from functools import cached_property

from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import is_windows, root_base, shipping, state_after
from dockmend._hook import SAFE, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.context import MISSING
from dockmend._project.order import held
from dockmend._regex import regex
from dockmend._shell import packages
from dockmend._shell.code import Code, code_of
from dockmend._shell.groups import partners
from dockmend._shell.packages import APK, APT, MAY_NEED, NEEDS, YARN, Manager
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._dockerfile.document import Document, Instruction, Stage
    from dockmend._shell.append import Added
    from dockmend._shell.commands import Command
    from dockmend._shell.package_uses import Uses

_ANY = ("apt", "apk", "yum", "dnf", "zypper", "yarn", "nodesource", "docker", "packagecloud")
_OLD_ALPINE = regex(r"(?:.*/)?alpine:(?:2\.[0-9]+|3\.[0-2])(?![0-9])")
_STARTS_APT = regex(r"\bapt(?:-get|itude)?\b[\", \t]+install\b")


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each RUN of a stage that ships and leaves a package manager's cache behind."""
    checked = _Checked(doc, ctx)
    for stage in shipping(doc):
        if not is_windows(doc, stage):
            for instruction in stage.instructions:
                run = instruction.trigger or instruction
                if run.name == "RUN" and any(word in text for text in run.texts for word in _ANY):
                    yield from checked.run(stage, code_of(doc, instruction))


class _Checked:
    """What is found out of one document, each thing once."""

    def __init__(self, doc: Document, ctx: Context) -> None:
        self.doc = doc
        self.ctx = ctx

    @cached_property
    def uses(self) -> Uses:
        from dockmend._shell.package_uses import Uses

        return Uses(self.doc)

    def run(self, stage: Stage, code: Code) -> Iterator[Finding]:
        named = {command.name for command in code.program.commands}
        for manager in packages.MANAGERS:
            message = f"the RUN leaves {manager.leaves} in its layer"
            if code.reason:
                if manager.seems_left(code.text):
                    yield Finding(message, code.run.keyword, reason=code.reason, code=manager.code)
                continue
            # What fetches a script that fills apt's lists has another name.
            if manager is not APT and manager.programs.isdisjoint(named):
                continue
            fill = _left(manager, code)
            if fill is None:
                continue
            span = code.span(fill.start, fill.end)
            reason = self.forbids(manager, stage, code) or self.waits_for(manager, code)
            flagged = manager is APK and not self.is_old_alpine(stage)
            changes = reason or (self.without_cache(code) if flagged else self.emptied(manager, code, fill))
            if isinstance(changes, str):
                yield Finding(message, span, reason=changes, code=manager.code)
                continue
            doubt = self.doubts(manager, code, fill)
            edits = tuple(Edit(Span(one.offset, one.offset), one.text) for one in changes)
            meaning = code.meaning(self.doc, [(one.at, one.text) for one in changes])
            becomes = {code.instruction.index: (meaning,)}
            fix = Fix(UNSAFE if doubt else SAFE, edits, becomes)
            yield Finding(message, span, fix, doubt, code=manager.code)

    def forbids(self, manager: Manager, stage: Stage, code: Code) -> str:
        """Why the cache has to stay, in a clause, or empty."""
        line = self.uses.missing(manager, code.instruction)
        if line:
            return f"line {line} cleans up by itself, and fails where there is nothing to remove"
        if manager is APT:
            use, line = self.uses.behind(manager, code.instruction)
            if use == NEEDS:
                return f"line {line} uses them"
            end = state_after(self.doc, stage)
            if any(
                one and "apt" in one.args.text and _STARTS_APT.search(one.args.text)
                for one in (end.entrypoint, end.cmd)
            ):
                return "the container's own command uses them"
        elif manager is APK:
            use, line = self.uses.behind(manager, code.instruction)
            if use and self.is_old_alpine(stage):
                return f"line {line} may use it"
        elif manager is not YARN and self.uses.without_repositories:
            return f"`{manager.clean.format(manager.name)}` fails where no repository is enabled"
        return f"line {self.uses.offline} works from the cache" if self.uses.offline else ""

    def waits_for(self, manager: Manager, code: Code) -> str:
        """The RUN instructions of one manager that merge-run joins are cleaned up once."""
        if code.run is not code.instruction:
            return ""
        for other in self.partners.get(code.instruction.index, ()):
            if other is not code.run and (
                manager.mention.search(other.args.text)
                or (manager is APT and packages.use_of(APT, code_of(self.doc, other)))
            ):
                return f"merge-run joins it with the RUN of line {other.line} first"
        return ""

    def doubts(self, manager: Manager, code: Code, fill: Command) -> str:
        """What an unsafe fix may change, or empty where it is safe."""
        if manager is APT:
            use, line = self.uses.behind(manager, code.instruction)
            return f"line {line} runs what may install from them" if use == MAY_NEED else ""
        if manager is YARN and not (packages.is_classic_yarn(fill) or _has_classic_lock(self.ctx)):
            return "Yarn 2 and later may keep the packages themselves there"
        return ""

    def without_cache(self, code: Code) -> str | list[Added]:
        """`--no-cache` behind each subcommand of apk that downloads; or why there is none to be put."""
        filling = [one for one in code.program.commands if APK.filled_by(one)]
        updates = [one for one in filling if APK.subcommand(one) == "update"]
        asked = any(
            packages.index_use(APK, one) and one not in filling and one.start > updates[0].start
            for one in code.program.commands
            if updates
        )
        use, line = self.uses.behind(APK, code.instruction)
        if asked or use:
            filling = [one for one in filling if one not in updates]
        from dockmend._shell.append import Added

        found = []
        for command in filling:
            at = command.words[command.subcommand(APK.valued) or 0].end
            found.append(Added(code.span(at - 1, at).end, at, " --no-cache"))
        return found or ("its script uses it" if asked else f"line {line} may use it")

    def emptied(self, manager: Manager, code: Code, fill: Command) -> str | list[Added]:
        """The command that empties the cache, behind the last that may use it; or why there is no place."""
        from dockmend._shell import append

        uses = [one for one in code.program.commands if manager.used_by(one)]
        place = append.behind(code, uses[-1])
        if isinstance(place, str):
            return place
        previous = place.link.previous
        like = previous is not None and any(previous.start <= one.start < previous.end for one in uses)
        sudo = "sudo " if any(word.text == "sudo" for word in fill.prefix) else ""
        what = sudo + manager.clean.format(fill.words[0].source)
        return [append.add(self.doc, code, place, what, like)]

    def is_old_alpine(self, stage: Stage) -> bool:
        """Whether the stage is built on an Alpine whose apk has no --no-cache yet."""
        return _OLD_ALPINE.match(root_base(stage)) is not None

    @cached_property
    def partners(self) -> Mapping[int, tuple[Instruction, ...]]:
        return partners(self.doc, held(self.doc, self.ctx.build, self.ctx.path))


def _left(manager: Manager, code: Code) -> Command | None:
    """The last command that fills the cache, where the RUN neither empties nor mounts it."""
    found = code.program.commands
    fills = [place for place, one in enumerate(found) if manager.filled_by(one)]
    if not fills:
        return None
    behind = found if manager is APK else found[fills[-1] + 1 :]
    if any(manager.emptied_by(one, code) for one in behind):
        return None
    if not code.run.flags:
        return found[fills[-1]]
    from dockmend._dockerfile.mount import covered, mounts

    held = mounts(code.run, code.state.workdir)
    if any(covered(held, cache) for cache in manager.caches):
        return None
    if manager is YARN and any(mount.kind == "cache" for mount in held):
        return None
    return found[fills[-1]]


def _has_classic_lock(ctx: Context) -> bool:
    lock = ctx.build.read_text("yarn.lock")
    return "# yarn lockfile v1" in lock[:200] and ctx.build.kind(".yarnrc.yml") == MISSING


HOOK = Hook(
    name="package-cache",
    practice=4,
    summary="No package manager leaves its cache in the image",
    check=check,
    aliases=("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3060"),
    keywords=frozenset({"RUN"}),
)


def main() -> int:
    """The command `dockmend-package-cache`; returns its exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
