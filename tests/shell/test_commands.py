from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._shell.commands import Block, commands, read

SCRIPT = st.text(st.sampled_from("a b&|;(){}!<>\n'\"\\#$`=-x"), max_size=40)


def outline(block: Block, text: str) -> list[str]:
    """Each chain as its links and what ends it: `a && b ;`."""
    lines = []
    for chain in block.chains:
        parts = [
            f"{link.operator} {'!' if link.negated else ''}[{text[link.start : link.end]}]".strip()
            for link in chain.links
        ]
        lines.append(" ".join([*parts, {"\n": "NL"}.get(chain.after, chain.after)]).strip())
    return lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b || c && d", ["[a] && [b] || [c] && [d]"]),
        ("a; b & c", ["[a] ;", "[b] &", "[c]"]),
        ("a\n\nb # c\nd", ["[a] NL", "[b] NL", "[d]"]),
        ("a && b > x 2>&1 && c", ["[a] && [b > x 2>&1] && [c]"]),
        ("a && b > x | c", ["[a] && [b > x | c]"]),
        ("a | b && c > d; e", ["[a | b] && [c > d] ;", "[e]"]),
        ("! a | b && c", ["![a | b] && [c]"]),
        ("a || ! b", ["[a] || ![b]"]),
        ("a\n! b", ["[a] NL", "![b]"]),
        ("cat <<E && b\nx\nE\nc", ["[cat <<E] && [b] NL", "[c]"]),
        ("> x && a", ["[> x] && [a]"]),
        ("(a; b) && { c; } >x", ["[(a; b)] && [{ c; } >x]"]),
        ("case $x in a|b) c | d;; esac", ["[case $x in a|b) c | d;; esac]"]),
        ("A=1; B=2 c", ["[A=1] ;", "[B=2 c]"]),
        ("a && \\\n  b \\\n  c\nd", ["[a] && [b \\\n  c] NL", "[d]"]),
    ],
)
def test_chains(text: str, expected: list[str]) -> None:
    program = read(text)
    assert not program.doubt
    assert outline(program.block, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apt-get -y install curl", ["apt-get", "-y", "install", "curl"]),
        ("a 'x y' z\\ 1 b=2 if", ["a", "x y", "z 1", "b=2", "if"]),
        ("a $b *.c ~ {d,e} `f` \"$g\" ''", ["a", None, None, None, None, None, None, ""]),
        ("a >/dev/null 2>&1 x y", ["a", "x", "y"]),
        (">x a <y b", ["a", "b"]),
        ("[ -f x ]", ["["]),
        ("export A=1 B", ["export", "A=1", "B"]),
    ],
)
def test_words(text: str, expected: list[str | None]) -> None:
    command = commands(text)[0]
    assert [word.text for word in command.words] == expected
    for word in command.words:
        assert text[word.start : word.end] == word.source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > b 2>&1 && c", ["> b", "2>&1"]),
        (">x a <<<c", [">x", "<<<c"]),
        ("a <<E >b\ny\nE\n", ["<<E", ">b"]),
        ("a 2>x -y | b >> z", ["2>x", ">> z"]),
        ("> x", ["> x"]),
    ],
)
def test_redirects(text: str, expected: list[str]) -> None:
    assert read(text).block.chains[0].links[0].redirects == expected


@pytest.mark.parametrize(
    ("text", "prefix", "real", "assignments"),
    [
        ("sudo -E -u app pip install x", "sudo -E -u app", "pip install x", ()),
        ("sudo A=1 pip x", "sudo A=1", "pip x", (("A", "1"),)),
        ("B=$x env -i A=1 exec time pip x", "env -i A=1 exec time", "pip x", (("B", None), ("A", "1"))),
        ("timeout -k 5 10 pip x", "timeout -k 5 10", "pip x", ()),
        ("command -v pip", "", "command -v pip", ()),
        ("sudo $user pip", "", "sudo $user pip", ()),
        ("nice -n 5 /usr/bin/pip", "nice -n 5", "/usr/bin/pip", ()),
        ("sudo -E", "", "sudo -E", ()),
    ],
)
def test_prefixes(text: str, prefix: str, real: str, assignments: tuple[tuple[str, str | None], ...]) -> None:
    command = commands(text)[0]
    assert " ".join(word.source for word in command.prefix) == prefix
    assert " ".join(word.source for word in command.words) == real
    assert command.assignments == assignments
    assert repr(command) == f"<{real}>"


def test_the_name_has_no_folder() -> None:
    assert [command.name for command in commands("/usr/bin/apt-get x; $y z; A=1; apk")] == [
        "apt-get",
        None,
        "apk",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apt-get -y -o A=b install c", 4),
        ("apt-get -y -oA=b install c", 3),
        ("apt-get $x install", None),
        ("apt-get --version", None),
        ("apt-get", None),
        ("pip -", 1),
    ],
)
def test_the_subcommand(text: str, expected: int | None) -> None:
    assert commands(text)[0].subcommand(frozenset({"-o"})) == expected


def test_where_a_command_stands() -> None:
    text = "if a; then (b && c); fi && for x in $(d); do e; done; f() { g; }; h | i"
    found = {command.name: command.link for command in commands(text)}
    assert {name: link.path for name, link in found.items()} == {
        "a": ("if",), "b": ("subshell", "if"), "c": ("subshell", "if"),
        "d": ("substitution",), "e": ("loop",), "g": ("group", "function"), "h": (), "i": (),
    }  # fmt: skip
    assert found["c"].previous is found["b"]
    assert found["b"].previous is None
    assert [link.kind for link in found["c"].outwards()] == ["command", "subshell", "if"]
    assert found["e"].top.previous is found["a"].top
    assert [name for name, link in found.items() if link.is_final] == ["h", "i"]
    assert found["h"] is found["i"]
    assert found["h"].kind == "pipeline"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set -e; a", True), ("a; set -ux", False), ("set -o errexit", True), ("set $x", True),
        (". ./x", True), ("shopt -s extglob", False),
        ("$x", True), ("echo set -e", False), ("set -euo pipefail", True),
    ],
)  # fmt: skip
def test_errexit(text: str, expected: bool) -> None:
    assert read(text).errexit is expected


@pytest.mark.parametrize("text", ["a &&", "(a", "'a", "a\0b", "cat <<A " * 40])
def test_nothing_is_known_of_what_is_not_understood(text: str) -> None:
    program = read(text)
    assert program.doubt
    assert not program.commands
    assert not program.block.chains


@given(SCRIPT)
def test_any_script(text: str) -> None:
    program = read(text)
    for command in program.commands:
        link = command.link
        assert 0 <= command.start <= command.end <= len(text)
        assert link.start <= command.start
        assert link.chain.links[link.place] is link
        assert link.top.chain.block is program.block
        for word in command.words:
            assert text[word.start : word.end] == word.source


def test_deep_and_long_scripts_end() -> None:
    assert len(commands("(" * 3000 + "a" + ")" * 3000)) <= 1
    assert len(commands(" && ".join(["a"] * 9000))) == 9000
    assert len(read("; ".join(["a"] * 9000)).block.chains) == 9000
