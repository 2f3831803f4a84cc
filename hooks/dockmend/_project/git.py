"""What a git repository says of its files, read from its own files; git is never run."""

from __future__ import annotations

import os

from dockmend._functools import lru_cache
from dockmend._project.context import read_head

_LARGEST = 32 << 20


def repository_top(folder: str) -> str | None:
    """The nearest folder from `folder`, an absolute path, upwards that holds .git; None for none."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def tracked(folder: str) -> tuple[str, ...] | None:
    """The files that git tracks in `folder`, an absolute path, relative to it.

    None where there is no repository, or its index is not one to read here.
    https://git-scm.com/docs/index-format
    """
    top = repository_top(folder)
    data = top and read_head(os.path.join(top, ".git", "index"), _LARGEST + 1)
    if not top or not data or len(data) > _LARGEST:
        return None
    below = os.path.relpath(folder, top)
    return _below(data, b"" if below == "." else os.fsencode(below.replace(os.sep, "/")) + b"/")


# One index answers for each round of each Dockerfile of a repository.
@lru_cache(maxsize=2)
def _below(index: bytes, prefix: bytes) -> tuple[str, ...] | None:
    paths = _paths(index)
    if paths is None:
        return None
    return tuple(os.fsdecode(path[len(prefix) :]) for path in paths if path.startswith(prefix))


@lru_cache(maxsize=1)
def _paths(data: bytes) -> list[bytes] | None:
    version = int.from_bytes(data[4:8], "big")
    count = int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4) or count * 62 > len(data) * 2:
        return None
    found: list[bytes] = []
    at, path = 12, b""
    for _ in range(count):
        start = at
        # Ten 32-bit fields and a SHA-1 before the flags; an extended entry has 16 bits more of them.
        flags = int.from_bytes(data[at + 60 : at + 62], "big")
        at += 64 if version > 2 and flags & 0x4000 else 62
        kept = b""
        if version == 4:
            drop, at = _offset(data, at)
            kept = path[: max(len(path) - drop, 0)]
        end = data.find(b"\0", at)
        path = kept + data[at:end]
        if end < 0 or min(len(path), 0xFFF) != flags & 0xFFF:
            # Cut short, or the entries of a repository that names its objects with SHA-256.
            return None
        found.append(path)
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
    # A split index keeps most of its entries in another file.
    return None if data[at : at + 4] == b"link" else found


def _offset(data: bytes, at: int) -> tuple[int, int]:
    """The variable-width number at `at`, and the place after it."""
    value, step = 0, 0
    for step, byte in enumerate(data[at : at + 9]):
        value = ((value + (step > 0)) << 7) | (byte & 0x7F)
        if not byte & 0x80:
            break
    return value, at + step + 1
