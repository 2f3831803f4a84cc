"""Joined scripts against the scripts one by one, run by real shells: same commands, same surroundings, same end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from dockmend._shell import join
from dockmend._shell.effects import Effects, Place, effects

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
    """A folder with stub commands, and what they logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.log = folder / "log"
        (folder / "bin").mkdir()
        for name in "abcde":
            stub = folder / "bin" / name
            stub.write_text(STUB)
            stub.chmod(0o755)

    def run(self, shell: Sequence[str], scripts: Sequence[str], fails: str) -> tuple[str, bool]:
        """The log, and whether all scripts succeeded: each in a new shell, until one fails."""
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "sub" / "sub").mkdir(parents=True)
        (self.work / "sourced").write_text("set -e\nX=sourced\nfalse\na from sourced\n")
        (self.work / "sub" / "sourced").write_text("X=sub\nb from sub\n")
        self.log.write_text("")
        program = [str(shutil.which(shell[0])), *shell[1:], "-c"]
        environment = {
            "PATH": str(self.folder / "bin"),
            "LOG": str(self.log),
            "FAILS": fails,
            "CMD": "cd",
            "X": "env",
        }
        for script in scripts:
            done = subprocess.run(
                [*program, script],
                env=environment,
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=20,
            )
            if done.returncode:
                return self.log.read_text(), False
        return self.log.read_text(), True


SIMPLE = st.sampled_from(
    """
    a|b|c|d|e|a 1|b "$X"|c "$Y"|d "$-"|e "$#" "$1"|a "$(b)"|b "$(c; d)"|c "$(set -e; false; d)"|true|false|:
    X=1|Y=2|X=3 a|X=4 :|export X=5|export Y|readonly Y=6|unset X|: ${X:=7}|: "${Y:=8}"|a $((X=9))|a $((X+1))
    cd sub|cd ..|cd nowhere|command cd sub|$CMD sub|"$CMD" sub|umask 077|ulimit -c 0
    set -e|set -ex|set -u|set +e|set -eu|set -o errexit|set -f|set -- 1 2|set x|shift
    exit|exit 0|exit 1|exit 3|exit 256|return 0|exec a|exec true|exec >/dev/null
    trap 'a trap' EXIT|trap "" INT|f() { a; b; }|f() { set -e; false; c; }|f|eval 'a; b'|eval 'set -e; false; c'
    . ./sourced|. ./nowhere|read Y|command -v a|hash a|a > out|> out|a 2>&1|a "$?"|d "${X-none}"|alias a=b|printf x
    getopts ab Y|export Z=$(false)|Z=$(exit 3)|c "$UNSET"|: ${UNSET:?}|local X=1|wait|type a|[ "$X" = env ]
    test -n "$Y"|[[ -n $X ]]|time a|builtin cd sub|let X=2
    """.strip().replace("\n    ", "|").split("|")
)  # fmt: skip


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two, three = st.tuples(inner, inner), st.tuples(inner, inner, inner)
    return st.one_of(
        two.map(" && ".join),
        two.map(" || ".join),
        two.map("; ".join),
        three.map(lambda p: f"{p[0]} && {p[1]} || {p[2]}"),
        three.map(lambda p: f"{p[0]} || {p[1]} && {p[2]}"),
        three.map(lambda p: f"{p[0]}; {p[1]}; {p[2]}"),
        inner.map(lambda p: f"{p};"),
        inner.map(lambda p: f"! {p}"),
        inner.map(lambda p: f"{{ {p}; }}"),
        inner.map(lambda p: f"({p})"),
        inner.map(lambda p: f"{p} | true"),
        inner.map(lambda p: f"true | {p}"),
        inner.filter(lambda p: not re.search(r"\bf\b", p)).map(lambda p: f"f() {{ {p}; }}; f"),
        inner.map(lambda p: f"for X in 1 2; do {p}; done"),
        two.map(lambda p: f"while {p[0]}; do {p[1]}; break; done"),
        two.map(lambda p: f"if {p[0]}; then {p[1]}; fi"),
        three.map(lambda p: f"if {p[0]}; then {p[1]}; else {p[2]}; fi"),
        two.map(lambda p: f"case $X in env) {p[0]};; *) {p[1]};; esac"),
        inner.map(lambda p: f"{{ {p}; }} > out"),
        inner.map(lambda p: f"{p} # note"),
        inner.map(lambda p: f"a `{p}`"),
        inner.map(lambda p: f"a $({p})"),
    )


SCRIPT = st.recursive(SIMPLE, compounds, max_leaves=5)
FAILS = st.sets(st.sampled_from("abcde"), max_size=3).map(" ".join)
ROUNDS = int(os.environ.get("DOCKMEND_ROUNDS", "40"))


@each_shell
@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
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
def test_joined_scripts_do_the_same(
    shell: list[str], scripts: list[str], fails: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = joined(scripts)
    assume(len(made) < len(scripts))
    bench = Bench(tmp_path_factory.mktemp("bench"))
    try:
        assert bench.run(shell, made, fails) == bench.run(shell, scripts, fails), made
    finally:
        shutil.rmtree(bench.folder)


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
