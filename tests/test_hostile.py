"""Hostile inputs: time grows linearly, memory stays small, and there is a clear error or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hostile
from dockmend._cli import main

pytestmark = pytest.mark.slow

MEGABYTES = 300


@pytest.mark.parametrize("name", hostile.TEXTS)
def test_time_is_linear_and_memory_small(name: str) -> None:
    path = os.pathsep.join(part for part in sys.path if part)
    found = subprocess.run(
        [sys.executable, hostile.__file__, name],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert found.returncode == 0, found.stderr
    measured = json.loads(found.stdout)
    one, four, unsafe = measured["seconds"]
    assert four <= 7 * one + 0.2, measured
    assert unsafe <= 3 * one + 0.5, measured
    assert measured["megabytes"] < MEGABYTES, measured


# (what it is, content): all that BuildKit refuses.
REFUSED = [
    ("empty", b""),
    ("a line end", b"\n"),
    ("blank", b" \t\r\n" * 10),
    ("NUL alone", b"\0"),
    ("NULs", b"\0" * 100_000),
    ("BOM alone", b"\xef\xbb\xbf"),
    ("BOM and line end", b"\xef\xbb\xbf\r\n"),
    ("CR alone", b"FROM a\rRUN b\rCMD c d\r"),
    ("CRs", b"\r" * 1_000),
    ("UTF-16", "FROM a\nRUN b\n".encode("utf-16")),
    ("UTF-32", "FROM a\nRUN b\n".encode("utf-32-le")),
    ("invalid UTF-8", b"\xff\xfe\xfd" * 1_000),
    ("overlong UTF-8", b"\xc0\xae\xe0\x80\x80\xf8\x88\x80\x80\x80"),
    ("surrogates in UTF-8", b"\xed\xa0\x80\xed\xb0\x80 a"),
    ("every byte", bytes(range(256)) * 40),
    ("a program", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100),
    ("terminal sequences", b"\x1b]0;title\x07\x1b[31mFROM a\x1b[0m\n" * 20),
    ("HTML", b"<!DOCTYPE html>\n<html><body>404</body></html>\n"),
    ("JSON", b'{"syntax": "docker/dockerfile", "FROM": "a"}\n'),
    ("YAML", b"services:\n  a:\n    image: b\n"),
    ("Jinja", b"{% if x %}\nFROM {{ y }}\n{% endif %}\n"),
    ("a merge conflict", b"FROM a\n<<<<<<< HEAD\nRUN b\n=======\nRUN c\n>>>>>>> x\n"),
    ("a continuation alone", b"\\\n" * 1_000),
    ("comments alone", b"# a\n" * 1_000),
    ("a NUL in the keyword", b"FR\0OM a\n"),
    ("a line too long", b"FROM a\nRUN " + b"a" * 70_000 + b"\n"),
    ("100,000 lines of text", b"hello world\n" * 100_000),
]  # fmt: skip


@pytest.mark.parametrize("content", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.parametrize("arguments", [[], ["--fix"], ["--fix", "--unsafe-fixes"], ["--diff"]], ids=str)
def test_what_buildkit_refuses_is_named_and_left(
    content: bytes,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_bytes(content)
    assert main([*arguments, "Dockerfile"]) == 2
    assert Path("Dockerfile").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["Dockerfile"]
    said = capfd.readouterr()
    assert said.err.startswith("Dockerfile:")
    assert len(said.err) < 40_000
    assert_clean(said.out + said.err)


# (what it is, content, mended): odd, but BuildKit takes it.
TAKEN = [
    ("invalid UTF-8", b"FROM a\nRUN echo \xff\xfe\nCMD node a\n", b'FROM a\nRUN echo \xff\xfe\nCMD ["node", "a"]\n'),
    ("invalid UTF-8 in a comment", b"# \xe9\nFROM a\nCMD a b\n", b'# \xe9\nFROM a\nCMD ["a", "b"]\n'),
    ("Latin-1 in the words", b"FROM a\nCMD echo caf\xe9\n", None),
    ("NUL in a comment", b"FROM a\n# \0\nCMD a b\n", b'FROM a\n# \0\nCMD ["a", "b"]\n'),
    ("NUL in the words", b"FROM a\nCMD a \0 b\n", None),
    ("terminal sequences", b"FROM a\nCMD \x1b[31m a\x07\n", None),
    ("a bidirectional override", "FROM a\nCMD a \u202e b\n".encode(), None),
    ("no line end", b"FROM a\nCMD a b", b'FROM a\nCMD ["a", "b"]'),
    ("BOM and CRLF", b"\xef\xbb\xbfFROM a\r\nCMD a b\r\n", b'\xef\xbb\xbfFROM a\r\nCMD ["a", "b"]\r\n'),
    ("mixed line ends", b"FROM a\r\n# c\nCMD a b\r\n", b'FROM a\r\n# c\nCMD ["a", "b"]\r\n'),
    ("CRs before the line end", b"FROM a\r\r\nCMD a b\r\r\n", None),
    ("form feed and vertical tab", b"FROM\x0ba\nCMD\x0ca b\n", None),
    ("U+0085 and U+2028", "FROM a\nCMD a\x85b\u2028c\n".encode(), None),
]  # fmt: skip


@pytest.mark.parametrize(("content", "mended"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
@pytest.mark.parametrize("mode", [["--select=exec-form"], []], ids=["exec-form", "all"])
def test_odd_bytes_are_kept(
    content: bytes,
    mended: bytes | None,
    mode: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_bytes(content)
    assert main(["--fix", *mode, "Dockerfile"]) in {0, 1}
    first = Path("Dockerfile").read_bytes()
    assert_clean(capfd.readouterr().out)
    if mended is not None:
        assert first == mended
    assert main(["--fix", *mode, "Dockerfile"]) in {0, 1}
    assert Path("Dockerfile").read_bytes() == first
    odd = {byte for byte in content if byte > 127 or byte == ord("\r")}
    assert all(content.count(byte) == first.count(byte) for byte in odd)


def test_the_command_on_a_large_file(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM a\n" + "# a comment\nLABEL a=b c=d\n" * 50_000 + "CMD a b\n")
    code = (
        "import sys; from dockmend._cli import main; from hostile import peak; status = main(sys.argv[1:]);"
        " print(peak()); sys.exit(status)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, "--fix", "-q", "--select=exec-form,merge-run,add-to-copy", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
    )
    assert found.returncode == 0, found.stderr
    assert file.read_text().endswith('CMD ["a", "b"]\n')
    assert float(found.stdout.split()[-1]) < MEGABYTES


def assert_clean(said: str) -> None:
    """No traceback, and nothing that a terminal obeys."""
    assert "Traceback" not in said
    assert not [char for char in said if char not in "\n\t" and not char.isprintable()]
