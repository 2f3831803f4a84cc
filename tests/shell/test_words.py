from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dockmend._shell import words
from dockmend._shell.words import COMPOUND, EMPTY, LITERAL, OPTION, SIMPLE, UNREADABLE, read

SHELLS = [
    shell
    for shell in (["dash", "-c"], ["bash", "-c"], ["bash", "--posix", "-c"], ["busybox", "ash", "-c"])
    if shutil.which(shell[0])
]

WORDS = [
    ("a", ["a"]),
    ("a b  c\td ", ["a", "b", "c", "d"]),
    ("  a", ["a"]),
    ("a '' \"\"", ["a", "", ""]),
    ("''", [""]),
    ("a'b'\"c\"d", ["abcd"]),
    ("a\\ b", ["a b"]),
    ("\\a\\'\\\"\\$", ["a'\"$"]),
    ("'a\\b'", ["a\\b"]),
    ('"a\\b\\"\\$\\`\\\\"', ['a\\b"$`\\']),
    ('"a\\\nb"', ["ab"]),
    ('"it\'s" \'say "x"\'', ["it's", 'say "x"']),
    ("a {} {b} }", ["a", "{}", "{b}", "}"]),
    ("{a", ["{a"]),
    ("a ! ]", ["a", "!", "]"]),
    ("!a", ["!a"]),
    ("a=b'c'", None),
    ("'a'=b", ["a=b"]),
    ("a\\=b", ["a=b"]),
    ("1=b", ["1=b"]),
    ("./a=b", ["./a=b"]),
    ("x a=b -c=d", ["x", "a=b", "-c=d"]),
    ("a b#c '#'", ["a", "b#c", "#"]),
    ("a b~ ./~", ["a", "b~", "./~"]),
    ("'~' \\~", ["~", "~"]),
    ("'if' \"!\"", ["if", "!"]),
    ("a if fi", ["a", "if", "fi"]),
    ("a\xa0b \x85 \r", ["a\xa0b", "\x85", "\r"]),
    ("é '世 界'", ["é", "世 界"]),
    ("a \udcff", ["a", "\udcff"]),
]

KINDS = [
    ("", EMPTY, None, ""),
    (" \t", EMPTY, None, ""),
    ("# a", EMPTY, None, ""),
    ("a $b", SIMPLE, "a", "an expansion"),
    ('a "$b"', SIMPLE, "a", "an expansion"),
    ('a "`b`"', SIMPLE, "a", "a command substitution"),
    ("a $", SIMPLE, "a", "an expansion"),
    ("a $'b'", SIMPLE, "a", "an expansion"),
    ("a *.b", SIMPLE, "a", "a glob"),
    ("a b?", SIMPLE, "a", "a glob"),
    ("a [b", SIMPLE, "a", "a glob"),
    ("a ~", SIMPLE, "a", "a tilde"),
    ("a b=~/c", SIMPLE, "a", "a tilde"),
    ("a b:~", SIMPLE, "a", "a tilde"),
    ("a ''~", SIMPLE, "a", "a tilde"),
    ("a {b,c}", SIMPLE, "a", "a brace expansion"),
    ("a {1..3}", SIMPLE, "a", "a brace expansion"),
    ("a <b", SIMPLE, "a", "a redirect"),
    ("a >b 2>&1 # c", SIMPLE, "a", "a redirect"),
    (">b a c", SIMPLE, "a", "a redirect"),
    ("A=1 a", SIMPLE, "a", "an assignment"),
    ("A=$B C= ./a-b.c", SIMPLE, "./a-b.c", "an expansion"),
    ("A+=1 a", SIMPLE, None, "an assignment"),
    ("A[0]=1 a", SIMPLE, None, "a glob"),
    ("a &>b", SIMPLE, None, "a list"),
    ("a <(b)", SIMPLE, None, "a redirect"),
    ("$a b", SIMPLE, None, "an expansion"),
    ("a${b} c", SIMPLE, None, "an expansion"),
    ('"a" $b', SIMPLE, None, "an expansion"),
    ("%1 a", SIMPLE, None, "a job"),
    ("'%1'", SIMPLE, None, "a job"),
    ("cd $a", SIMPLE, "cd", "an expansion"),
    ("A=1", COMPOUND, None, "an assignment"),
    (">a", COMPOUND, None, "a redirect"),
    ("a; b", COMPOUND, None, "a list"),
    ("a;", COMPOUND, None, "a list"),
    ("a &", COMPOUND, None, "a list"),
    ("a && b", COMPOUND, None, "a list"),
    ("a || b", COMPOUND, None, "a list"),
    ("a\nb", COMPOUND, None, "a list"),
    ("a # b\nc", COMPOUND, None, "a list"),
    ("a | b", COMPOUND, None, "a pipeline"),
    ("a | b > c", COMPOUND, None, "a pipeline"),
    ("(a)", COMPOUND, None, "a subshell"),
    ("{ a; }", COMPOUND, None, "a list"),
    ("! a", COMPOUND, None, "the keyword `!`"),
    ("time a", COMPOUND, None, "the keyword `time`"),
    ("time a $b", COMPOUND, None, "an expansion"),
    ("if a; then b; fi", COMPOUND, None, "a list"),
    ("export A=$b", COMPOUND, None, "an expansion"),
    ("a() { b; }", COMPOUND, None, "a subshell"),
    ("-a b", OPTION, None, "what the shell takes for its own option"),
    ("+a", OPTION, None, "what the shell takes for its own option"),
    ("if a", UNREADABLE, None, "the keyword `if`"),
    ("a 'b", UNREADABLE, None, "an open quote"),
    ('a "b', UNREADABLE, None, "an open quote"),
    ('a "b\\', UNREADABLE, None, "an open quote"),
    ("a &&", UNREADABLE, None, "a list"),
    ("a $(b", UNREADABLE, None, "an expansion"),
    ("a b" * 50_000, UNREADABLE, None, "its length"),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_literal_words(text: str, expected: list[str] | None) -> None:
    command = read(text)
    if expected is None:
        assert command.kind != LITERAL
        return
    assert command.kind == LITERAL
    assert [word.text for word in command.words] == expected
    assert (command.name, command.why, command.comment) == (expected[0], "", None)
    assert text[command.at :].startswith(text[command.words[0].start : command.words[0].end])


@pytest.mark.parametrize(("text", "kind", "name", "why"), KINDS, ids=[text[:20] for text, *_ in KINDS])
def test_kinds(text: str, kind: str, name: str | None, why: str) -> None:
    command = read(text)
    assert (command.kind, command.name, command.why) == (kind, name, why)
    if name is not None:
        assert text[command.at :].startswith(name)


def test_a_word_knows_where_its_characters_stand() -> None:
    text = "ab 'c d'\\e\"\\\"\" ''"
    first, second, empty = read(text).words
    assert (first.start, first.end, first.places) == (0, 2, (0, 1))
    assert (second.text, second.start, second.end) == ('c de"', 3, 14)
    assert [text[place] for place in second.places] == list(second.text)
    assert (empty.start, empty.end, empty.places) == (15, 17, ())


@pytest.mark.parametrize(
    ("text", "comment"), [("a # b", 2), ("a\t#", 2), ("# a", 0), ("a b#c", None), ("a '#'", None)]
)
def test_where_a_comment_starts(text: str, comment: int | None) -> None:
    assert read(text).comment == comment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", ["a", "b"]),
        ("exec a b", ["a", "b"]),
        ("'exec' a", ["a"]),
        ("exec cd a", ["cd", "a"]),
        ("exec", []),
        ("exec -a b c", []),
        ("true a", ["true", "a"]),
        ("false", ["false"]),
        ("echo a b", ["echo", "a", "b"]),
        ("echo -n a", []),
        ("echo a -n", []),
        ("echo 'a\\b'", []),
        ("printf a", []),
        ("[ a ]", []),
        ("cd a", []),
        ("-x a", ["-x", "a"]),
        ("a $b", []),
        ("a && b", []),
        ("", []),
    ],
)
def test_words_of_a_program(text: str, expected: list[str]) -> None:
    assert [word.text for word in words.program(read(text))] == expected


@pytest.mark.parametrize(
    ("shell", "plain"),
    [
        ("/bin/sh -c", True),
        ("/usr/bin/bash -o pipefail -c", True),
        ("bash -euo pipefail -c", True),
        ("ash -e -u -c", True),
        ("dash -c -e", True),
        ("sh -xc", False),
        ("bash -lc", False),
        ("bash -l -i -c", False),
        ("bash --login -c", False),
        ("bash -O extglob -c", False),
        ("bash -o xtrace -c", False),
        ("bash", None),
        ("bash -e", None),
        ("bash - -c", None),
        ("bash x -c", None),
        ("bash -c -o", None),
        ("busybox sh -c", None),
        ("zsh -c", None),
        ("cmd /S /C", None),
        ("powershell -Command", None),
        ("", None),
    ],
)
def test_shells(shell: str, plain: bool | None) -> None:
    assert words.is_plain(shell.split()) is plain


@pytest.mark.parametrize(
    "piece", ["a ", "'", '"', "\\", "a'b'", "$(", "{", "#", "a=b ", "~", " ", "-", "`a` "]
)
@pytest.mark.slow
def test_time_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        read(text)
        return time.process_time() - start

    assert min(seconds(96_000) for _ in range(3)) < 30 * min(seconds(12_000) for _ in range(3)) + 0.05


PLAIN = [*"abAZ09_-./:,=+%@^!{}[]~#", *"\r\x01\x7f\x0bé\x81\u0101\xa0\x85\u2028世😀", "\udc81", "\udcff"]
QUOTING = ["''", '""', "'", "'", '"', '"', "\\", "\\", " ", " ", " ", "\t"]
NASTY = [
    "~/",
    "a=",
    "$'",
    "{a,b}",
    "{1..3}",
    "{}",
    "if",
    "time",
    "!",
    "\\ ",
    "@(a)",
    "*",
    "?",
    "$",
    ";",
    "&",
    "|",
    "<",
]
LINES = st.lists(st.sampled_from(PLAIN + QUOTING * 2 + NASTY), max_size=9).map("".join)

PRINTS = '#!/bin/sh\nprintf \'%s\\0\' "$#" "$@"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bin")
    program(path, "x")
    return path


def program(folder: Path, name: str, text: str = PRINTS) -> None:
    file = os.path.join(os.fsencode(folder), os.fsencode(name))
    if not os.path.exists(file):
        Path(os.fsdecode(file)).write_text(text)
        os.chmod(file, 0o755)


def run(shell: list[str], text: str, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    path = f"{folder}:/usr/bin:/bin"
    return subprocess.run(
        [*shell, os.fsencode(text)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=env.pop("cwd", folder),
        env={"PATH": path, "HOME": "/root", "LC_ALL": "C.UTF-8", **env},
        timeout=20,
    )


@settings(max_examples=100)
@given(LINES)
def test_words_are_what_each_shell_passes(folder: Path, text: str) -> None:
    command = read(text)
    assume(command.kind in (LITERAL, OPTION))
    texts = [word.text for word in command.words]
    cases = [(f"x {text}", texts)]
    name = texts[0]
    if (
        command.kind == LITERAL
        and "/" not in name
        and name not in ("", ".", "..")
        and name not in words.BUILTINS
    ):
        program(folder, name)
        cases.append((text, texts[1:]))
    for script, expected in cases:
        wanted = b"".join(os.fsencode(word) + b"\0" for word in (str(len(expected)), *expected))
        for shell in SHELLS:
            assert run(shell, script, folder).stdout == wanted, (shell, script)


@pytest.mark.parametrize("keyword", sorted(words.KEYWORDS))
def test_a_keyword_is_no_literal_command(keyword: str) -> None:
    assert read(keyword).kind != LITERAL
    assert read(f"'{keyword}' a").kind == LITERAL


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_a_shell_runs_itself_is_known(shell: list[str], folder: Path) -> None:
    names = {
        *words.BUILTINS,
        *words.KEYWORDS,
        *os.listdir("/usr/bin"),
        "chdir",
        "source",
        "repeat",
        "foreach",
    }
    names = {name for name in names if re.fullmatch(r"[a-z]+", name)}
    script = f"PATH=/nowhere; for name in {' '.join(sorted(names))}; do command -v $name; done"
    found = run(shell, script, folder).stdout.decode().split()
    assert len(found) > 30
    assert set(found) <= words.BUILTINS | words.KEYWORDS


def pieces(*found: str, most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(found), max_size=most).map(" ".join)


REDIRECTS = (">o", ">>o", "2>&1", "<in", "<nosuch", "&>o", ">&2", "3>&1", "<<<a")
SHELLED = st.builds(
    "{} {} {} {}".format,
    pieces("F=1", "F=$V", "V=2", "IFS=x", "v+=1", "a[0]=1", "!", "time", "exec", *REDIRECTS, most=2),
    st.sampled_from(["x", "y", "a", "%1", "if", "$V"]),
    pieces("$V", '"$@"', "$(y z)", "`y z`", "v=w", '"a b"', "~", "*", "${V:-w}", "a\\ b", "-x", "<(y)", "[[", "a", "()",
           "$'a'", "#", "F=~", "{a,b}", '"$(y "$V")"', "$((1+2))", "$", *REDIRECTS, most=4),
    pieces("&&", ";", "|", "&", ")", "}", "then", "x", "# c", most=1),
).map(str.strip)  # fmt: skip

SHOWS = '#!/bin/sh\nprintf \'<%s>\' "${0##*/}" "F=$F V=$V v=$v" "$@"\ncat\n[ "$1" != a ]\n'


@settings(max_examples=100)
@given(SHELLED)
def test_exec_before_the_command_changes_nothing(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    command = read(text)
    assume(command.kind == SIMPLE and command.name is not None and command.name not in words.BUILTINS)
    replaced = f"{text[: command.at]}exec {text[command.at :]}"
    folder = tmp_path_factory.mktemp("exec")
    for name in ("x", "y"):
        program(folder, name, SHOWS)
    for shell in SHELLS:
        assert outcome(shell, text, folder) == outcome(shell, replaced, folder), shell


def outcome(shell: list[str], script: str, folder: Path) -> tuple[object, ...]:
    """What a script gives; the words of a shell's own errors aside (`sh: 1: exec: a: not found`)."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        (Path(work) / "in").write_text("input")
        done = run(shell, script, folder, cwd=work, V="X Y")
        files = {file.name: file.read_bytes() for file in Path(work).iterdir()}
    said = {name: b"" if b"not found" in data else data for name, data in files.items()}
    return done.returncode, b"" if b"not found" in done.stdout else done.stdout, said
