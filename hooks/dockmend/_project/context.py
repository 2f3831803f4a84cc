"""The build context: the folder whose files ADD, COPY and bind mounts name.

https://docs.docker.com/build/concepts/context/. Everything is looked up when first asked for, links lead
nowhere outside the root, and what cannot be read is unknown, never an error.
"""

from __future__ import annotations

import errno
import os
import stat

from dockmend._project.pattern import BadPattern, clean, glob, has_wildcard
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockmend._project.ignore import IgnoreFile

FILE = "file"
FOLDER = "folder"
OTHER = "other"
MISSING = "missing"

NOT_KNOWN = "the build context is not known"

_LINKS = 255
_ENTRIES = 50_000
_TEXT = 1 << 20


class Entry(NamedTuple):
    """A path of the context, relative to its root, and what it is, links followed.

    `kind` is FILE, FOLDER, OTHER (a socket, a device) or MISSING (a link that leads nowhere in the root).
    """

    path: str
    kind: str


class Ignore(NamedTuple):
    """The ignore file of a Dockerfile: `path` is absolute, and that of the file to make where none `exists`.

    `file` is None where it cannot be read.
    """

    path: str
    exists: bool
    file: IgnoreFile | None


class Built(NamedTuple):
    """How a service of a Compose file is built: its build context and Dockerfile, and the `target` stage.

    `healthcheck` says that the service has one of its own, which takes the place of the image's.
    """

    context: str
    dockerfile: str
    target: str | None
    healthcheck: bool


class BuildContext:
    """A build context, or none: `root` is an absolute path, None where `reason` says why it is not known.

    Paths are relative to the root, their parts parted by "/". As in BuildKit, ".." and links stay within
    the root (containerd's fs.RootPath).
    """

    __slots__ = ("_find", "_found", "_ignores", "_walked")

    def __init__(
        self,
        root: str | None = None,
        reason: str = NOT_KNOWN,
        find: Callable[[], tuple[str | None, str, tuple[Built, ...]]] | None = None,
    ) -> None:
        """`find` gives root, reason and services, and is called when one of them is first asked for."""
        self._find = find
        self._found: tuple[str | None, str, tuple[Built, ...]] | None = None
        if find is None:
            self._found = None if root is None else os.path.abspath(root), reason, ()
        self._ignores: dict[str | None, Ignore] = {}
        self._walked: dict[tuple[frozenset[str], int], tuple[list[str], bool]] = {}

    @property
    def root(self) -> str | None:
        """The folder, None where it is not known."""
        return self._looked_up()[0]

    @property
    def reason(self) -> str:
        """Why the context is not known, as a clause; "" where it is known."""
        root, reason, _ = self._looked_up()
        return "" if root is not None else reason

    @property
    def services(self) -> tuple[Built, ...]:
        """The services of Compose files that are built from the Dockerfile."""
        return self._looked_up()[2]

    @property
    def targets(self) -> frozenset[str]:
        """The stages that services name as their target, in lower case; none where one takes the last."""
        names = [one.target for one in self.services]
        return frozenset() if None in names else frozenset(name.lower() for name in names if name)

    def _looked_up(self) -> tuple[str | None, str, tuple[Built, ...]]:
        if self._found is None:
            assert self._find is not None
            self._found = self._find()
        return self._found

    def kind(self, path: str) -> str | None:
        """What `path` is, links followed; None where that cannot be told."""
        return self._resolved(path)[1]

    def read(self, path: str, limit: int = _TEXT) -> bytes | None:
        """The content of a file of at most `limit` bytes; None for anything else."""
        place, kind = self._resolved(path)
        data = None if place is None or kind != FILE else read_head(place, limit + 1)
        return None if data is None or len(data) > limit else data

    def read_text(self, path: str) -> str:
        """The content of a file as text, "" where there is none to read."""
        return (self.read(path) or b"").decode("utf-8", "replace")

    def is_archive(self, path: str) -> bool | None:
        """Whether ADD would unpack the file at `path`; None where that cannot be told."""
        place, kind = self._resolved(path)
        if kind is None or place is None:
            return None
        from dockmend._project.archive import HEAD, is_archive

        head = read_head(place, HEAD) if kind == FILE else b""
        return None if head is None else is_archive(head)

    def entries(self, source: str, ignore: IgnoreFile | None = None) -> tuple[Entry, ...] | None:
        """What a source of ADD or COPY, its variables and quotes resolved, names in the context.

        What `ignore` excludes is not there. Empty where nothing matches; None where that cannot be told.
        ResolveWildcards of tonistiigi/fsutil copy/copy.go.
        """
        path = relative(source)
        if not has_wildcard(path):
            found = [Entry(path, self.kind(path) or "")]
        elif "[^" in path:
            # A negated class of Go's filepath.Match also matches "/".
            return None
        else:
            try:
                names = self._matching(path.split("/"))
            except (OSError, BadPattern):
                return None
            found = [Entry(name, self.kind(name) or "") for name in names]
        if any(not entry.kind for entry in found):
            return None
        if not has_wildcard(path) and found[0].kind == MISSING:
            return ()
        return tuple(entry for entry in found if ignore is None or not _gone(entry, ignore))

    def _matching(self, parts: list[str]) -> list[str]:
        """Paths that match part by part; raises OSError where a folder cannot be read or holds too much."""
        first = next(at for at, part in enumerate(parts) if has_wildcard(part))
        found = ["/".join(parts[:first])]
        budget = _ENTRIES
        for at, part in enumerate(parts[first:], first):
            pattern = glob(part)
            matched = []
            for folder in found:
                place, kind = self._resolved(folder)
                if place is None or kind is None:
                    raise OSError(errno.EACCES, "unreadable", folder)
                if kind != FOLDER or (at > first and os.path.islink(os.path.join(self.root or "", folder))):
                    continue
                for name in sorted(os.listdir(place)):
                    budget -= 1
                    if budget < 0:
                        raise OSError(errno.EFBIG, "too many entries", folder)
                    if pattern.matches(name):
                        matched.append(f"{folder}/{name}".lstrip("/"))
            found = matched
        return found

    def walk(self, passed_over: frozenset[str], limit: int = _ENTRIES) -> tuple[list[str], bool]:
        """Paths of the files and links there, nearest to the root first, and whether these are all.

        A folder whose name is one of `passed_over` is given itself, in place of what it holds. No link is
        followed. Not all are given where a folder cannot be read or more than `limit` entries are there.
        """
        key = passed_over, limit
        if key not in self._walked:
            self._walked[key] = self._walk(passed_over, limit)
        return self._walked[key]

    def _walk(self, passed_over: frozenset[str], limit: int) -> tuple[list[str], bool]:
        from collections import deque

        files: list[str] = []
        folders = deque([""])
        complete = self.root is not None
        while folders and self.root is not None:
            folder = folders.popleft()
            try:
                with os.scandir(os.path.join(self.root, folder)) as entries:
                    found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
            except OSError:
                complete = False
                continue
            limit -= len(found)
            if limit < 0:
                return files, False
            for name, is_folder in found:
                path = f"{folder}/{name}" if folder else name
                if is_folder and name not in passed_over:
                    folders.append(path)
                else:
                    files.append(path)
        return files, complete

    def ignore(self, dockerfile: str | None) -> Ignore | None:
        """The ignore file in force for the Dockerfile at that absolute path; None without a root.

        `<name>.dockerignore` beside the Dockerfile comes before the root's .dockerignore (BuildKit's
        frontend/dockerui/config.go).
        """
        if self.root is None:
            return None
        if dockerfile not in self._ignores:
            self._ignores[dockerfile] = _ignore(self.root, dockerfile)
        return self._ignores[dockerfile]

    def _resolved(self, path: str) -> tuple[str | None, str | None]:
        """The absolute path without links, and its kind; (None, None) where it cannot be told."""
        if self.root is None:
            return None, None
        done: list[str] = []
        todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        links = 0
        mode = stat.S_IFDIR
        while todo:
            part = todo.pop()
            if part == "..":
                done = done[:-1]
                mode = stat.S_IFDIR
                continue
            place = os.path.join(self.root, *done, part)
            try:
                mode = os.lstat(place).st_mode
                target = os.readlink(place) if stat.S_ISLNK(mode) else None
            except (FileNotFoundError, NotADirectoryError):
                return place, MISSING
            except (OSError, ValueError):
                return None, None
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > _LINKS:
                return None, MISSING
            if target.startswith("/"):
                done = []
            todo += [step for step in reversed(target.split("/")) if step not in ("", ".")]
            mode = stat.S_IFDIR
        place = os.path.join(self.root, *done)
        if not done:
            return place, FOLDER if os.path.isdir(place) else None
        kinds = ((stat.S_ISDIR, FOLDER), (stat.S_ISREG, FILE))
        return place, next((kind for holds, kind in kinds if holds(mode)), OTHER)


def relative(source: str) -> str:
    """The path of the context that a source names: "" for the root itself (BuildKit's NormalizePath)."""
    return clean("/" + source).lstrip("/")


def read_head(path: str, size: int) -> bytes | None:
    """The first `size` bytes of the regular file at `path`; None where that cannot be read."""
    try:
        # Non-blocking: a pipe in place of the file must not stop the reader.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            return file.read(size) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except (OSError, ValueError):
        return None


def _gone(entry: Entry, ignore: IgnoreFile) -> bool:
    """Whether nothing of the entry is left: a folder may be excluded and something in it brought back."""
    return ignore.excludes(entry.path) and not (entry.kind == FOLDER and ignore.has_exceptions)


def _ignore(root: str, dockerfile: str | None) -> Ignore:
    from dockmend._project.ignore import IgnoreFile

    path = os.path.join(root, ".dockerignore")
    if dockerfile is not None and os.path.lexists(f"{dockerfile}.dockerignore"):
        path = f"{dockerfile}.dockerignore"
    if not os.path.lexists(path):
        return Ignore(path, False, IgnoreFile.parse(""))
    data = read_head(path, _TEXT + 1)
    if data is None or len(data) > _TEXT:
        return Ignore(path, True, None)
    return Ignore(path, True, IgnoreFile.parse(data.decode("utf-8", "surrogateescape")))
