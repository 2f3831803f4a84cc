from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from dockmend._dockerfile.span import Edit, Span
from dockmend._edit import Edits
from dockmend._engine.lines import edits
from dockmend._server.positions import Positions
from lsp_client import CODECS, apply, offset

TEXTS = st.text(alphabet="ab é漢\U0001f600\r\n\f\x85\u2028\t\ufeff", max_size=40)
ENCODINGS = st.sampled_from(list(CODECS))


def positions(text: str, encoding: str = "utf-16") -> Positions:
    return Positions(text, PositionCodec(encoding).client_num_units)


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", (1, 9)), ("utf-16", (1, 4)), ("utf-32", (1, 3))]
)
def test_units(encoding: str, expected: tuple[int, int]) -> None:
    made = positions("a\né\U0001f600漢b", encoding)
    position = made.position(5)
    assert (position.line, position.character) == expected
    assert made.offset(position) == 5


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_ends_of_the_protocol(end: str) -> None:
    made = positions(f"a{end}b")
    assert made.position(1 + len(end)) == types.Position(1, 0)
    assert made.offset(types.Position(0, 9)) == 1, "behind the end of a line is its end"


@pytest.mark.parametrize("character", "\v\f\x1c\x85\u2028\u2029")
def test_nothing_else_ends_a_line(character: str) -> None:
    assert positions(f"a{character}b").position(2) == types.Position(0, 2)


def test_behind_the_end() -> None:
    assert positions("a\nb").offset(types.Position(7, 0)) == 3


@pytest.mark.parametrize(("number", "expected"), [(1, "FROM a"), (2, "b c"), (3, ""), (4, "d"), (5, "")])
def test_line(number: int, expected: str) -> None:
    text = "FROM a\n  b c\t\r\n\n d\n"
    assert text[slice(*positions(text).line(number))] == expected


@given(TEXTS, ENCODINGS)
def test_there_and_back(text: str, encoding: str) -> None:
    made = positions(text, encoding)
    for at in range(len(text) + 1):
        if text[max(at - 1, 0) : at + 1] != "\r\n":
            assert made.offset(made.position(at)) == at
            assert offset(text, made.position(at), encoding) == at


@given(TEXTS, TEXTS, ENCODINGS)
def test_a_client_makes_of_the_edits_what_was_meant(before: str, after: str, encoding: str) -> None:
    made = list(edits(before, after))
    assert Edits(made).apply(before) == after
    assert apply(before, positions(before, encoding).edits(made), encoding) == after


def test_no_edit_parts_a_line_end() -> None:
    made = positions("a\r\nb").edits([Edit(Span(2, 2), "x")])
    assert made == [types.TextEdit(types.Range(types.Position(0, 1), types.Position(1, 0)), "\rx\n")]
