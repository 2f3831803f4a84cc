"""Which folder is a Dockerfile's build context: what the command line, Compose files or its sources say."""

from __future__ import annotations

import os

from dockmend._dockerfile.parser import parse
from dockmend._functools import lru_cache
from dockmend._project.context import NOT_KNOWN, BuildContext, Built, read_head
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.document import Document

_NO_MORE = regex(r"(?i)dockerfile|containerfile|dockerignore|compose|\.(?:sh|md)$")
_LARGEST = 1 << 20
_DEPTH = 20

_Found = tuple["str | None", str, tuple[Built, ...]]


class Unclear(Exception):
    """A Compose file that cannot be read, or leaves open what it builds; the message is a clause."""


def find_context(path: str | None, explicit: str | None, text: str) -> BuildContext:
    """The build context of the Dockerfile `text` at `path`, found when first asked for.

    `explicit` is the folder that the user gave, and decides. Else Compose files in the Dockerfile's folder
    and above, up to the top of the repository, decide where they build it; else it is the Dockerfile's own
    folder where all the literal sources of its ADD and COPY exist there, and the folders of those with
    wildcards, else the top of the repository where they exist there.
    """
    return BuildContext(find=lambda: _find(path, explicit, text))


def _find(path: str | None, explicit: str | None, text: str) -> _Found:
    if explicit is not None:
        folder = os.path.abspath(explicit)
        reason = "" if os.path.isdir(folder) else f"the build context {explicit} is not a folder"
        return (None if reason else folder), reason, ()
    if path is None:
        return None, "a text without a file name has no build context", ()
    from dockmend._project.git import repository_top

    own = os.path.dirname(os.path.abspath(path))
    top = repository_top(own)
    try:
        built = tuple(_built(os.path.abspath(path), own, top))
    except Unclear as error:
        return None, str(error), ()
    contexts = {os.path.realpath(one.context) if os.path.isdir(one.context) else one.context for one in built}
    if len(contexts) > 1:
        return None, "the Compose files name more than one build context", built
    if contexts:
        return contexts.pop(), "", built
    return *_by_sources(parse(text), own, top), ()


def _by_sources(doc: Document, own: str, top: str | None) -> tuple[str | None, str]:
    from dockmend._project.sources import context_sources

    wanted = {
        source.rooted
        for source in context_sources(doc)
        if source.rooted and source.instruction.trigger is None
    }
    if not wanted:
        # Nothing but the whole context: a folder below the top that holds no more than Dockerfiles is not it.
        return (own, "") if own == top or top is None or _holds_more(own) else (None, NOT_KNOWN)
    for folder in (own, top):
        if folder and all(os.path.lexists(os.path.join(folder, name)) for name in wanted):
            return folder, ""
    missing = sorted(name for name in wanted if not os.path.lexists(os.path.join(own, name)))
    return None, f"{NOT_KNOWN}: {missing[0]} is not in the Dockerfile's folder"


def _holds_more(folder: str) -> bool:
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return not all(map(_NO_MORE.search, names))


def compose_files(folder: str) -> list[str]:
    """The names of Compose files in a folder; none where it cannot be read."""
    try:
        return sorted(name for name in os.listdir(folder) if _is_compose(name))
    except OSError:
        return []


def _is_compose(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    stem = stem.removeprefix("docker-")
    return ending in ("yaml", "yml") and (stem == "compose" or stem.startswith(("compose.", "compose-")))


def _built(path: str, own: str, top: str | None) -> Iterator[Built]:
    """The services of Compose files that build the Dockerfile at `path`. Raises Unclear."""
    folder = own
    for _ in range(_DEPTH):
        for name in compose_files(folder):
            for built in compose_builds(os.path.join(folder, name)):
                if os.path.realpath(built.dockerfile) == os.path.realpath(path):
                    yield built
        if top is None or folder == top:
            return
        folder = os.path.dirname(folder)


def compose_builds(file: str) -> tuple[Built, ...]:
    """How each service of a Compose file is built, paths absolute.

    Services built from elsewhere or from text in the file are left out. Raises Unclear where the file
    cannot be read, or a variable decides. https://docs.docker.com/reference/compose-file/build/
    """
    name = os.path.basename(file)
    data = read_head(file, _LARGEST + 1)
    if data is None or len(data) > _LARGEST:
        raise Unclear(f"{name} cannot be read")
    found = _builds(file, data)
    if isinstance(found, str):
        raise Unclear(found)
    return found


@lru_cache(maxsize=64)
def _builds(file: str, data: bytes) -> tuple[Built, ...] | str:
    """What `compose_builds` gives, or why it cannot be told: kept, since many Dockerfiles ask for it."""
    if b"build" not in data:
        return ()
    from dockmend._compose import document
    from dockmend._project.sources import is_remote

    name = os.path.basename(file)
    doc = document.parse(data.decode("utf-8", "surrogateescape"))
    if not doc.roots:
        return f"{name} is not readable YAML"
    found = []
    for service in doc.services:
        build = service.fields.get("build")
        said = document.texts(build.value) if build is not None else {}
        if build is None or build.value.resolved.is_null or "dockerfile_inline" in said:
            continue
        context, dockerfile = said.get("context") or ".", said.get("dockerfile") or "Dockerfile"
        if "$" in context + dockerfile:
            return f"a variable in {name} decides the build context"
        if not is_remote(context):
            folder = os.path.normpath(os.path.join(os.path.dirname(file), context))
            place = os.path.normpath(os.path.join(folder, dockerfile))
            found.append(Built(folder, place, said.get("target"), "healthcheck" in service.fields))
    return tuple(found)
