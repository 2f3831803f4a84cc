from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from dockmend._project.programs import Done, ProgramError, find, run


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_what_is_given_and_what_comes_back(tmp_path: Path) -> None:
    program = executable(
        tmp_path / "a b", '#!/bin/sh\ncat\necho "$@" >&2\necho "$DOCKMEND_TEST" >&2\nexit 3\n'
    )
    done = run([str(program), "$(touch x)", ";"], b"\xff\0", seconds=10, environ={"DOCKMEND_TEST": "yes"})
    assert done == Done(3, b"\xff\0", b"$(touch x) ;\nyes\n")
    assert done.complaint == "$(touch x) ;"
    assert Done(3, b"", b"\n  \n").complaint == "exit status 3"


def test_time_limit_holds_for_what_the_program_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = executable(tmp_path / "slow", "#!/bin/sh\nsleep 60 &\necho $! >child\nsleep 60\n")
    start = time.monotonic()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProgramError, match=r"took longer than 0\.3 seconds"):
        run([str(program)], seconds=0.3)
    assert time.monotonic() - start < 20
    child = int(Path("child").read_text())
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        # It is gone, but for the process that has to take note of it.
        if " Z " in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.05)
    raise AssertionError("the child is still there")


def test_what_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="cannot be run: No such file"):
        run([str(tmp_path / "none")], seconds=1)
    executable(tmp_path / "odd", "\x7fELF").chmod(0o644)
    with pytest.raises(ProgramError, match="cannot be run: Permission denied"):
        run([str(tmp_path / "odd")], seconds=1)
    with pytest.raises(ProgramError, match="cannot be run: embedded null byte"):
        run(["a\0b"], seconds=1)


def test_an_interrupt_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    program = executable(tmp_path / "slow", "#!/bin/sh\nexec sleep 60\n")
    real = subprocess.Popen.communicate

    def interrupted(self: object, *arguments: object, **named: object) -> object:
        monkeypatch.setattr(subprocess.Popen, "communicate", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run([str(program)], seconds=30)
    assert time.monotonic() - start < 20


def test_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("dockmend-test") is None
    far = executable(tmp_path / "dockmend-test", "")
    assert find("dockmend-test") == str(far)
    beside = tmp_path / "bin"
    beside.mkdir()
    near = executable(beside / "dockmend-test", "")
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    assert find("dockmend-test") == str(near)
    monkeypatch.setattr(sys, "executable", "")
    assert find("dockmend-test") == str(far)
