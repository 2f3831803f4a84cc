"""A small base image for what ships.

## Why

`python:3.12` brings compilers, headers, git, curl and the headers of fifty libraries: about 1 GB, most of
it of no use once the container runs, all of it to be pulled, scanned and patched. `python:3.12-slim` has the
same Python in an eighth of that.

## Example

```dockerfile
FROM python:3.12.2
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
```

```dockerfile
FROM python:3.12.2-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
```

## Fix safety

Unsafe: a slim image has no compiler, no headers and few tools, so a package that has no wheel fails to
build, and a script that calls git or curl fails to run. What this file itself shows is looked for: commands
that the small image lacks in any RUN, CMD, ENTRYPOINT or HEALTHCHECK of the stage and of those built FROM it,
unless apt installs them before; distributions such as psycopg2 that take a compiler or a library of the
system, in RUN and in the requirements files of the build context; gems, which are mostly compiled; packages
of headers, where none of a compiler is installed; Debian packages that need `/usr/share/man`; packages that
dpkg installs, whose dependencies are not known. Where one is found it is named, and nothing is changed.

A JDK becomes a JRE: that of Eclipse Temurin where the image was openjdk, which is no longer built.

`image-version` goes first: an image without a tag waits for it. `multi-stage` comes after: it takes compilers
out of a file whose base has none.

## Left alone

Stages that do not ship. Digests. Images that are small already, and those without a small variant, such as
Ubuntu's. Alpine is never proposed: its C library is another, and many wheels do not fit it. A tag that a
build argument decides, and Go, Rust, Maven, Gradle and .NET SDK images at the end of a multi-stage file are
only reported.

## References

- https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image
- https://hub.docker.com/_/python (Image Variants)
- https://github.com/docker-library/buildpack-deps
- https://github.com/debuerreotype/debuerreotype/issues/10 (man pages in slim images)
"""

from __future__ import annotations

from dockmend._dockerfile.state import is_windows, shipping
from dockmend._hook import INFO, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.reference import Image, base_image
from dockmend._project.small_images import (
    BUILD,
    DOCS,
    JDK,
    Small,
    has_small_variant,
    is_toolchain,
    small_variant,
)
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.document import Document, Stage

_WHAT = {
    BUILD: "it has no compiler, no headers and few tools: what has no prebuilt binary fails to build",
    JDK: "it has no compiler and none of the tools that only a JDK has",
    DOCS: "it has no documentation, no manual pages and no translations",
}


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where the image that ships is built on one that has a small variant."""
    stage = shipping(doc)[0]
    image = base_image(doc, stage)
    if image is None or image.digest is not None or is_windows(doc, stage):
        return
    word = stage.instruction.words[0]
    span = word.span(0, len(word.text))
    if is_toolchain(image) and len(doc.stages) > 1:
        yield Finding(
            f"the image that ships is built on {image.name}, which is there to build with",
            span,
            reason="which image the program can run in is not known here",
        )
    if not has_small_variant(image.name):
        return
    if image.tag in (None, "latest"):
        reason = "it has no version yet: image-version goes first"
        yield Finding(f"the image {image.name} has a small variant", span, reason=reason)
        return
    small = small_variant(image)
    if small is None:
        if image.open and "slim" not in word.text and "alpine" not in word.text:
            reason = "a build argument decides its tag"
            yield Finding(f"the image {image.name} has a small variant", span, reason=reason)
        return
    variant = f"{small.name}:{small.tag}"
    message = f"the image {image.name}:{image.tag} is larger than it need be: there is {variant}"
    reason = _why_not(doc, stage, image, small, ctx)
    if reason:
        yield Finding(message, span, reason=reason)
        return
    start = 0 if small.name != image.name else len(word.text) - len(image.tag or "")
    new = variant if start == 0 else small.tag
    meaning = stage.instruction.meaning
    text = stage.instruction.args.text
    becomes = meaning._replace(value=text[:start] + new + text[len(word.text) :])
    edit = Edit(word.span(start, len(word.text)), new)
    yield Finding(
        message, span, Fix(UNSAFE, (edit,), {stage.instruction.index: (becomes,)}), _WHAT[small.kind]
    )


def _why_not(doc: Document, stage: Stage, image: Image, small: Small, ctx: Context) -> str:
    """Why the image cannot be exchanged for its small variant, or ""."""
    word = stage.instruction.words[0]
    if "$" in word.text:
        return "a build argument decides its tag"
    whole = word.span(0, len(word.text))
    if doc.text[whole.start : whole.end] != word.text or not word.text.endswith(f":{image.tag}"):
        return "it is written with quotes"
    if small.name != image.name and word.text != f"{image.name}:{image.tag}":
        return f"the registry may not have {small.name}"
    from dockmend._project.missing import missing

    found = missing(doc, stage, image.name, small, ctx.build)
    if not found:
        return ""
    named = ", ".join(found[:4])
    return f"the file uses what {small.name}:{small.tag} lacks: {named}{', …' if len(found) > 4 else ''}"


HOOK = Hook(
    name="slim-base",
    practice=3,
    summary="A small base image for what ships",
    check=check,
    severity=INFO,
    safety=UNSAFE,
    keywords=frozenset({"FROM"}),
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
