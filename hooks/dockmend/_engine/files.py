"""Files in and out: read whole, replaced whole.

A file is written to a temporary file beside it, which then takes its name: whatever stops the
process, the file is the old one or the new one. Temporary files are named `.dockmend-….tmp`.
"""

from __future__ import annotations

import errno
import os
import stat

from dockmend._engine.errors import Failure
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

LIMIT = 64 * 1024 * 1024

_BINARY = getattr(os, "O_BINARY", 0)
_ADVICE = {
    errno.EACCES: "permission denied; check the permissions of the file and its folder",
    errno.EPERM: "not permitted; check the owner and the attributes of the file and its folder",
    errno.ENOSPC: "no space is left on the device; make room and run again",
    errno.EDQUOT: "the disk quota is used up; make room and run again",
    errno.EROFS: "the file system is read-only; run where it can be written",
    errno.ENOENT: "there is no such file; check the path",
    errno.ENOTDIR: "a part of its path is not a folder; check the path",
    errno.ELOOP: "its symbolic links run in a circle; mend the link",
    errno.ENAMETOOLONG: "the name is too long; check the path",
}


class Changed(Failure):
    """The file on disk is not the one that was read."""


class Source(NamedTuple):
    """A file as it was read: its bytes as UTF-8 text (surrogateescape), and what it was on disk."""

    text: str
    identity: tuple[int, int, int, int]
    status: os.stat_result


def decode(data: bytes) -> str:
    """Text of a file; bytes that are not UTF-8 become lone surrogates, so that `encode` gives them back."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made `text` of."""
    return text.encode("utf-8", "surrogateescape")


def describe(error: OSError) -> str:
    """What went wrong and what to do about it, as a clause."""
    if error.errno in _ADVICE:
        return _ADVICE[error.errno]
    return f"{(error.strerror or str(error)).lower()}; check the path"


def read(path: str) -> Source:
    """Read the regular file at `path`, symbolic links followed.

    Raises Failure, with the reason and a remedy, for anything that cannot be read; pipes, devices and
    sockets are not opened.
    """
    try:
        _regular(path, os.stat(path))
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        try:
            status = os.fstat(handle)
            _regular(path, status)
            data = _read_all(handle, status.st_size)
        finally:
            os.close(handle)
    except OSError as error:
        raise Failure.at(path, f"cannot be read: {describe(error)}") from error
    except ValueError as error:
        raise Failure.at(path, f"cannot be read: {error}; check the path") from error
    if len(data) > LIMIT:
        raise _too_large(path)
    return Source(decode(data), _identity(status), status)


def writer(path: str) -> TextIO:
    """A new text file at `path`, or what was there emptied. Raises Failure where it cannot be written."""
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise Failure.at(path, f"cannot be written: {describe(error)}") from error


def replace(path: str, source: Source, text: str) -> None:
    """Give the file at `path`, read as `source`, the content `text`, keeping its mode (and owner, for root).

    A symbolic link stays, and the file that it names is replaced. Raises Changed where the file on
    disk is not what was read, Failure where it cannot be written; either way it is as it was.
    """
    target = os.path.realpath(path)
    if not os.access(target, os.W_OK):
        if not os.path.lexists(target):
            raise _changed(path)
        raise Failure.at(path, "cannot be written: it is read-only; check its permissions")

    def unchanged() -> None:
        try:
            now = read(target)
        except Failure as error:
            raise _changed(path) from error
        if now.identity != source.identity or now.text != source.text:
            raise _changed(path)

    _write(path, target, text, source.status, unchanged)


def create(path: str, text: str) -> None:
    """Make a new file at `path`. Raises Changed where there is one by now, Failure where it cannot."""

    def absent() -> None:
        if os.path.lexists(path):
            raise _changed(path)

    _write(path, path, text, None, absent)


def _write(
    path: str, target: str, text: str, status: os.stat_result | None, still_valid: Callable[[], None]
) -> None:
    temporary = os.path.join(os.path.dirname(target), f".dockmend-{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        handle = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666 if status is None else 0o600
        )
        try:
            try:
                _fill(handle, encode(text), status)
            finally:
                os.close(handle)
            still_valid()
            _move(temporary, target, new=status is None)
        except BaseException:
            _unlink(temporary)
            raise
        _sync_folder(os.path.dirname(target))
    except FileExistsError as error:
        raise _changed(path) from error
    except OSError as error:
        raise Failure.at(path, f"cannot be written: {describe(error)}") from error


def _fill(handle: int, data: bytes, status: os.stat_result | None) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
    if status is not None:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.fchown(handle, status.st_uid, status.st_gid)
        if hasattr(os, "fchmod"):
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
    os.fsync(handle)


def _move(temporary: str, target: str, *, new: bool) -> None:
    if not new:
        os.replace(temporary, target)
        return
    try:
        os.link(temporary, target)  # unlike a rename, never over a file made meanwhile
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise
        os.rename(temporary, target)  # a file system without hard links
    else:
        _unlink(temporary)


def _sync_folder(folder: str) -> None:
    try:
        handle = os.open(folder or ".", os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems cannot; the rename itself is done
    finally:
        os.close(handle)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # its folder went read-only or away; the name says what it is


def _read_all(handle: int, size: int) -> bytes:
    pieces = []
    total = 0
    while total <= LIMIT and (piece := os.read(handle, min(max(size, 65536), LIMIT) + 1)):
        pieces.append(piece)
        total += len(piece)
    return b"".join(pieces)


def _regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Failure.at(
            path, "is not a regular file; name a Dockerfile, a folder, or `-` for standard input"
        )
    if status.st_size > LIMIT:
        raise _too_large(path)


def _too_large(path: str) -> Failure:
    return Failure.at(path, f"is larger than {LIMIT // 2**20} MB; it cannot be a Dockerfile, leave it out")


def _changed(path: str) -> Changed:
    return Changed.at(path, "changed on disk meanwhile and was left alone; run again")


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
