"""What ADD unpacks, by content and by name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project.archive import HEAD, ends_no_archive, is_archive, may_be_archive, named_archive


def tar(name: str = "a", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo(name))
    return out.getvalue()


TARS = [tar(), tar("é" * 200), tar("x" * 300, tarfile.GNU_FORMAT), tar("a", tarfile.USTAR_FORMAT)]


@pytest.mark.parametrize("data", TARS, ids=["pax", "long", "gnu", "ustar"])
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gzip", "bzip2", "xz"]
)
def test_tar_archives(data: bytes, pack: object) -> None:
    assert callable(pack)
    assert is_archive(pack(data)) is True
    assert is_archive(pack(b"hello\n" * 500)) is False
    assert is_archive(pack(b"")) is False
    assert is_archive(pack(b"\0" * 2048)) is False


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"", False),
        (tar()[:300], False),
        (b"PK\x03\x04" + b"x" * 600, False),
        (b"\x28\xb5\x2f\xfd" + b"x" * 600, None),
        (b"\x50\x2a\x4d\x18" + b"x" * 600, None),
        (b"\x1f\x8b\x08" + b"\xff" * 600, None),
        (b"BZh9" + b"x" * 600, None),
        (b"\xfd7zXZ\x00" + b"x" * 600, None),
        (gzip.compress(tar())[:30], False),
        (b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * HEAD, None),
    ],
    ids=["empty", "short", "zip", "zstd", "skippable", "gzip", "bzip2", "xz", "cut", "long"],
)
def test_other_content(head: bytes, answer: bool | None) -> None:
    assert is_archive(head) is answer


def test_a_bad_checksum_is_no_archive() -> None:
    data = bytearray(tar())
    data[0] ^= 1
    assert is_archive(bytes(data)) is False
    data[148:156] = b"zzzzzzzz"
    assert is_archive(bytes(data)) is False


@given(st.binary(max_size=1200))
def test_any_content_is_answered(data: bytes) -> None:
    for head in (data, b"\x1f\x8b\x08" + data, b"BZh" + data, b"\xfd7zXZ\x00" + data):
        assert is_archive(head) in (True, False, None)


ARCHIVES = [
    "a.tar",
    "a.tar.gz",
    "a.tgz",
    "a.TAR",
    "a.tar.zst",
    "a.tbz2",
    "a.gz",
    "a.Z",
    "a.txz",
    "dir/a.xz",
    "a.tar/",
    "a.tlz",
]
MAYBE = ["a.gem", "a.apk", "a.tar.bz", "a.tar.lz4", "a.tar-1.2", "a.ova"]
OTHERS = [
    "a",
    "a.zip",
    "a.jar",
    "a.whl",
    "a.deb",
    "a.tar.asc",
    "a.tar.gz.sha256",
    "tar",
    "gz",
    ".targz",
    "a.target",
    "a.conf",
    "dir.tar/a",
]


def test_names() -> None:
    assert all(map(named_archive, ARCHIVES))
    assert all(map(may_be_archive, ARCHIVES + MAYBE))
    assert not any(map(named_archive, MAYBE + OTHERS))
    assert not any(map(may_be_archive, OTHERS))


@given(st.text("artgz.x_", max_size=6), st.text("artgz.x_", max_size=6))
def test_an_end_that_settles_the_name(start: str, end: str) -> None:
    if ends_no_archive(end):
        assert not named_archive(start + end)


@pytest.mark.parametrize(
    ("end", "settled"),
    [("", False), ("r", False), (".jar", True), ("_VERSION", True), ("z", False), ("/", False)],
)
def test_ends(end: str, settled: bool) -> None:
    assert ends_no_archive(end) is settled
