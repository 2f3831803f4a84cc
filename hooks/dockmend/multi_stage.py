r"""Build in one stage, ship another.

## Why

Compilers and headers that pip needs to build wheels are needed by nothing after that, and yet they ship: some
hundred megabytes, and tools that help whoever breaks in. In a multi-stage build they stay behind in the
builder, and the image that ships gets the wheels.

## Example

```dockerfile
FROM python:3.12.2-slim
WORKDIR /app
RUN apt-get update && \
    apt-get install -y --no-install-recommends gcc
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["gunicorn", "app:app"]
```

```dockerfile
FROM python:3.12.2-slim AS builder
WORKDIR /app
RUN apt-get update && \
    apt-get install -y --no-install-recommends gcc
COPY requirements.txt .
RUN pip wheel --wheel-dir /wheels -r requirements.txt

FROM python:3.12.2-slim
WORKDIR /app
COPY requirements.txt .
COPY --from=builder /wheels /wheels
RUN pip install --no-index /wheels/*.whl
COPY . .
CMD ["gunicorn", "app:app"]
```

## Fix safety

Unsafe: what needs a compiler when the container runs no longer finds one, and what is loaded from a library
that only came with its headers may be missing. The builder repeats the stage up to the installation, so
that it sees the same files and variables; what a linter says of a line in it, it says twice, as hadolint's
DL3064 of a variable whose name is a secret's. It empties no caches, since it does not ship. In the stage that
ships, packages to build with go, a header package becomes its library (`libpq-dev`: `libpq5`), all others
stay.

With pip, wheels are built without `--no-deps`, so that every dependency is among them, and installed without
asking an index. With a virtual environment (`python -m venv`, `uv venv`, `uv sync`, Poetry's in-project one),
the environment is built in the builder and copied.

`slim-base` goes first: a full image brings the compilers by itself. So does `merge-run`, where it joins RUN
instructions which this one copies.

## Left alone

Files of several stages. Packages that are removed again, or that the container may need. Only reported:
what else is built than Python distributions (`npm`, `gem`, `make`, …), where the container starts a program
and is nothing to work in; other images than Python's own in their slim and Alpine variants, header packages
whose library is not known here, several installations, scripts that are more than commands joined by `&&`, a
USER, SHELL or VOLUME before the installation, comments among what would go. Go, Rust, Java and .NET programs
that are built in the image they ship in are reported; what they need to run is not known here.

## References

- https://docs.docker.com/build/building/multi-stage/
- https://pip.pypa.io/en/stable/cli/pip_wheel/
- https://docs.astral.sh/uv/guides/integration/docker/
"""

from __future__ import annotations

from dockmend._dockerfile.state import is_windows
from dockmend._hook import INFO, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.images import ALPINE, DEBIAN, facts, family
from dockmend._project.reference import base_image
from dockmend._regex import regex
from dockmend._shell.code import code_of
from dockmend._shell.command_words import unversioned
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.document import Document, Stage
    from dockmend._dockerfile.span import Span
    from dockmend._project.python_build import Step
    from dockmend._project.reference import Image

_COMPILES = frozenset(
    """
    gcc g++ cc c++ make gmake cmake ninja meson configure config autogen.sh autoreconf cargo rustc go npm yarn
    pnpm bundle gem cpan cpanm luarocks pecl phpize docker-php-ext-install R Rscript setup.py
    """.split()  # noqa: SIM905
)
_USED = regex(
    r"(?<![\w./-])(?:gcc|g\+\+|cc|make|cmake|cargo|go|mvnw?|gradlew?)(?![\w.-])"
    r"|\b(?:npm|yarn|pnpm|bundle|gem|pip3?)[ \",]+install\b"
)
# What somebody works in, who may want to compile there; and what is that without a program to run.
_WORKED_IN = regex(
    r"(?:[bad]?a?sh|zsh|fish|sshd|code-server|jupyter.*|ipython|irb|tmux|screen|vi|vim|emacs)\Z"
)
_INTERPRETERS = frozenset({"python", "pypy", "ruby", "node", "php", "perl", "R", "julia", "java"})
# By themselves these compile nothing.
_ASIDE = frozenset({"make", "autoconf", "automake", "libtool"})
_MANAGERS = ("apt", "apk", "dnf", "yum", "zypper")
_REMOVES = regex(
    r"\b(?:apt-get|apt|aptitude)\b[^|;&\n]{0,200}?\b(?:purge|remove|autoremove)\b"
    r"|\bapk[ \t]+(?:[^|;&\n]{0,80}[ \t])?del\b"
)
# Images to build with, and the commands that build a program to run.
_TOOLCHAINS = {
    "golang": regex(r"\bgo[ \t]+(?:build|install)\b"),
    "rust": regex(r"\bcargo[ \t]+(?:build|install)\b"),
    "maven": regex(r"\bmvnw?\b.*\b(?:package|install|verify)\b"),
    "gradle": regex(r"\bgradlew?\b.*\b(?:build|assemble|bootJar|installDist|shadowJar)\b"),
    "openjdk": regex(r"(?:\./|\A|[ \t])(?:mvn|gradle)w?\b.*\b(?:package|install|build|assemble|bootJar)\b"),
    "eclipse-temurin": regex(r"(?:\./|\A|[ \t])(?:mvn|gradle)w?\b.*\b(?:package|install|build|bootJar)\b"),
    "mcr.microsoft.com/dotnet/sdk": regex(r"\bdotnet[ \t]+(?:publish|build)\b"),
    "mcr.microsoft.com/dotnet/core/sdk": regex(r"\bdotnet[ \t]+(?:publish|build)\b"),
    "microsoft/dotnet": regex(r"\bdotnet[ \t]+(?:publish|build)\b"),
}


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where a file of one stage ships what it only builds with."""
    if len(doc.stages) != 1 or is_windows(doc, doc.stages[0]):
        return
    stage = doc.stages[0]
    finding = _toolchain(doc, stage) or _packages(doc, ctx, stage)
    if finding is not None:
        yield finding


def _toolchain(doc: Document, stage: Stage) -> Finding | None:
    """A program of a compiled language, built in the image it ships in."""
    image = base_image(doc, stage)
    builds = _TOOLCHAINS.get(image.name) if image is not None else None
    starts = any(one.name in ("CMD", "ENTRYPOINT") for one in stage.instructions)
    if image is None or builds is None or not starts or _may_compile(stage):
        return None
    for instruction in stage.instructions:
        if instruction.name == "RUN":
            for command in code_of(doc, instruction).program.commands:
                if builds.search(" ".join(word.source for word in command.words)):
                    message = f"the program is built in {image.name}, and the toolchain ships with it"
                    reason = "which image the program can run in is not known here"
                    return Finding(message, instruction.keyword, reason=reason)
    return None


def _packages(doc: Document, ctx: Context, stage: Stage) -> Finding | None:
    """Compilers and headers that are installed for what is built here, and ship."""
    image = base_image(doc, stage)
    known = family(image) if image is not None else None
    system = known or DEBIAN
    runs = [one for one in stage.instructions if one.name == "RUN"]
    if not any(word in text for run in runs for text in run.texts for word in _MANAGERS):
        return None
    from dockmend._project.build_packages import may_build, package

    if not any(may_build(text) for run in runs for text in run.texts):
        return None
    from dockmend._shell.installed import package_name, packages

    names: list[str] = []
    span: Span | None = None
    builder = ""
    for run in runs:
        code = code_of(doc, run)
        if code.reason or _removes(code.text):
            return None
        for command in code.program.commands:
            name = command.name or ""
            if any(word.source.endswith("setup.py") for word in command.words[1:2]) and _interprets(name):
                name = "setup.py"
            if name in _COMPILES:
                builder = builder or name
            for word in packages(command):
                if package(package_name(word), system).builds:
                    names.append(package_name(word))
                    span = span or code.span(word.start, word.end)
    if span is None or all(map(_is_aside, names)) or _may_compile(stage):
        return None
    listed = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    message = f"packages to build with ship in the image: {listed}"
    if builder:
        reason = f"what of them the outcome of `{builder}` needs is not known here"
        return Finding(message, span, reason=reason) if _is_program(doc, ctx, stage) else None
    from dockmend._project.python_build import steps

    found = list(steps(doc, stage))
    if not found:
        return None
    fix = _why_not(image, known) or _split(doc, ctx, stage, found, system)
    if isinstance(fix, str):
        return Finding(message, span, reason=fix)
    reason = "what needs a compiler or a library of these packages when the container runs no longer finds it"
    return Finding(message, span, fix, reason)


def _is_aside(package: str) -> bool:
    if package in _ASIDE or package.startswith(("pkgconf", "pkg-conf", "binutils")):
        return True
    name, _, rest = package.removeprefix("lib").partition("-")
    return unversioned(name) == "python" and rest.startswith("dev")


def _interprets(name: str) -> bool:
    return unversioned(name) in _INTERPRETERS


def _removes(text: str) -> bool:
    """Whether packages are removed again."""
    return any(word in text for word in ("purge", "remove", "del")) and _REMOVES.search(text) is not None


def _may_compile(stage: Stage) -> bool:
    """Whether the container itself calls a compiler, or what may."""
    starts = (one for one in stage.instructions if one.name in ("CMD", "ENTRYPOINT"))
    return any(_USED.search(one.args.text) for one in starts)


def _is_program(doc: Document, ctx: Context, stage: Stage) -> bool:
    """Whether the container starts a program, its own or the base image's server, and nothing to work in."""
    from dockmend._project import start

    begun = start.read(doc, stage, ctx.build)
    runs = begun.runs
    if begun.entrypoint is None and begun.cmd is None:
        image = base_image(doc, stage)
        return image is not None and facts(image).port is not None
    if not runs or _WORKED_IN.match(runs[-1].name):
        return False
    _, *rest = runs[-1].words
    return not _interprets(runs[-1].name) or not all(word.startswith("-") for word in rest)


def _why_not(image: Image | None, system: str | None) -> str:
    """Why another image than Python's own is left as it is, in a clause, or empty."""
    if image is None or image.name not in ("python", "pypy") or system not in (DEBIAN, ALPINE):
        return "which libraries have to stay is known for Python's own images alone"
    if system == DEBIAN and "slim" not in image.words:
        return f"{image.name}:{image.tag} brings compilers itself: slim-base goes first"
    return ""


def _split(doc: Document, ctx: Context, stage: Stage, found: list[Step], system: str) -> Fix | str:
    """The installation in a builder; or why it stays where it is."""
    from dockmend._project.order import held
    from dockmend._project.python_build import plan
    from dockmend._project.split import Split, Stuck
    from dockmend._shell.groups import partners
    from dockmend._shell.packages import is_opaque

    way = plan(doc, stage, found)
    if isinstance(way, str):
        return way
    for instruction in stage.instructions:
        if instruction.name == "RUN" and instruction.index > way.last.index:
            for command in code_of(doc, instruction).program.commands:
                if is_opaque(command):
                    return f"line {instruction.line} runs what may need the compilers"
    try:
        parts = Split(doc, stage, way, system).parts()
    except Stuck as stuck:
        return str(stuck)
    joined = partners(doc, held(doc, ctx.build, ctx.path))
    for instruction in stage.instructions:
        if instruction.index <= way.last.index and instruction.index in joined:
            return f"merge-run joins the RUN of line {instruction.line} with another first"
    return Fix(UNSAFE, tuple(Edit(*edit) for edit in parts.edits), parts.becomes)


HOOK = Hook(
    name="multi-stage",
    practice=1,
    summary="Build in one stage, ship another",
    check=check,
    severity=INFO,
    safety=UNSAFE,
    keywords=frozenset({"RUN"}),
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
