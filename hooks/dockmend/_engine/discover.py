"""Which files the given paths stand for."""

from __future__ import annotations

import os

from dockmend._engine.errors import Failure
from dockmend._engine.files import describe
from dockmend._engine.kinds import is_dockerfile, is_named
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.config import Configs

_SKIPPED = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".nox", ".svn", ".tox", ".venv", "__pypackages__",
    "node_modules", "site-packages",
})  # fmt: skip


class Search:
    """The files that paths stand for; what could not be searched is in `errors` afterwards."""

    def __init__(self, configs: Configs, *, force_exclude: bool = False) -> None:
        """With `force_exclude` the configuration's `exclude` holds for files named one by one, too."""
        self.errors: list[Failure] = []
        self._configs = configs
        self._force_exclude = force_exclude
        self._seen: set[tuple[str, str]] = set()
        self._folders: dict[str, str] = {}

    def files(self, paths: Iterable[str]) -> Iterator[str]:
        """Each file once, in the order of `paths`, a folder's in the order of their names.

        A folder is searched; a `.dockerignore` stands for the Dockerfiles that it serves; any other path
        is taken as it is, missing ones included.
        """
        for path in paths:
            if os.path.isdir(path):
                found = self._walk(path)
            elif os.path.basename(path).endswith(".dockerignore"):
                found = self._served(path)
            else:
                found = iter((path,))
            for file in found:
                if self._is_new(file) and not (self._force_exclude and self.excludes(file)):
                    yield file

    def excludes(self, path: str) -> bool:
        """Whether the configuration of the file or folder at `path` excludes it; not where that is wrong."""
        absolute = os.path.abspath(path)
        try:
            return self._configs.of(os.path.dirname(absolute)).excludes(absolute)
        except Failure:
            return False  # said when the file is checked

    def _walk(self, top: str) -> Iterator[str]:
        folders = [top]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append(Failure.at(folder, f"cannot be searched: {describe(error)}"))
                continue
            if folder != top and any(entry.name == "pyvenv.cfg" for entry in listed):
                continue
            below = []
            for entry in listed:
                path = entry.path.removeprefix("./")
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED and not self.excludes(path):
                        below.append(path)
                elif is_named(path) and _is_candidate(entry) and not self.excludes(path):
                    yield path
            folders += reversed(below)

    def _served(self, path: str) -> Iterator[str]:
        """`NAME.dockerignore` serves NAME, `.dockerignore` the Dockerfiles beside it.

        https://docs.docker.com/build/concepts/context/#filename-and-location
        """
        folder, name = os.path.split(path)
        own = name.removesuffix(".dockerignore")
        try:
            beside = sorted(os.listdir(folder or "."))
        except OSError as error:
            self.errors.append(Failure.at(folder or ".", f"cannot be searched: {describe(error)}"))
            return
        for other in beside:
            if (other == own or (not own and is_dockerfile(other))) and os.path.isfile(
                os.path.join(folder, other)
            ):
                yield os.path.join(folder, other)

    def _is_new(self, path: str) -> bool:
        if os.path.islink(path):
            path = os.path.realpath(path)
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        key = self._folders[folder], name
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _is_candidate(entry: os.DirEntry[str]) -> bool:
    """A regular file, or a link to one; a link that leads nowhere is named later, when it cannot be read."""
    return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
