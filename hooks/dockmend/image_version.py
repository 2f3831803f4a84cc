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

from dockmend._hook import UNSAFE, Context, Finding, Fix, Hook
from dockmend._project.image_uses import Place, Use, deciding, image_uses, service_images
from dockmend._project.reference import SCRATCH, Image, filled, parse
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._compose.document import ComposeFile
    from dockmend._compose.edit import Put
    from dockmend._dockerfile.document import Document

LATEST = "latest"

_TAG = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image that is taken without a tag, or with `latest`."""
    for use in image_uses(doc):
        if _is_open(use.image):
            literal = use.place.reference.endswith(f":{LATEST}")
            found = _finding(doc, use, use.place if literal else deciding(doc, use.place), ctx)
            yield found._replace(code=_code(use.image))


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image of a Compose file that is taken without a tag, or with `latest`."""
    from dockmend._compose.edit import replaced

    for node in service_images(doc):
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
        yield Finding(_message(image), node.span, fix, why, code=_code(image))


def _code(image: Image) -> str:
    return "DL3007" if image.tag else "DL3006"


def _is_open(image: Image) -> bool:
    return image.digest is None and image.tag in (None, LATEST) and image.name != SCRATCH


def _finding(doc: Document, use: Use, editable: Place | str, ctx: Context) -> Finding:
    image, span, message = use.image, use.place.span, _message(use.image)
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
    from collections.abc import Mapping

    versions = ctx.options.get("versions")
    if isinstance(versions, Mapping) and image.name in versions:
        version = str(versions[image.name])
        return (
            (version, f"the configuration says {version}")
            if _TAG.match(version)
            else ("", f"`{version}` is no tag")
        )
    from dockmend._project.versions import TOOLS, stated

    found = stated(image.name, ctx.build)
    if found is not None:
        return found
    if ctx.build.root is None and image.name in TOOLS:
        return "", ctx.build.reason
    return "", f"the project states no version of {image.name}; `versions` in the configuration can"


def _tagged(doc: Document, place: Place, image: Image, version: str) -> Fix | None:
    """The reference at `place` with `version` for its tag; None where it is not plain text."""
    reference = place.reference
    if reference == LATEST:
        cut, new = 0, version
    elif image.tag is None:
        cut, new = len(reference), f":{version}"
    else:
        cut, new = len(reference) - len(LATEST), version
    changed = place.replaced(doc, cut, len(reference), new)
    if changed is None:
        return None
    edit, meaning = changed
    return Fix(UNSAFE, (edit,), {place.instruction.index: (meaning,)})


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
