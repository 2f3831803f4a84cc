"""Joined scripts against the scripts one by one, run by real shells: same commands, same surroundings, same end."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from boxed import boxed
from dockmend._shell import join
from dockmend._shell.effects import Effects, Place, effects
from replay import status
from scripts import SCRIPT

SHELLS = {
    name: command
    for name, command in {
        "dash": ["dash"],
        "bash-as-sh": ["bash", "--posix"],
        "bash": ["bash"],
        "busybox": ["busybox", "ash"],
    }.items()
    if shutil.which(command[0])
}
each_shell = pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
NOWHERE = Place(None, None, {})

# Logs its name, words, directory, umask and variables; fails where FAILS names it.
STUB = """#!/bin/sh
{ printf '%s|' "${0##*/}" "$@" "${X-unset}" "${Y-unset}"; umask; pwd -P; } >> "$LOG"
case " $FAILS " in *" ${0##*/} "*) exit 3;; esac
exit 0
"""


def joined(scripts: Sequence[str]) -> list[str]:
    """The scripts as merge-run joins them: one script for each group."""
    groups: list[list[tuple[str, Effects]]] = []
    for script in scripts:
        found = effects(script, NOWHERE)
        if groups and not join.apart(groups[-1][-1][1], found):
            groups[-1].append((script, found))
        else:
            groups.append([(script, found)])
    results = []
    for group in groups:
        parts = join.parts([found for _, found in group]) if len(group) > 1 else [join.Part("", "", "")]
        results.append(
            " && ".join(
                part.before + script + part.behind for part, (script, _) in zip(parts, group, strict=True)
            )
        )
    return results


class Bench:
    """A folder with stub commands, and what they logged.

    Scripts run there as nobody where root runs the tests, with nothing but the stubs and the shell's own
    commands, and not for long.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.log = folder / "log"
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        for name in "abcde":
            stub = folder / "bin" / name
            stub.write_text(STUB)
            stub.chmod(0o755)

    def run(self, shell: Sequence[str], scripts: Sequence[str], fails: str) -> tuple[str, bool | None]:
        """The log, and whether all scripts succeeded: each in a new shell, until one fails.

        None where one does not end, whose log has no end either.
        """
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "sub" / "sub").mkdir(parents=True)
        (self.work / "sourced").write_text("set -e\nX=sourced\nfalse\na from sourced\n")
        (self.work / "sub" / "sourced").write_text("X=sub\nb from sub\n")
        self.log.write_text("")
        for path in (self.log, self.work, *self.work.rglob("*")):
            path.chmod(0o777)
        program = [str(shutil.which(shell[0])), *shell[1:], "-c"]
        environment = {
            "PATH": str(self.folder / "bin"),
            "LOG": str(self.log),
            "FAILS": fails,
            "CMD": "cd",
            "X": "env",
        }
        for script in scripts:
            ended = status([*program, script], self.work, environment)
            if ended is None:
                return "", None
            if ended:
                return self.log.read_text(), False
        return self.log.read_text(), True


FAILS = st.sets(st.sampled_from("abcde"), max_size=3).map(" ".join)


@pytest.mark.fuzz
@each_shell
@boxed
@given(scripts=st.lists(SCRIPT, min_size=2, max_size=3), fails=FAILS)
@example(scripts=["set -e; a; b", "c"], fails="a")
@example(scripts=["set -e && a && b", "c"], fails="a")
@example(scripts=['set -e && a "$(b; c)"', "d"], fails="b")
@example(scripts=[". ./sourced", "a"], fails="")
@example(scripts=['c "$(set -e; false; d)"', "a"], fails="")
@example(scripts=["(set -e; a; b)", "c"], fails="a")
@example(scripts=["a; b || c", "d || e", "a; b"], fails="a b d")
@example(scripts=["trap 'a trap' EXIT", "b"], fails="b")
@example(scripts=["exit", "a"], fails="")
@example(scripts=["X=1; export X", "a"], fails="")
@example(scripts=["f() { a; }", "f"], fails="")
@example(scripts=["! a", "! b"], fails="b")
@example(scripts=["(a)", "(b)", "( (c) )"], fails="c")
@example(scripts=["a | true", "true | b", "c"], fails="b")
def test_joined_scripts_do_the_same(shell: list[str], scripts: list[str], fails: str) -> None:
    made = joined(scripts)
    assume(len(made) < len(scripts))
    with TemporaryDirectory(prefix="dockmend-bench-") as folder:
        bench = Bench(Path(folder))
        assert bench.run(shell, made, fails) == bench.run(shell, scripts, fails), made


MOVING = """#!/bin/sh
echo "old $*" >> "$LOG"
case "$*" in *grow*) printf '#!/bin/sh\\necho "new $*" >> "$LOG"\\n' > "$NEW/tool"; chmod +x "$NEW/tool";; esac
"""


@each_shell
@pytest.mark.parametrize(
    ("scripts", "text"),
    [
        (["tool -U tool grow", "tool x"], "( tool -U tool grow ) && tool x"),
        (["tool a", "tool -U tool grow", "tool x"], "( tool a ) && ( tool -U tool grow ) && tool x"),
        (["tool a | cat", "tool -U tool==1 grow; tool b", "tool x"], None),
        (["if tool a; then tool /usr/bin/tool grow; fi", "tool x"], None),
        (["command -v tool; tool tool-1.0 grow", "command tool x"], None),
    ],
)
def test_a_new_program_is_found(
    shell: list[str], scripts: list[str], text: str | None, tmp_path: Path
) -> None:
    def run(made: Sequence[str]) -> str:
        for name in ("new", "old"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
            (tmp_path / name).mkdir()
        (tmp_path / "old" / "tool").write_text(MOVING)
        (tmp_path / "old" / "tool").chmod(0o755)
        log = tmp_path / "log"
        log.write_text("")
        path = f"{tmp_path / 'new'}:{tmp_path / 'old'}:{os.environ['PATH']}"
        environment = {"PATH": path, "LOG": str(log), "NEW": str(tmp_path / "new")}
        for script in made:
            subprocess.run(
                [*shell, "-c", script], env=environment, stdout=subprocess.DEVNULL, check=True, timeout=20
            )
        return log.read_text()

    made = joined(scripts)
    assert len(made) == 1
    assert text in (None, made[0])
    assert "new" in run(scripts)
    assert run(made) == run(scripts)
