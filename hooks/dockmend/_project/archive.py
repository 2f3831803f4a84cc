"""What ADD unpacks: tar archives, plain or compressed, told by their content.

BuildKit's solver/llbsolver/file/unpack.go (isArchivePath) reads the first tar header after undoing gzip,
bzip2, xz or zstd; moby's pkg/archive does the same for the classic builder.
"""

from __future__ import annotations

from dockmend._regex import regex

BLOCK = 512
# So much of a file is enough to undo its compression up to the first tar header.
HEAD = 1 << 20

_GZIP = b"\x1f\x8b\x08"
_BZIP2 = b"BZh"
_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"

# Endings of tar archives, and of compressed files, which are tar archives often enough.
_ENDINGS = (
    ".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tb2", ".tz2", ".txz", ".tlz", ".tzst", ".tpz", ".tz",
    ".gz", ".bz2", ".xz", ".zst", ".zstd", ".lz", ".lzma", ".z",
)  # fmt: skip
# Formats that are tar archives under a name of their own.
_FORMATS = (".apk", ".box", ".cbt", ".crate", ".gem", ".oci", ".ova")
_TAR_WITH_MORE = regex(r"\.tar[._-][^/]*\Z")
_ABOUT_ARCHIVE = regex(r"\.(?:asc|sig|md5|sha)[^./]*\Z")


def named_archive(name: str) -> bool:
    """Whether a path ends like a tar archive or a compressed file, which ADD is there to unpack."""
    return name.rstrip("/\\").lower().endswith(_ENDINGS)


def may_be_archive(name: str) -> bool:
    """Whether by its ending the file at a path may be a tar archive."""
    name = name.rstrip("/\\").lower()
    more = _TAR_WITH_MORE.search(name) and not _ABOUT_ARCHIVE.search(name)
    return name.endswith(_ENDINGS + _FORMATS) or bool(more)


def ends_no_archive(end: str) -> bool:
    """Whether a name that ends so, whatever stands before, is not that of an archive."""
    end = end.rstrip("/\\").lower()
    return not any(each.endswith(end) or end.endswith(each) for each in _ENDINGS + _FORMATS)


def is_archive(head: bytes) -> bool | None:
    """Whether a file that starts with `head` (its first `HEAD` bytes, or all) is one that ADD unpacks.

    None where that cannot be told: zstd, whose content is not read here, and broken streams.
    """
    if head.startswith(_ZSTD) or (len(head) >= 8 and head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return None
    if not head.startswith((_GZIP, _BZIP2, _XZ)):
        return _starts_tar(head)
    block = _decompressed(head)
    if block is None or (len(block) < BLOCK and len(head) >= HEAD):
        return None
    return _starts_tar(block)


def _decompressed(head: bytes) -> bytes | None:
    """The first block of what `head` holds; None where the stream is broken."""
    import bz2
    import lzma
    import zlib

    try:
        if head.startswith(_GZIP):
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, BLOCK)
        if head.startswith(_BZIP2):
            return bz2.BZ2Decompressor().decompress(head, BLOCK)
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=1 << 27).decompress(head, BLOCK)
    except (zlib.error, OSError, EOFError, lzma.LZMAError):
        return None


def _starts_tar(head: bytes) -> bool:
    """Whether the first block is a tar header: its checksum fits, as Go's archive/tar wants it."""
    block = head[:BLOCK]
    if len(block) < BLOCK or not block.strip(b"\0"):
        return False
    try:
        wanted = int(block[148:156].strip(b" \0").split(b"\0", 1)[0] or b"0", 8)
    except ValueError:
        return False
    blanked = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in blanked)
    return wanted in (sum(blanked), signed)
