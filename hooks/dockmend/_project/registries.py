"""Where the images of a Dockerfile come from, and whether that is trusted, as hadolint's DL3026 has it.

https://github.com/hadolint/hadolint/wiki/DL3026
"""

from __future__ import annotations

from dockmend._project.image_uses import image_uses
from dockmend._project.reference import written
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dockmend._dockerfile.document import Document
    from dockmend._dockerfile.span import Span

# Either stands for where an image comes from that names no registry.
_HUB = ("docker.io", "hub.docker.com")


def untrusted(doc: Document, trusted: Collection[str]) -> Iterator[tuple[Span, str]]:
    """Each place that takes an image from a registry beside those `trusted`, and that registry.

    A `*` at the start or the end of a trusted one stands for anything. What a build argument decides is
    passed over.
    """
    for use in image_uses(doc):
        image = written(use.reference)
        if image is not None:
            named = use.reference.startswith(f"{image.registry}/")
            names = (image.registry,) if named else _HUB
            if not any(_matches(pattern, one) for pattern in trusted for one in names):
                yield use.place.span, image.registry


def _matches(pattern: str, name: str) -> bool:
    if pattern in ("*", name):
        return True
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return pattern.endswith("*") and name.startswith(pattern[:-1])
