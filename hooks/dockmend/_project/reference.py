"""Image references, as FROM and `COPY --from` have them.

https://github.com/distribution/reference
"""

from __future__ import annotations

from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import Document, Stage, derived
from dockmend._dockerfile.state import expand, root_base
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from re import Match

SCRATCH = "scratch"

_HUB = "docker.io"
# Other ways to Hub's own images: https://docs.aws.amazon.com/AmazonECR/latest/public/docker-hub.html and
# https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images
_MIRRORS = {
    "index.docker.io": "", "registry-1.docker.io": "", "registry.hub.docker.com": "", "mirror.gcr.io": "",
    "public.ecr.aws": "docker/",
}  # fmt: skip
# https://github.com/docker-library/official-images#architectures-other-than-amd64
_ARCHITECTURES = frozenset(
    {"amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "mips64le", "ppc64le", "riscv64", "s390x"}
)
_TAG = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
# By the Dockerfiles of jupyter/docker-stacks, CircleCI's cimg-base and hassio-addons/app-base.
_SETS_SHELL = ("jupyter/", "cimg/", "hassio-addons/", "hassioaddons/")
_DEFAULTED = regex(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:?)-([^${}'\"\\]*)\}")


class Image(NamedTuple):
    """An image reference with Hub's defaults filled in.

    `tag` and `digest` are None where the reference has none; a tag that a build argument without a
    default decides keeps its `$`.
    """

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """The name people use: `python`, `bitnami/nginx`, `gcr.io/distroless/cc`."""
        if self.registry == _HUB:
            return self.repository.removeprefix("library/")
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def sets_shell(self) -> bool:
        """Whether it is known to set SHELL, which a stage FROM it inherits."""
        return self.registry in (_HUB, "quay.io", "ghcr.io") and self.repository.startswith(_SETS_SHELL)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the tag: `3.12-slim-bookworm` has three."""
        return tuple(self.tag.lower().split("-")) if self.tag else ()

    @property
    def open(self) -> bool:
        """Whether the reference leaves the tag open: a build argument decides it, or a digest alone."""
        return "$" in self.tag if self.tag else self.digest is not None


def parse(reference: str) -> Image | None:
    """The parts of an image reference as FROM has it; None where it is none.

    Another way to one of Hub's own images counts as that image. `scratch` has neither registry nor tag.
    """
    image = written(reference)
    if image is None or not image.registry:
        return image
    registry, path = image.registry, image.repository
    if path.startswith(_MIRRORS.get(registry, "/")):
        registry, path = _HUB, path.removeprefix(_MIRRORS[registry])
    if registry == _HUB:
        first, _, remainder = path.partition("/")
        if not remainder or (first in _ARCHITECTURES and "/" not in remainder):
            path = f"library/{remainder or path}"
    return image._replace(registry=registry, repository=path)


def written(reference: str) -> Image | None:
    """The parts of an image reference, the registry and the repository being those that are asked for it.

    None where it is none; `scratch` has neither registry nor tag.
    """
    if reference.lower() == SCRATCH:
        return Image("", SCRATCH, None, None)
    rest, _, digest = reference.partition("@")
    slash = rest.rfind("/")
    name, colon, tag = rest[slash + 1 :].partition(":")
    if colon and not (_is_tag(tag) or "$" in tag):
        return None
    registry, path = _HUB, rest[: slash + 1] + name
    first, _, remainder = path.partition("/")
    if remainder and ("." in first or ":" in first or first == "localhost"):
        registry, path = first, remainder
    if not _is_path(path):
        return None
    if registry == _HUB and "/" not in path:
        path = f"library/{path}"
    return Image(registry, path, tag or None, digest or None)


def _is_tag(text: str) -> bool:
    return 0 < len(text) <= 128 and text[0] not in ".-" and _TAG.issuperset(text)


def _is_path(text: str) -> bool:
    """Whether it is a repository: lower case and digits, parted by `/`, one of `.`, `_` and `__`, or `-`s."""
    parted = text.replace("__", "_")
    while "--" in parted:
        parted = parted.replace("--", "-")
    for mark in "_-/":
        parted = parted.replace(mark, ".")
    return text.isascii() and text == text.lower() and all(map(str.isalnum, parted.split(".")))


@derived
def base_image(doc: Document, stage: Stage) -> Image | None:
    """The image that the chain of stages under `stage` starts from, its ARGs at their defaults.

    None where a build argument without a default decides more than the tag.
    """
    return parse(base_reference(doc, stage))


def base_reference(doc: Document, stage: Stage) -> str:
    """The reference of that image; what a build argument without a default decides keeps its `$`.

    https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
    """
    base = root_base(stage)
    return filled(base, _global_arguments(doc)) if any(char in base for char in "$'\"") else base


@derived
def _global_arguments(doc: Document) -> dict[str, str | None]:
    """The ARGs before the first FROM, by name: their defaults, None for none."""
    found: dict[str, str | None] = {}
    for instruction in doc.instructions:
        if instruction.name == "FROM":
            break
        if instruction.name == "ARG":
            for word in lexer.quoted_words(instruction.args.text, doc.escape):
                name, equals, value = word.partition("=")
                found[name] = expand(_defaults(value, found), found) if equals else None
    return found


def filled(base: str, arguments: Mapping[str, str | None]) -> str:
    """`base` with what is known of its variables; a tag that cannot be told stays as it is written."""
    text = _defaults(base, arguments)
    whole = expand(text, arguments)
    if whole is not None:
        return whole
    colon = text.find(":", text.rfind("/") + 1)
    known = expand(text[:colon], arguments) if colon > 0 else None
    return text if known is None else known + text[colon:]


def _defaults(text: str, arguments: Mapping[str, str | None]) -> str:
    """`text` with `${NAME:-default}` and `${NAME-default}` replaced where they can be told."""

    def value(match: Match[str]) -> str:
        known = arguments.get(match[1])
        return match[3] if known is None or (match[2] and not known) else known

    return _DEFAULTED.sub(value, text)
