"""Two trees of files, compared path by path; times of change aside."""

from __future__ import annotations

import filecmp
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

# Files that each build makes anew, and why: their content may differ, their place, mode and owner may not.
ANEW = (
    (r".*/__pycache__/[^/]+\.pyc", "byte code holds the time of its source, and is not reproducible"),
    (r"/var/log/.*", "logs hold times"),
    (r"/var/cache/ldconfig/aux-cache", "holds times and inodes of the libraries"),
    (r"/var/lib/apt/lists/.*", "the archive may have been updated in between"),
)
# Not of the image: what buildah puts there for a RUN.
OUTSIDE = frozenset(
    {"/dev", "/proc", "/sys", "/run", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/.dockerenv"}
)
_ANEW = re.compile("|".join(f"(?:{pattern})" for pattern, _ in ANEW))


def differences(before: Path, after: Path) -> dict[str, str]:
    """Each path that differs -> how: "gone", "new", or what of it changed."""
    found: dict[str, str] = {}
    for path, old, new in _walked(before, after, "/"):
        if path in OUTSIDE:
            continue
        if old is None or new is None:
            found[path] = "new" if old is None else "gone"
        elif (how := _difference(before, after, path, old, new)) is not None:
            found[path] = how
    return found


def _walked(
    before: Path, after: Path, folder: str
) -> Iterator[tuple[str, os.stat_result | None, os.stat_result | None]]:
    left, right = _listed(before, folder), _listed(after, folder)
    for name in sorted(left.keys() | right.keys()):
        path = folder + name
        old, new = left.get(name), right.get(name)
        yield path, old, new
        if path not in OUTSIDE and any(one is not None and stat.S_ISDIR(one.st_mode) for one in (old, new)):
            yield from _walked(before, after, path + "/")


def _listed(root: Path, folder: str) -> dict[str, os.stat_result]:
    try:
        with os.scandir(f"{root}{folder}") as entries:
            return {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _difference(before: Path, after: Path, path: str, old: os.stat_result, new: os.stat_result) -> str | None:
    for what, one, other in (
        ("type", stat.S_IFMT(old.st_mode), stat.S_IFMT(new.st_mode)),
        ("mode", stat.S_IMODE(old.st_mode), stat.S_IMODE(new.st_mode)),
        ("owner", (old.st_uid, old.st_gid), (new.st_uid, new.st_gid)),
        ("device", old.st_rdev, new.st_rdev),
    ):
        if one != other:
            return f"{what} {one} is now {other}"
    left, right = f"{before}{path}", f"{after}{path}"
    if stat.S_ISLNK(old.st_mode):
        return None if os.readlink(left) == os.readlink(right) else "link to another target"
    if not stat.S_ISREG(old.st_mode) or _ANEW.fullmatch(path) or _same_file(old, new):
        return None
    return None if filecmp.cmp(left, right, shallow=False) else "content"


def _same_file(old: os.stat_result, new: os.stat_result) -> bool:
    """Whether both are the base image's file below an overlay: nobody can set the time of its last change."""
    return (old.st_ino, old.st_size, old.st_ctime_ns) == (new.st_ino, new.st_size, new.st_ctime_ns)
