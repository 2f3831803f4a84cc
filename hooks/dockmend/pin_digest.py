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

Images that `COPY --from` and `RUN --mount=from=` name are pinned as well, and those that the services of a
Compose file run.

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

`DOCKER_CONTENT_TRUST=1` is reported in Dockerfiles (ENV, ARG, RUN), Compose files, scripts, Makefiles and CI
files, whether the hook was asked for or not. Docker retired it: since August 2025 official images cannot be
pulled where it is set, and its service ends in December 2026. Digests do what it did for the content. Who
published an image is told by signatures of cosign (`dockmend verify`) or Notation, where there are any:
Docker's official images have none as of 2026.

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

from dockmend._hook import UNSAFE, Context, Finding, Fix, Hook
from dockmend._project import content_trust
from dockmend._project.content_trust import INSTEAD, MESSAGE
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Document
    from dockmend._project.pins import Pin
    from dockmend._project.registry import Question
    from dockmend._project.scripts import ScriptFile


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each image without a digest and, if wanted, each whose tag has left its digest."""
    yield from (Finding(MESSAGE, span, reason=INSTEAD) for span in content_trust.in_dockerfile(doc))
    if ctx.asked:
        from dockmend._project.pins import dockerfile_pins

        yield from _judged(dockerfile_pins(doc), ctx)


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield the same for the images that services run."""
    yield from (Finding(MESSAGE, span, reason=INSTEAD) for span in content_trust.in_compose(doc))
    if ctx.asked:
        from dockmend._project.pins import compose_pins

        yield from _judged(compose_pins(doc), ctx)


def script(doc: ScriptFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding where a script, Makefile or CI file turns Docker Content Trust on."""
    del ctx
    yield from (Finding(MESSAGE, span, reason=INSTEAD) for span in content_trust.content_trust(doc.text))


def _waiting(pin: Pin, ctx: Context) -> Pin:
    """The pin, with a reason where its image is one that image-version gives a version."""
    if pin.image.digest or pin.image.tag not in (None, "latest"):
        return pin
    from dockmend._project.versions import stated

    version = stated(pin.image.name, ctx.build)
    if version is None or not version.version:
        return pin
    return pin._replace(reason=f"`image-version` goes first: {version.why}")


def _judged(pins: Iterable[Pin], ctx: Context) -> Iterator[Finding]:
    update = bool(ctx.options.get("update"))
    wanted = [_waiting(pin, ctx) for pin in pins if not pin.image.digest or (update and pin.image.tag)]
    if not wanted:
        return
    from dockmend._project.registry import answers

    questions = {pin: _question(pin, ctx) for pin in wanted if not pin.reason}
    if ctx.ahead is not None:
        ctx.ahead.extend((pin.image.digest, question) for pin, question in questions.items())
        return
    known = answers(questions.values())
    for pin in wanted:
        question = questions.get(pin)
        answer = known[question] if question else None
        if answer is None or not answer.digest:
            yield Finding(_message(pin), pin.span, reason=answer.reason if answer else pin.reason)
        elif not pin.image.digest:
            yield _pinned(pin, answer.digest)
        elif question and (day := _of_the_day(pin.image.digest, question)):
            yield _moved(pin, answer.digest, answers([day])[day].created)


def prepare(noted: list[tuple[str | None, Question]]) -> Iterator[tuple[int, int]]:
    """Ask for all images, each noted with the digest that is there; yields how many of how many are known."""
    if noted:
        from dockmend._project.registry import ask

        yield from ask(question for _, question in noted)
        days = (_of_the_day(digest, question) for digest, question in noted if digest)
        yield from ask(day for day in days if day)


def _question(pin: Pin, ctx: Context) -> Question:
    from collections.abc import Mapping

    from dockmend._project.registry import Question

    mirrors = ctx.options.get("mirrors")
    mirror = str(mirrors.get(pin.source.registry, "")) if isinstance(mirrors, Mapping) else ""
    return Question(pin.source._replace(digest=None), mirror, bool(ctx.options.get("update")))


def _of_the_day(pinned: str, question: Question) -> Question | None:
    """What to ask for the day of the image that a tag has now; None where that is the pinned one."""
    from dockmend._project.registry import answers

    digest = answers([question])[question].digest
    if digest in ("", pinned):
        return None
    return question._replace(image=question.image._replace(digest=digest))


def _message(pin: Pin) -> str:
    if pin.image.digest:
        return f"whether the tag of {pin.name} has left the pinned digest is not known"
    return f"the image {pin.name} is whatever has that {'tag' if pin.image.tag else 'name'} on the day"


def _pinned(pin: Pin, digest: str) -> Finding:
    new = f"@{digest}" if pin.image.tag else f":latest@{digest}"
    reason = "what its owner mends from now on comes with `--update` only"
    return _finding(pin, _message(pin), len(pin.end), new, reason)


def _moved(pin: Pin, digest: str, day: str) -> Finding:
    message = f"{pin.name} is pinned to an image that the tag has left{f' for one of {day}' if day else ''}"
    reason = "what is in the image changes as its owner changed it"
    return _finding(pin, message, pin.end.rfind("@"), f"@{digest}", reason)


def _finding(pin: Pin, message: str, start: int, new: str, reason: str) -> Finding:
    """The finding whose fix puts `new` for the end of the reference from `start` on."""
    changed = pin.replace(start, new)
    if changed is None:
        return Finding(message, pin.span, reason="it is written with quotes, or on several lines")
    edit, becomes = changed
    return Finding(message, pin.span, Fix(UNSAFE, (edit,), becomes), reason)


HOOK = Hook(
    name="pin-digest",
    practice=16,
    summary="The image you tested is the image you get",
    check=check,
    safety=UNSAFE,
    options={"mirrors": {}, "update": False},
    compose=compose,
    script=script,
    prepare=prepare,
)


def main() -> int:
    """Run this hook alone on the command line's files."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
