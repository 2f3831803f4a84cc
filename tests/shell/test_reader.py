"""What is read as a script, and that each shell takes it for one too."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmend._shell.reader import read
from dockmend._shell.syntax import Compound, List, Simple, Unclear

SHELLS = [
    command
    for command in (["dash"], ["bash"], ["bash", "--posix"], ["busybox", "ash"])
    if shutil.which(command[0])
]


def shape(items: List) -> str:
    """The structure of a list in brackets: words alone, `;` and `&` behind, `!` before."""
    parts = []
    for item in items:
        text = ""
        for operator, pipeline in zip(["", *item.operators], item.pipelines, strict=True):
            commands = "|".join(_command(one) for one in pipeline.commands)
            text += operator + ("!" if pipeline.negated else "") + commands
        parts.append(text + item.separator)
    return "".join(parts)


def _command(command: Simple | Compound) -> str:
    if isinstance(command, Compound):
        lists = "/".join(shape(one) for one in (*command.tested, *command.lists))
        words = " ".join(str(word.value) for word in command.words)
        return f"<{command.keyword}{' ' + command.name if command.name else ''}{' ' + words if words else ''}:{lists}>"
    sets = [f"{name}={word.value}" for name, word in command.assignments]
    sent = [f"{one.operator}{one.target.value}" for one in command.redirects]
    inner = [f"$[{shape(one)}]" for word in command.words for one in word.inner]
    return " ".join([*sets, *(str(word.value) for word in command.words), *sent, *inner])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b 'c d' \"e f\" g\\ h", "a b c d e f g h"),
        ("a && b || c; d & e", "a&&b||c;d&e"),
        ("a && b > f", "a&&b >f"),
        ("[ a && b ]", "[ a&&b ]"),
        ("! a | b && ! c", "!a|b&&!c"),
        ("(a; (b))", "<(:a;<(:b>>"),
        ("if a; then b; elif c; then d; else e; fi > f", "<if:a;/c;/b;/d;/e;>"),
        ("while a; do b; done; until c; do d; done", "<while:a;/b;>;<while:c;/d;>"),
        ("for x in a 'b c' $d; do e; done", "<for x a b c None:e;>"),
        ("for x; do a; done", "<for x:a;>"),
        ("case $x in a|b) c ;; (d) ;; *) e;; esac", "<case None a b d None:c//e>"),
        ("case x in esac", "<case x:>"),
        ("f() { a; }; f", "<function f:<{:a;>>;f"),
        ("A=1 B='2 3' c d=e > f 2>> g < h", "A=1 B=2 3 c d=e >f >>g <h"),
        ("A=1", "A=1"),
        ("> f", ">f"),
        ("a 2>&1 >&- | b", "a >&1 >&-|b"),
        ("[ -f x ] && [[ -f y ]]", "[ -f x ]&&[[ -f y ]]"),
        ("a $(b; c $(d)) `e && f` \"$(g 'h')\"", "a None None None $[b;c None $[d]] $[e&&f] $[g h]"),
        ("a `b \\`c\\``", "a None $[b None $[c]]"),
        ("a ${b} ${b:-'}'} ${#b} ${b%%\"}\"} $((1 + (2<<3))) $# $@ $1", "a" + " None" * 8),
        ("a ~ * ? [a] {b,c} {} {d} ~/e f~", "a None None None None None {} {d} None f~"),
        ("a{ }b { } !c", "a{ }b { } !c"),
        ("echo if then else { } !", "echo if then else { } !"),
        ("a # b && c", "a"),
        ("a b#c", "a b#c"),
        ("", ""),
        ("a;", "a;"),
        ('a "$" "\\x\\"\\$" $', 'a $ \\x"$ $'),
        ("export A=1 B", "export A=1 B"),
        ("test -e a -o -e b", "test -e a -o -e b"),
        ("time a | b", "time a|b"),
    ],
)
def test_scripts_are_read(text: str, expected: str) -> None:
    assert shape(read(text).items) == expected
    for shell in SHELLS:
        assert (
            subprocess.run([*shell, "-n", "-c", text], stdin=subprocess.DEVNULL, timeout=20).returncode == 0
        )


@pytest.mark.parametrize(
    "text",
    [
        "a &&", "a; ; b", "a;;b", "(a", "a)", "{ a }", "{ }", "()", "if a; then fi", "if a; then b; fi c", "fi", "}",
        "for 1 in a; do b; done", "for x in a do b; done", "case a in b c) d;; esac", "case a", "! ! a", "| a", "'a",
        '"a', "`a", "$(a", "${a", "$((1", "a\nb", "a 'b\nc'", "a\\", "a\rb", "a\\\nb", "# a\nb", "f() a", "1() { a; }",
        "f() { a; } g", "f() g() { a; }", "a <<E", "a <<<b", "a &> b", "a |& b", "a >& b", "a >&$b", "((a))", "(( a ) )",
        "a=(b c)", "a+=b", "a[1]=b", "[[ a && b ]]", "[[ a < b ]]", "[[ a > b ]]", "function f { a; }", "coproc a",
        "select a in b; do c; done", "a {fd}>b", "$'a'", '$"a"', "$[1]", "<(a)", "a $((1) )", "$(( 'a' ))",
        '"${a:-"b"}"', "\"${a:-'b'}\"", '"`a \\"b\\"`"', "a >", "a > ;", "$(" * 50 + "a" + ")" * 50,
        "(" * 50 + "a" + ")" * 50, "if " * 50, "! { a; }", "]] a", "time {", "time &", "> 2>&1", "-n", "+x || a",
        "time ]]", "time -p ]]", "time time ]]", "time function", "time select", "! time coproc", "! time -p &", "! time -- &",
        "time time &", "time() { a; }",
        "select() { a; }", "function() { a; }", "coproc () { a; }",
    ],
)  # fmt: skip
def test_what_is_unclear_is_said(text: str) -> None:
    with pytest.raises(Unclear, match=r"\w"):
        read(text)


SOUP = st.lists(
    st.sampled_from(
        """a b && || ; & | ( ) { } ! if then else fi while do done for x in case esac ;; [ ] [[ ]] > f 2>&1 A=1
        $a ${b} $(c) `d` 'e' "g $h" # * {i,j} f() \\ ${k:=l} $((1+2)) ~ = -n <<E << >& &> |& time function""".split()  # noqa: SIM905
    ),
    max_size=9,
).map(" ".join)


@settings(max_examples=300)
@given(st.one_of(SOUP, SOUP.map(lambda text: text.replace(" ", ""))))
def test_what_is_read_is_a_script_to_every_shell(text: str) -> None:
    try:
        read(text)
    except Unclear:
        return
    for shell in SHELLS:
        done = subprocess.run(
            [*shell, "-n", "-c", text], stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
