r"""The dependency manifest copied before the source.

## Why

BuildKit runs an instruction anew when a file of a COPY above it has changed. With the whole project copied
first, every change of a line of code installs all dependencies again. Copy what names them, install, then
copy the rest.

## Example

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
```

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "app.py"]
```

## Fix safety

Safe where the build context proves it: the manifest is there, with all that it names in turn (`-r`, `-c`,
lock files, `.npmrc`); it names no local path, `-e .`, workspace or script that runs on installation; what is
installed is in no folder of the context that COPY would bring over it; the lock file stays as it is; and the
RUN does nothing but install. Only whole instructions move; comments stay where they are.

Where the context is not known, the fix is unsafe: it copies the manifest by the name that the tool knows.
What COPY brings may then be missing when the RUN installs, or replace what the RUN has made.

## Left alone

RUN instructions that do more than install, or work on other files, or find installed what an earlier one has
installed, as of `uv sync --no-install-project` and then `uv sync`; Cargo, where it has to look for the
sources of a target since Cargo.toml names no path. COPY with an instruction behind it that it must not pass:
VOLUME, a COPY into the same folder, a WORKDIR for a relative target, an ENV for a variable in it. COPY under
a comment for a linter. Triggers, and Windows images.

This hook goes before merge-run, which leaves an installation that can be moved apart from the RUN behind it.

## References

- https://docs.docker.com/build/cache/optimize/#order-your-layers
"""

from __future__ import annotations

from dockmend._dockerfile.document import Document, Instruction, Meaning
from dockmend._dockerfile.span import Span
from dockmend._hook import INFO, SAFE, UNSAFE, WARNING, Context, Edit, Finding, Fix, Hook, Place
from dockmend._project.order import Plan, plans
from dockmend._shell.groups import partners
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each COPY of the project that stands before the installation of its dependencies."""
    for plan in plans(doc, ctx.build, ctx.path):
        last = plan.last
        message = f"a change of any file installs the dependencies of line {last.line} again"
        related = (Place(last.head, "this is what runs again"),)
        severity = WARNING if plan.safe else INFO
        reason = plan.reason
        if plan.possible and not plan.safe:
            joined = partners(doc, frozenset()).get(last.index, ())
            behind = next((one for one in joined if one.index > last.index), None)
            if behind is not None:
                reason = f"merge-run joins it with the RUN of line {behind.line} first"
                yield Finding(message, plan.whole.head, None, reason, severity, related)
                continue
        fix = _fix(doc, plan) if plan.possible else None
        yield Finding(message, plan.whole.head, fix, reason, severity, related)


def _fix(doc: Document, plan: Plan) -> Fix:
    edits: list[Edit] = []
    becomes: dict[int, tuple[Meaning, ...]] = {}
    behind = ""
    for copy, arguments in zip(plan.moved, plan.ahead):
        edits.append(Edit(copy.span, "".join(_line(doc, copy, one) for one in arguments)))
        flags = tuple(flag.text for flag in copy.flags)
        becomes[copy.index] = tuple(Meaning("COPY", flags, one) for one in arguments)
        behind += doc.text[copy.span.start : copy.span.end]
    last = plan.last
    after_copy = doc.text[plan.whole.span.end :][:2]
    lead = doc.newline if after_copy.startswith(("\n", "\r\n")) else ""
    at = last.span.end
    if not doc.text[:at].endswith("\n"):
        lead, behind = doc.newline + lead, behind.rstrip("\r\n")
    edits.append(Edit(Span(at, at), lead + behind))
    becomes[last.index] = (last.meaning, *(copy.meaning for copy in plan.moved))
    return Fix(SAFE if plan.safe else UNSAFE, tuple(edits), becomes)


def _line(doc: Document, copy: Instruction, arguments: str) -> str:
    keyword = "copy" if doc.text[copy.keyword.start : copy.keyword.end].islower() else "COPY"
    flags = [doc.text[flag.span.start : flag.span.end] for flag in copy.flags]
    return doc.text[doc.line_start(copy.keyword.start) : copy.keyword.start] + " ".join(
        [keyword, *flags, arguments + doc.newline]
    )


HOOK = Hook(
    name="cache-order",
    practice=2,
    summary="The dependency manifest copied before the source",
    check=check,
    keywords=frozenset({"COPY", "ADD"}),
)


def main() -> int:
    """The command `dockmend-cache-order`; returns its exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
