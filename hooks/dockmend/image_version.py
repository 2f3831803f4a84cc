"""Images with a tag, and one other than `latest`.

## Why

`FROM python` and `FROM python:latest` take whatever is newest on the day of the build: the same file builds
another image next month, with another Python, and nobody has changed a line. A tag says what was meant.

## Example

```dockerfile
FROM python:latest
COPY --from=ghcr.io/astral-sh/uv /uv /bin/
```

```dockerfile
FROM python:3.12
COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/
```

## Fix safety

Unsafe: the version may be another than the one that `latest` is today. It is never made up: it comes from
the configuration, or from what the project states in its build context. In this order: `.python-version`,
`.tool-versions`, `requires-python` (or Poetry's `python`) of pyproject.toml; `.nvmrc`, `.node-version`,
`.tool-versions`, `engines` of package.json; `.go-version`, `.tool-versions`, the go line of go.mod;
`.ruby-version`, `.tool-versions`. Of a range it is the only version, or the oldest where that one is still
maintained. Where none is stated, nothing is changed.

A tag that comes from an ARG before the first FROM is mended there, if nothing else uses the ARG. In Compose
files it is the `image` of a service that is not built there.

Goes before `slim-base`, which leaves an image without a tag alone.

## Left alone

Stages, `scratch`, digests, and tags that a build argument without a default decides. Other tags that move
(`lts`, `alpine`, `edge`) say what is meant. A single word in `COPY --from` that is no image known here may be
a build context that `docker build --build-context` names.

## Options

- `versions`: a table of tags by image, as in `{ python = "3.12", "ghcr.io/astral-sh/uv" = "0.9.5" }`.

## References

- https://docs.docker.com/reference/dockerfile/#from
- https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
- https://github.com/hadolint/hadolint/wiki/DL3006
- https://github.com/hadolint/hadolint/wiki/DL3007
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dockmend._compose.document import ComposeFile
from dockmend._compose.edit import Put, replaced
from dockmend._dockerfile.assignments import Assignment, assignments
from dockmend._dockerfile.document import Document, Flag, Instruction, Meaning, Stage
from dockmend._dockerfile.span import Span
from dockmend._hook import UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.images import Facts, facts
from dockmend._project.reference import SCRATCH, Image, base_image, filled, parse
from dockmend._project.versions import TOOLS, stated

LATEST = "latest"

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z", re.ASCII)
_VARIABLE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))"
_TAG_VARIABLE = re.compile(rf".*:{_VARIABLE}\Z")
_WHOLE_VARIABLE = re.compile(rf"{_VARIABLE}\Z")
_FROM_FIELD = re.compile(r"(?:\A|,)from=([^,\"]*)")


class _Place(NamedTuple):
    """Where a reference stands: the text `reference` of `instruction`, at `span`.

    `start` is where it begins in the instruction's arguments or, in a flag, in the flag's text.
    """

    instruction: Instruction
    reference: str
    span: Span
    start: int
    flag: Flag | None = None


class _Arguments:
    """The build arguments by name: what declares each, and the images of FROM that use it."""

    def __init__(self, doc: Document) -> None:
        self.declared: dict[str, list[tuple[Instruction, Assignment]]] = {}
        self.uses: dict[str, set[str]] = {}
        if any("$" in stage.base for stage in doc.stages):
            for instruction in doc.instructions:
                for one in assignments(instruction, doc.escape) if instruction.name == "ARG" else ():
                    self.declared.setdefault(one.name, []).append((instruction, one))
        for stage in doc.stages:
            for match in re.finditer(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", stage.base):
                self.uses.setdefault(match[1], set()).add(stage.base)


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image that is taken without a tag, or with `latest`."""
    names = {stage.name for stage in doc.stages if stage.name}
    arguments = _Arguments(doc)
    for stage in doc.stages:
        image = base_image(doc, stage) if stage.parent is None and stage.base != SCRATCH else None
        if image is not None and image.name not in names and _is_open(image):
            yield _of_stage(doc, stage, image, arguments, ctx)
    for instruction in doc.instructions:
        for place in _sources(instruction):
            image = parse(place.reference)
            if (
                image is not None
                and place.reference.lower() not in names
                and _is_taken(place.reference, image)
            ):
                yield _finding(doc, image, place, place, ctx)


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image of a Compose file that is taken without a tag, or with `latest`."""
    images = (one.text("image") for one in doc.services if "build" not in one.fields)
    for node in {id(node): node for node in images if node is not None}.values():
        image = parse(filled(node.text, {}))
        if image is None or not _is_open(image):
            continue
        version, why = _version(image, ctx)
        put: Put | None = None
        if version and "$" in node.text:
            version, why = "", "a variable decides it"
        if version:
            tagged = node.text.removesuffix(f":{LATEST}")
            put = replaced(doc, node, len(tagged), len(node.text), f":{version}")
            why = f"{why}, and what latest is today may be newer" if put else "it is not written on one line"
        fix = Fix(UNSAFE, (put.edit,), put.becomes) if put else None
        yield Finding(_message(image), node.span, fix, why)


def _is_open(image: Image) -> bool:
    return image.digest is None and image.tag in (None, LATEST) and image.name != SCRATCH


def _is_taken(reference: str, image: Image) -> bool:
    """Whether `COPY --from` or a mount means an image, and one without a version."""
    known = "/" in reference or ":" in reference or facts(image) != Facts()
    return _is_open(image) and known and "$" not in reference and not reference.isdigit()


def _of_stage(doc: Document, stage: Stage, image: Image, arguments: _Arguments, ctx: Context) -> Finding:
    instruction = stage.instruction
    word = instruction.words[0]
    place = _Place(instruction, word.text, word.span(0, len(word.text)), 0)
    editable: _Place | str = place
    if "$" in word.text:
        editable = _argument(arguments, word.text) or place
    return _finding(doc, image, place, editable, ctx)


def _sources(instruction: Instruction) -> Iterator[_Place]:
    """The images that COPY and mounts of RUN take files from."""
    holder = instruction.trigger or instruction
    for flag in holder.flags:
        value = flag.value or ""
        if holder.name == "COPY" and flag.name == "from":
            found = 0, value
        elif holder.name == "RUN" and flag.name == "mount" and (field := _FROM_FIELD.search(value)):
            found = field.start(1), field[1]
        else:
            continue
        start = len(flag.text) - len(value) + found[0]
        yield _Place(instruction, found[1], flag.span, start, flag)


def _argument(arguments: _Arguments, base: str) -> _Place | str | None:
    """Where the tag of `base`, which has variables, is decided: in an ARG, or why that is left alone.

    None where it is in `base` itself.
    """
    if base.endswith(f":{LATEST}") or "$" not in base[base.rfind("/") + 1 :]:
        return None
    variable = _TAG_VARIABLE.match(base) or _WHOLE_VARIABLE.match(base)
    if variable is None:
        return "more than one build argument decides it"
    name = variable[1] or variable[2]
    declared = arguments.declared.get(name, [])
    uses = arguments.uses.get(name, set())
    if len(declared) != 1 or len(uses) != 1:
        return f"the build argument {name} is used for more than this"
    [(instruction, one)] = declared
    if not one.plain:
        return f"the build argument {name} is empty"
    quoted = one.plain != one.value
    span = instruction.args.span(one.start + quoted, one.end - quoted)
    return _Place(instruction, one.plain, span, one.start + quoted)


def _finding(doc: Document, image: Image, place: _Place, editable: _Place | str, ctx: Context) -> Finding:
    message = _message(image)
    span = place.span
    version, why = _version(image, ctx)
    if not version:
        return Finding(message, span, reason=why)
    if isinstance(editable, str):
        return Finding(message, span, reason=editable)
    fix = _tagged(doc, editable, image, version)
    if fix is None:
        return Finding(message, span, reason="it is written with quotes or variables")
    return Finding(message, span, fix, f"{why}, and what latest is today may be newer")


def _message(image: Image) -> str:
    what = "is whatever is newest on the day" if image.tag else "has no tag and so is whatever is newest"
    return f"the image {image.name}{f':{image.tag}' if image.tag else ''} {what}"


def _version(image: Image, ctx: Context) -> tuple[str, str]:
    """The tag to use and where it comes from; "" and the reason where there is none."""
    versions = ctx.options.get("versions")
    if isinstance(versions, Mapping) and image.name in versions:
        version = str(versions[image.name])
        return (
            (version, f"the configuration says {version}")
            if _TAG.match(version)
            else ("", f"`{version}` is no tag")
        )
    found = stated(image.name, ctx.build)
    if found is not None:
        return found
    if ctx.build.root is None and image.name in TOOLS:
        return "", ctx.build.reason
    return "", f"the project states no version of {image.name}; `versions` in the configuration can"


def _tagged(doc: Document, place: _Place, image: Image, version: str) -> Fix | None:
    """The reference at `place` with `version` for its tag; None where it is not plain text."""
    reference, instruction = place.reference, place.instruction
    whole = place.flag.text if place.flag else (instruction.trigger or instruction).args.text
    plain = doc.text[place.span.start : place.span.end] == (place.flag.text if place.flag else reference)
    if not plain or any(char in reference for char in "'\"\\`"):
        return None
    base = place.span.start + (place.start if place.flag else 0)
    if reference == LATEST:
        cut, new = 0, version
    elif image.tag is None:
        cut, new = len(reference), f":{version}"
    else:
        cut, new = len(reference) - len(LATEST), version
    edit = Edit(Span(base + cut, base + len(reference)), new)
    text = whole[: place.start + cut] + new + whole[place.start + len(reference) :]
    return Fix(UNSAFE, (edit,), {instruction.index: (_changed(instruction, place.flag, text),)})


def _changed(instruction: Instruction, flag: Flag | None, text: str) -> Meaning:
    """What the instruction, or its trigger, means with `text` for its arguments or its flag."""
    holder = instruction.trigger or instruction
    meaning = holder.meaning
    if flag is None:
        meaning = meaning._replace(value=text)
    else:
        flags = tuple(text if one is flag else one.text for one in holder.flags)
        meaning = meaning._replace(flags=flags)
    return meaning if instruction.trigger is None else instruction.meaning._replace(value=meaning)


HOOK = Hook(
    name="image-version",
    practice=12,
    summary="Images with a tag, and one other than latest",
    check=check,
    aliases=("DL3006", "DL3007"),
    safety=UNSAFE,
    keywords=frozenset({"FROM"}),
    options={"versions": {}},
    compose=compose,
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
