from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dockmend._engine import files
from dockmend._engine.errors import Failure

NOBODY = 65534
ROOT = os.geteuid() == 0

as_root = pytest.mark.skipif(not ROOT, reason="only root can change to another user")
# What a process of another user does with one file: read, then replace.
REPLACE = """
import os, sys
from dockmend._engine import files
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    files.replace(sys.argv[1], files.read(sys.argv[1]), "new")
except files.Failure as failure:
    print(failure)
"""


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"old")
    return path


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".dockmend-")]


def as_nobody(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REPLACE, str(path)], capture_output=True, text=True, timeout=60
    )
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "data", [b"", b"a\r\n", b"\xef\xbb\xbfFROM a", b"\xff\xfe\x00\xc3\x28", "é\u2028".encode()]
)
def test_decoding_gives_back_every_byte(data: bytes) -> None:
    assert files.encode(files.decode(data)) == data


def test_replace_writes_the_text(dockerfile: Path) -> None:
    files.replace(str(dockerfile), files.read(str(dockerfile)), "n\udcff")
    assert dockerfile.read_bytes() == b"n\xff"
    assert os.listdir(dockerfile.parent) == ["Dockerfile"]


def test_replace_by_a_name_without_a_folder(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dockerfile.parent)
    files.replace("Dockerfile", files.read("Dockerfile"), "new")
    files.create("other", "text")
    assert dockerfile.read_text() == "new"
    assert Path("other").read_text() == "text"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_replace_keeps_the_mode(dockerfile: Path, mode: int) -> None:
    dockerfile.chmod(mode)
    files.replace(str(dockerfile), files.read(str(dockerfile)), "new")
    assert stat.S_IMODE(dockerfile.stat().st_mode) == mode


@as_root
def test_replace_keeps_the_owner_for_root(dockerfile: Path) -> None:
    os.chown(dockerfile, NOBODY, NOBODY)
    files.replace(str(dockerfile), files.read(str(dockerfile)), "new")
    assert (dockerfile.stat().st_uid, dockerfile.stat().st_gid) == (NOBODY, NOBODY)


def test_replace_follows_symbolic_links(dockerfile: Path) -> None:
    far = dockerfile.parent / "far"
    far.mkdir()
    (far / "one").symlink_to("../Dockerfile")
    link = far / "two"
    link.symlink_to("one")
    files.replace(str(link), files.read(str(link)), "new")
    assert link.is_symlink()
    assert (far / "one").is_symlink()
    assert dockerfile.read_text() == "new"
    assert not leftovers(far)


def _rewritten(path: Path) -> None:
    path.write_text("other")


def _rewritten_unseen(path: Path) -> None:
    """Same length, same times, same inode."""
    before = path.stat()
    path.write_text("odd")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _touched(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def _removed(path: Path) -> None:
    path.unlink()


def _made_anew(path: Path) -> None:
    path.unlink()
    path.write_text("old")


def _made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "meanwhile", [_rewritten, _rewritten_unseen, _touched, _removed, _made_anew, _made_a_folder]
)
def test_a_file_that_changed_meanwhile_is_left_alone(
    dockerfile: Path, meanwhile: Callable[[Path], None]
) -> None:
    source = files.read(str(dockerfile))
    meanwhile(dockerfile)
    now = dockerfile.read_text() if dockerfile.is_file() else None
    with pytest.raises(files.Changed, match="changed on disk meanwhile"):
        files.replace(str(dockerfile), source, "new")
    assert (dockerfile.read_text() if dockerfile.is_file() else None) == now
    assert not leftovers(dockerfile.parent)


def test_a_change_while_the_new_text_is_written_is_seen(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = files.read(str(dockerfile))
    fsync = os.fsync

    def late(handle: int) -> None:
        dockerfile.write_text("other")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", late)
    with pytest.raises(files.Changed):
        files.replace(str(dockerfile), source, "new")
    assert dockerfile.read_text() == "other"
    assert not leftovers(dockerfile.parent)


def test_create_makes_a_file_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    files.create(str(tmp_path / "made"), "text")
    assert (tmp_path / "made").read_text() == "text"
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert not leftovers(tmp_path)


def test_create_leaves_what_is_there(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(files.Changed):
        files.create(str(dockerfile), "new")
    # Another process makes it after the last look.
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    with pytest.raises(files.Changed):
        files.create(str(dockerfile), "new")
    assert dockerfile.read_text() == "old"
    assert not leftovers(dockerfile.parent)


def test_create_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    files.create(str(tmp_path / "made"), "text")
    assert (tmp_path / "made").read_text() == "text"
    assert not leftovers(tmp_path)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "no space is left on the device; make room"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "input/output error"),
    ],
)
def test_a_failed_write_says_why_and_leaves_the_old_file(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    source = files.read(str(dockerfile))

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(Failure) as failure:
        files.replace(str(dockerfile), source, "new")
    assert str(failure.value).startswith(f"{dockerfile}: error: cannot be written: {said}")
    assert "\n" not in str(failure.value)
    assert dockerfile.read_text() == "old"
    assert not leftovers(dockerfile.parent)


@as_root
def test_a_full_disk(tmp_path: Path) -> None:
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "none", tmp_path], capture_output=True
    ).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        path = tmp_path / "Dockerfile"
        path.write_text("old")
        with pytest.raises(Failure, match="no space is left"):
            files.replace(str(path), files.read(str(path)), "x" * 100_000)
        assert path.read_text() == "old"
        assert not leftovers(tmp_path)
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@as_root
def test_a_read_only_file_system(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        path = tmp_path / "Dockerfile"
        path.write_text("old")
        subprocess.run(["mount", "-o", "remount,ro", tmp_path], check=True)
        with pytest.raises(Failure, match="is read-only"):
            files.replace(str(path), files.read(str(path)), "new")
        with pytest.raises(Failure, match="the file system is read-only"):
            files.create(str(tmp_path / "made"), "new")
        assert os.listdir(tmp_path) == ["Dockerfile"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "said"),
    [
        (0o666, 0o777, ""),
        (0o600, 0o777, "cannot be read: permission denied"),
        (0o444, 0o777, "cannot be written: it is read-only"),
        (0o666, 0o555, "cannot be written: permission denied"),
        (0o666, 0o000, "cannot be read: permission denied"),
    ],
)
@as_root
def test_permissions(shared: Path, file_mode: int, folder_mode: int, said: str) -> None:
    path = shared / "Dockerfile"
    path.write_text("old")
    path.chmod(file_mode)
    shared.chmod(folder_mode)
    output = as_nobody(path)
    assert (said in output) if said else not output
    assert path.read_text() == ("old" if said else "new")
    assert not leftovers(shared)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _missing(path: Path) -> None:
    pass


def _circle(path: Path) -> None:
    path.symlink_to(path.name)


def _in_a_file(path: Path) -> None:
    path.symlink_to("/dev/null/x")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_fifo, "is not a regular file"),
        (_folder, "is not a regular file"),
        (_socket, "is not a regular file"),
        (_device, "is not a regular file"),
        (_missing, "there is no such file"),
        (_circle, "run in a circle"),
        (_in_a_file, "is not a folder"),
    ],
)
def test_what_is_no_file_is_named_and_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("Dockerfile"))
    with pytest.raises(Failure, match=said):
        files.read("Dockerfile")


@pytest.mark.parametrize("path", ["a\0b", "x" * 300, ""])
def test_names_that_cannot_be(path: str) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        files.read(path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    with path.open("wb") as file:
        file.truncate(files.LIMIT + 1)
    with pytest.raises(Failure, match="larger than 64 MB"):
        files.read(str(path))


def test_a_file_that_grows_while_it_is_read_is_refused(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LIMIT", 8)
    monkeypatch.setattr(os, "read", lambda handle, size: b"more")
    with pytest.raises(Failure, match="is larger than"):
        files.read(str(dockerfile))


def test_a_folder_that_cannot_be_synced_is_no_failure(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, opened = os.fsync, os.open

    def refuse(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    def refuse_to_open(path: str, *rest: int) -> int:
        if os.path.isdir(path):
            raise PermissionError
        return opened(path, *rest)

    monkeypatch.setattr(os, "fsync", refuse)
    files.replace(str(dockerfile), files.read(str(dockerfile)), "new")
    monkeypatch.setattr(os, "open", refuse_to_open)
    files.replace(str(dockerfile), files.read(str(dockerfile)), "newer")
    assert dockerfile.read_text() == "newer"


KILLED = """
import os, signal, sys
from dockmend._engine import files
path, step = sys.argv[1], sys.argv[2]
original = getattr(os, step)
def killed(*arguments, **named):
    os.kill(os.getpid(), getattr(signal, sys.argv[3]))
    return original(*arguments, **named)
source = files.read(path)
setattr(os, step, killed)
files.replace(path, source, "new" * 1000)
"""


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("step", ["write", "fchmod", "fsync", "replace"])
def test_a_kill_at_any_step_leaves_the_old_file(dockerfile: Path, step: str, signal: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(dockerfile), step, signal], timeout=60)
    assert done.returncode < 0
    assert dockerfile.read_text() == "old"
    assert {name for name in os.listdir(dockerfile.parent) if name != "Dockerfile"} == set(
        leftovers(dockerfile.parent)
    )
