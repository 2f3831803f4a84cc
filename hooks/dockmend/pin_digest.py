"""The image you tested is the image you get.

## Why

A tag is a name that its owner can give to another image at any time: `python:3.12` of today is not that of
last month, and whoever takes over an account can put anything there. A digest names the content itself.
`python:3.12@sha256:…` is the same image on every machine and every day, or the build fails.

## Example

```dockerfile
FROM golang:1.25 AS build
RUN go install example.org/app@v1.2.3

FROM debian:12-slim
COPY --from=build /go/bin/app /usr/local/bin/
```

```dockerfile
FROM golang:1.25@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS build
RUN go install example.org/app@v1.2.3

FROM debian:12-slim@sha256:2222222222222222222222222222222222222222222222222222222222222222
COPY --from=build /go/bin/app /usr/local/bin/
```

Images that `COPY --from` and `RUN --mount=from=` name are pinned as well.

## Asks a registry

Nothing is pinned, and no network is used, unless this hook is selected by its name: `dockmend --select
pin-digest`, `--extend-select pin-digest`, the same in the configuration, `--update`, or its own command,
`dockmend-pin-digest`. It needs what `pip install 'dockmend[registry]'` installs; for the id
`dockerfile-pin-digest` pre-commit does that by itself.

Each image is asked for once in a run, of its own registry, with the credentials in Docker's configuration
(`auths`, `credHelpers`, `credsStore`) and the certificates and proxies that REQUESTS_CA_BUNDLE and
HTTPS_PROXY name. The digest is that of the index, which stands for all platforms. Docker Hub does not count
the question as a pull. An answer is kept for ten minutes in `$XDG_CACHE_HOME/dockmend`. Where a registry
cannot be reached, does not know the image or does not show it, that is reported and nothing is changed.

`--update` moves the digests that are there to those that the tags have now, and says of what day the new
image is. Nothing else changes what was pinned.

## Fix safety

Unsafe: what was built before may be of an older image with the same tag, and what its owner mends from now
on, security holes among it, comes with `--update` only. Let that run often.

An ARG before the first FROM that is the tag, or the whole reference, is pinned there, if nothing else uses
it: who builds with another value gets that one. Where it is a part of the tag, another value would still get
the old digest's image, so that is left alone.

`image-version` goes first: an image without a tag, or with `latest`, waits for it where the project states
the version, and is pinned as `latest` where it does not. `slim-base` goes first too; it leaves pinned images
alone.

## Left alone

Stages, `scratch`, digests without a tag, and what a build argument without a default decides. The image of
`# syntax=`. A single word in `COPY --from` that is no image known here may be a build context that
`docker build --build-context` names.

## Docker Content Trust

`DOCKER_CONTENT_TRUST=1` in ENV, ARG and RUN is reported whether the hook was asked for or not. Docker retired
it: since August 2025 official images cannot be pulled where it is set, and its service ends in December 2026.
Digests do what it did for the content. Who published an image is told by signatures of cosign (`dockmend
verify`) or Notation, where there are any: Docker's official images have none as of 2026.

## Options

- `mirrors`: a table of what to ask in place of a registry, `{ "docker.io" = "mirror.example.org/hub" }`; a
  mirror that speaks plain HTTP begins with `http://`.
- `update`: `true` does in every run what `--update` does.

## References

- https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
- https://docs.docker.com/docker-hub/usage/pulls/
- https://www.docker.com/blog/retiring-docker-content-trust/
- https://www.docker.com/blog/docker-content-trust-retirement-and-migration-guidance/
- https://github.com/nodejs/docker-node/discussions/2651 (no signatures of official images)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dockmend._dockerfile.document import Document
from dockmend._dockerfile.span import Span
from dockmend._hook import UNSAFE, Context, Finding, Fix, Hook
from dockmend._project.content_trust import INSTEAD, MESSAGE, content_trust
from dockmend._project.image_uses import Place, Use, deciding, image_uses
from dockmend._project.reference import written
from dockmend._project.versions import stated

if TYPE_CHECKING:
    from dockmend._project.registry import Question


class _Pin(NamedTuple):
    """An image to pin, or to pin anew: where that is done, and what to ask for it; or why it is not."""

    use: Use
    place: Place
    question: Question | None
    reason: str = ""


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image without a digest and, if wanted, each whose tag has left its digest."""
    pins = list(_pins(doc, ctx)) if ctx.asked else []
    if ctx.ahead is not None:
        ctx.ahead.extend((pin.use.image.digest, pin.question) for pin in pins if pin.question)
        return
    yield from _trusted(doc)
    if not pins:
        return
    from dockmend._project.registry import answers

    known = answers(pin.question for pin in pins if pin.question)
    for pin in pins:
        if pin.question is None:
            yield Finding(_message(pin.use), pin.use.place.span, reason=pin.reason)
        elif not known[pin.question].digest:
            yield Finding(_message(pin.use), pin.use.place.span, reason=known[pin.question].reason)
        elif not pin.use.image.digest:
            yield _pinned(doc, pin, known[pin.question].digest)
        elif day := _of_the_day(pin.use.image.digest, pin.question):
            yield _moved(doc, pin, known[pin.question].digest, answers([day])[day].created)


def prepare(noted: list[tuple[str | None, Question]]) -> Iterator[tuple[int, int]]:
    """Ask for all images, each noted with the digest that is there; yields how many of how many are known."""
    if noted:
        from dockmend._project.registry import ask

        yield from ask(question for _, question in noted)
        days = (_of_the_day(digest, question) for digest, question in noted if digest)
        yield from ask(day for day in days if day)


def _trusted(doc: Document) -> Iterator[Finding]:
    for instruction in doc.instructions:
        holder = instruction.trigger or instruction
        if holder.name in ("ENV", "ARG", "RUN"):
            args = holder.args
            spans = [args.span(*span) for span in content_trust(args.text)]
            for body in holder.heredocs:
                start, end = body.span
                spans += [Span(start + a, start + b) for a, b in content_trust(doc.text[start:end])]
            yield from (Finding(MESSAGE, span, reason=INSTEAD) for span in spans)


def _pins(doc: Document, ctx: Context) -> Iterator[_Pin]:
    mirrors = ctx.options.get("mirrors")
    update = bool(ctx.options.get("update"))
    for use in image_uses(doc):
        image, source = use.image, written(use.reference)
        decided_later = image.tag is not None and "$" in image.tag
        if source is None or decided_later or (image.digest and not (update and image.tag)):
            continue
        place = deciding(doc, use.place)
        version = stated(image.name, ctx.build) if image.tag in (None, "latest") else None
        if version is not None and version.version and not image.digest:
            yield _Pin(use, use.place, None, f"`image-version` goes first: {version.why}")
        elif isinstance(place, str):
            yield _Pin(use, use.place, None, place)
        else:
            from dockmend._project.registry import Question

            mirror = str(mirrors.get(source.registry, "")) if isinstance(mirrors, Mapping) else ""
            yield _Pin(use, place, Question(source._replace(digest=None), mirror, update))


def _of_the_day(pinned: str, question: Question) -> Question | None:
    """What to ask for the day of the image that a tag has now; None where that is the pinned one."""
    from dockmend._project.registry import answers

    digest = answers([question])[question].digest
    if digest in ("", pinned):
        return None
    return question._replace(image=question.image._replace(digest=digest))


def _message(use: Use) -> str:
    name = use.reference.partition("@")[0]
    if use.image.digest:
        return f"whether the tag of {name} has left the pinned digest is not known"
    return f"the image {name} is whatever has that {'tag' if use.image.tag else 'name'} on the day"


def _pinned(doc: Document, pin: _Pin, digest: str) -> Finding:
    new = f"@{digest}" if pin.use.image.tag else f":latest@{digest}"
    reason = "what its owner mends from now on comes with `--update` only"
    return _finding(doc, pin, _message(pin.use), len(pin.place.reference), new, reason)


def _moved(doc: Document, pin: _Pin, digest: str, day: str) -> Finding:
    name = pin.use.reference.partition("@")[0]
    message = f"{name} is pinned to an image that the tag has left{f' for one of {day}' if day else ''}"
    reason = "what is in the image changes as its owner changed it"
    return _finding(doc, pin, message, pin.place.reference.rfind("@"), f"@{digest}", reason)


def _finding(doc: Document, pin: _Pin, message: str, start: int, new: str, reason: str) -> Finding:
    """The finding whose fix puts `new` for the reference from `start` on."""
    span = pin.use.place.span
    changed = pin.place.replaced(doc, start, len(pin.place.reference), new)
    if changed is None:
        return Finding(message, span, reason="it is written with quotes, or on several lines")
    edit, meaning = changed
    return Finding(message, span, Fix(UNSAFE, (edit,), {pin.place.instruction.index: (meaning,)}), reason)


HOOK = Hook(
    name="pin-digest",
    practice=16,
    summary="The image you tested is the image you get",
    check=check,
    safety=UNSAFE,
    options={"mirrors": {}, "update": False},
    prepare=prepare,
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
