"""Where a registry is asked."""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._project.reference import Image

# Hub is called by one name and asked at another: https://docs.docker.com/reference/api/registry/auth/
_HUB = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_MIRROR = regex(rf"(?:(https?)://)?({_HOST})((?:/[a-z0-9][a-z0-9._-]*)*)/?")
_LOOPBACK = regex(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?", re.ASCII)


class Endpoint(NamedTuple):
    """A registry: what people call it, its host, and what goes before the name of a repository.

    `plain` is what is tried in turn: over TLS (False), over plain HTTP (True).
    """

    name: str
    host: str
    prefix: str
    plain: tuple[bool, ...]

    def url(self, repository: str, tag: str) -> str:
        """What is asked for, as an address that is nothing else's."""
        return f"{'http' if self.plain[0] else 'https'}://{self.host}/{self.prefix}{repository}:{tag}"


def endpoint(image: Image, mirror: str) -> Endpoint | str:
    """Where `image` is asked for, at `mirror` in place of its registry unless that is ""; or why nowhere.

    A registry on this machine may speak plain HTTP, as it may to Docker:
    https://docs.docker.com/reference/cli/dockerd/#insecure-registries
    """
    match = _MIRROR.fullmatch(mirror or image.registry)
    if match is None or (not mirror and (match[1] or match[3])):
        what = f"`{mirror}` in `mirrors`" if mirror else f"`{image.registry}`"
        return f"{what} is no registry's name: it is HOST or HOST:PORT"
    scheme, host, prefix = match.groups()
    plain: tuple[bool, ...] = (scheme == "http",)
    if scheme is None and _LOOPBACK.fullmatch(host):
        plain = (False, True)
    return Endpoint(host, _HUB.get(host, host), prefix[1:] + "/" if prefix else "", plain)
