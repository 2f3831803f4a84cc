from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._shell.append import add, behind
from dockmend._shell.code import Code

SHIM = '#!/bin/sh\necho "${0##*/} $*" >> "$LOG"\ncase " $FAIL " in *" ${1:-none} "*) exit 3;; esac\n'


def code_of(script: str, shell: str = "") -> Code:
    doc = parse(f"FROM debian\n{shell}RUN {script}\n")
    return Code(doc, doc.instructions[-1])


def added(script: str) -> str | None:
    """The script with `added` behind its last `x`, None where there is no place."""
    head = "FROM debian\nRUN <<EOF\n" if "\n" in script else "FROM debian\nRUN "
    doc = parse(f"{head}{script}\nEOF\n" if "\n" in script else f"{head}{script}\n")
    code = Code(doc, doc.instructions[-1])
    assert not code.reason
    place = behind(code, [one for one in code.program.commands if one.name == "x"][-1])
    if isinstance(place, str):
        return None
    put = add(doc, code, place, "added", like=False)
    text = code.text[: put.at] + put.text.replace("\\\n", "") + code.text[put.at :]
    return text.removesuffix("\n")


@pytest.fixture(scope="module")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    for name in ("x", "y", "added"):
        (folder / name).write_text(SHIM)
        (folder / name).chmod(0o755)
    return folder


SCRIPTS = [
    "x 1",
    "y 1 && x 2",
    "y 1 && x 2 && y 3",
    "y 1; x 2",
    "y 1; x 2; y 3",
    "x 1 || y 2",
    "y 1 || x 2 && y 3",
    "x 1 || true; y 2",
    "set -e; y 1; x 2",
    "set -e; y 1; x 2; y 3",
    "set -e; y 1 && x 2; y 3",
    "set -e; y 1 && x 2",
    "set -e; y 1; x 2 && y 3; y 4",
    "set -e && y 1 && x 2 && y 3",
    "set -e; (y 1; x 2); y 3",
    "set -e; (y 1; x 2)",
    "set -e; (y 1; x 2) && y 3",
    "set -e; { y 1; x 2; }; y 3",
    "set -e; { y 1; x 2; }",
    "set -e; { y 1; x 2; } || y 3; y 4",
    "set -e; if y 1; then x 2; y 3; fi; y 4",
    "set -e; if y 1; then y 2; x 3; fi",
    "if y 1; then y 2; x 3; fi",
    "if x 1; then y 2; fi; y 3",
    "set -e; for i in 1 2; do x $i; y 3; done; y 4",
    "for i in 1 2; do y 3; x $i; done",
    "for i in 1 2; do y 3; x $i; done && y 4",
    "set -e; while y 1; do x 2; break; done; y 4",
    "y 1 | x 2",
    "y 1 | x 2; y 3",
    "set -e; y 1 | x 2; y 3",
    "set -e; y 1 | x 2",
    "set -e; case a in a) x 1;; esac; y 2",
    "set -e; y 1; Z=$(x 2); y 3",
    "echo $(x 1) && y 2",
    "x 1 > /dev/null 2>&1 && y 2",
    "(x 1 || exit 0); y 2",
    "set -e\ny 1\nx 2",
    "set -e\ny 1\nx 2 # note\ny 3",
    "y 1\nx 2",
    "set -e\nif y 1; then\n  x 2\nfi\ny 3",
    "set -e\ny 1 &&\n  x 2\ny 3",
]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_script_does_and_fails_as_before(script: str, shell: str, shims: Path, tmp_path: Path) -> None:
    """Every choice of failing commands: the same commands run and the same status comes out."""
    after = added(script)
    if after is None:
        pytest.skip("left alone")
    log = tmp_path / "log"
    ran = False
    names = sorted({part for part in script.replace("\n", " ").replace(";", " ").split() if part.isdigit()})
    for count in range(len(names) + 1):
        for failing in itertools.combinations(names, count):
            seen = []
            for text in (script, after):
                log.write_text("")
                env = {"PATH": f"{shims}:{os.environ['PATH']}", "LOG": str(log), "FAIL": " ".join(failing)}
                status = subprocess.run([shell, "-c", text], env=env, capture_output=True).returncode
                lines = log.read_text().split("\n")
                ran = ran or "added " in lines
                lines = [line for line in lines if line != "added "]
                seen.append((status, sorted(lines) if " | " in script else lines))
            assert seen[0] == seen[1], (failing, after)
    assert ran


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("x & y", "it runs in the background"),
        ("f() { (x); }; f", "it is in a function"),
        ("(x; y) & z", "it runs in the background"),
        ("! x", "its outcome is negated"),
        ("f() { x; }; f", "it is in a function"),
        ("exec x", "nothing runs behind exec"),
        ("trap y EXIT; x", "its script sets a trap"),
        ("x; z=$?", "its script asks for $?"),
        ("set -e; for i in 1; do x; done", "under set -e what fails in it would no longer end the script"),
        ("set -e; y | x", "under set -e what fails in it would no longer end the script"),
        ("set -e; if y; then { x; }; fi", "under set -e what fails in it would no longer end the script"),
    ],
)
def test_there_is_no_place(script: str, reason: str) -> None:
    code = code_of(script)
    assert behind(code, next(one for one in code.program.commands if one.name == "x")) == reason


@pytest.mark.parametrize(
    ("shell", "script", "found"),
    [
        ('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\n', "for i in 1; do x; done", False),
        ('SHELL ["/bin/bash", "-o", "errexit", "-c"]\n', "for i in 1; do x; done", False),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n', "for i in 1; do x; done", True),
    ],
)
def test_options_of_the_shell(shell: str, script: str, found: bool) -> None:
    code = code_of(script, shell)
    assert not code.reason
    assert isinstance(behind(code, code.program.commands[0]), tuple) is found
