from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._shell.script import LONGEST, parse

TEXT = st.binary(max_size=60).map(lambda b: b.decode("utf-8", "surrogateescape"))


@given(TEXT)
def test_any_text_gives_a_script(text: str) -> None:
    script = parse(text)
    assert script.text == text
    for node in script.walk():
        start, end = script.span(node)
        assert text[start:end] == script.source(node)


def test_spans_are_code_points() -> None:
    script = parse("é" * 1000 + " \udcff x && ü")
    list_node = script.root.named_children[0]
    assert script.span(list_node) == (0, len(script.text))
    assert script.span(list_node.named_children[-1]) == (len(script.text) - 1, len(script.text))


def test_walk_begins_with_each_parent() -> None:
    script = parse("a && b")
    assert [n.type for n in script.walk() if n.is_named] == [
        "program", "list", "command", "command_name", "word", "command", "command_name", "word",
    ]  # fmt: skip
    assert [n.type for n in script.walk(script.root.named_children[0].named_children[1])] == [
        "command", "command_name", "word",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a &&",
        "a |",
        "(a",
        "a)",
        "'a",
        "$(a",
        "if a; then b",
        "a\0b",
        "a " * LONGEST,
        "cat <<A " * 40,
        "case a in",
    ],
)
def test_what_is_not_understood_says_so(text: str) -> None:
    script = parse(text)
    assert script.has_error
    assert script.doubt


@pytest.mark.parametrize("text", ["(" * 30000 + "a" + ")" * 30000, "$(" * 30000, '"$(' * 30000, "{ " * 40000])
def test_deep_nesting_ends(text: str) -> None:
    assert sum(1 for _ in parse(text).walk())


def test_a_text_is_parsed_once() -> None:
    assert parse("echo once") is parse("echo once")
