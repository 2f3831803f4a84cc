"""Secrets of the build context that a COPY or ADD of a folder takes along into the image."""

from __future__ import annotations

from dockmend._project.context import FOLDER, BuildContext
from dockmend._project.ignore import IgnoreFile
from dockmend._project.secret_files import holds_secret, secret_file
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockmend._project.sources import Source

# More files with such names are not read.
_READ = 100


class Baked(NamedTuple):
    """A file of the context that holds a secret, `what` it is, and the source that takes it along."""

    path: str
    what: str
    source: Source

    def __str__(self) -> str:
        return f"{self.path} ({self.what})"


def baked(
    build: BuildContext, paths: Iterable[str], sources: Iterable[Source], file: IgnoreFile
) -> list[Baked]:
    """Those among `paths` that `file` does not exclude, each by the first source that takes it."""
    folders = [(source, place, _left_out(source)) for source in sources if (place := _folder(build, source))]
    found: list[Baked] = []
    read = 0
    for path in paths if folders else ():
        what = secret_file(path, "")
        if not what or file.excludes(path):
            continue
        source = next((source for source, place, rule in folders if _takes(place, rule, path)), None)
        read += source is not None
        if source is None or read > _READ:
            continue
        content = build.read(path)
        if content is not None and holds_secret(what, content.decode("utf-8", "replace")):
            found.append(Baked(path, what, source))
    return found


def _folder(build: BuildContext, source: Source) -> str:
    """The folder that a COPY or ADD names, with a slash at its end; "" for anything else."""
    path = source.literal
    copies = (source.instruction.trigger or source.instruction).name in ("ADD", "COPY")
    return f"{path}/" if copies and path is not None and build.kind(path) == FOLDER else ""


def _left_out(source: Source) -> IgnoreFile:
    """What `--exclude` leaves out of the folder.

    https://docs.docker.com/reference/dockerfile/#copy---exclude
    """
    flags = (source.instruction.trigger or source.instruction).flags
    return IgnoreFile.parse("\n".join(flag.value or "" for flag in flags if flag.name == "exclude"))


def _takes(folder: str, left_out: IgnoreFile, path: str) -> bool:
    inner = path if folder == "/" else path.removeprefix(folder)
    return (folder == "/" or path.startswith(folder)) and not left_out.excludes(inner)
