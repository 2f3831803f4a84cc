from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._compose.document import parse
from dockmend._compose.inline import Inline, inlines
from dockmend._dockerfile.span import Edit, Span
from dockmend._edit import Edits

HEAD = "services:\n  web:\n    build:\n      dockerfile_inline: "


def only(text: str) -> Inline:
    doc = parse(text)
    assert not doc.problems
    [inline] = inlines(doc)
    return inline


def block(dockerfile: str, header: str = "|", indent: str = " " * 8) -> str:
    lines = (line and indent + line for line in dockerfile.replace("$", "$$").split("\n"))
    return f"{HEAD}{header}\n" + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "dockerfile", "reason"),
    [
        (block("FROM a\nRUN b\n"), "FROM a\nRUN b\n", ""),
        (block("FROM a\n\nRUN b\n") + "    ports: []\n", "FROM a\n\nRUN b\n", ""),
        (block("FROM a\n") + "\n\n# c\n", "FROM a\n", ""),
        (block("FROM a", "|-"), "FROM a", ""),
        (block("FROM a\n", "|-") + "\n", "FROM a", ""),
        (block("FROM a\n\n\n", "|+"), "FROM a\n\n\n", ""),
        (block("FROM a\n", "| # a comment"), "FROM a\n", ""),
        (block(" FROM a\nRUN b\n", "|2"), " FROM a\nRUN b\n", ""),
        (block("FROM a\nRUN echo $A ${B}\n"), "FROM a\nRUN echo $A ${B}\n", ""),
        (block("FROM a\n").replace("\n", "\r\n"), "FROM a\n", ""),
        (block("FROM a\n  é😀\n"), "FROM a\n  é😀\n", ""),
        (f'{HEAD}"FROM a\\nRUN b\\n"\n', "FROM a\nRUN b\n", "it is no literal block (`|`)"),
        (f"{HEAD}FROM a\n", "FROM a", "it is no literal block (`|`)"),
        (block("FROM a\n", ">"), "FROM a\n", "it is no literal block (`|`)"),
        (
            f"{HEAD}|\n        FROM a\n        RUN echo $A\n",
            "FROM a\nRUN echo $A\n",
            "Compose replaces variables in it first; `$$` stands for a dollar sign",
        ),
    ],
)
def test_what_is_there(text: str, dockerfile: str, reason: str) -> None:
    inline = only(text)
    assert (inline.doc.text, inline.reason) == (dockerfile, reason)
    assert len(inline.places) == (0 if reason else len(dockerfile) + 1)
    for place, char in zip(inline.places, dockerfile):
        assert text[place].replace("\r", "\n") == char


def test_none() -> None:
    assert list(inlines(parse("services:\n  a:\n    build: .\n  b:\n    image: b\n  c:\n    build:\n"))) == []


def test_shared() -> None:
    text = "x-a: &a\n  dockerfile_inline: |\n    FROM a\nservices:\n  b:\n    build: *a\n  c:\n    build: {<<: *a}\n"
    inline = only(text)
    assert inline.path == (0, "x-a", "dockerfile_inline")
    assert inline.service.name == "b"


LINES = st.lists(st.sampled_from(["FROM a", "RUN b", "", "  x", "$A", "é", "# c"]), min_size=1, max_size=6)


@given(LINES, LINES, st.integers(0, 1 << 30), st.booleans())
def test_an_edit_does_in_the_block_what_it_does_in_the_dockerfile(
    before: list[str], put: list[str], seed: int, crlf: bool
) -> None:
    dockerfile = "FROM x\n" + "\n".join(before) + "\nEND\n"
    text = block(dockerfile) + "    ports: []\n"
    text = text.replace("\n", "\r\n") if crlf else text
    inline = only(text)
    assert inline.doc.text == dockerfile
    pick = random.Random(seed)
    start, end = sorted(pick.choices(range(len("FROM x\n"), len(dockerfile) + 1), k=2))
    new = "\n".join(put) + pick.choice(["", "\n"])
    edit = Edit(Span(start, end), new)
    expected = Edits([edit]).apply(dockerfile)
    if not re.search(r"\S\n\Z", expected):
        return
    after = only(Edits([inline.edit(edit)]).apply(text))
    assert after.doc.text == expected
    assert after.compose.services[0].fields["ports"].value.kind == "sequence"
    if not re.search(r"(?m)^ +$", expected):
        assert not re.search(r"(?m)^ +\r?$", after.compose.text)


def test_a_place() -> None:
    inline = only(block("FROM a\nRUN $A\n"))
    start = inline.doc.text.index("RUN")
    span = inline.span(Span(start, start + 6))
    assert inline.compose.text[span.start : span.end] == "RUN $$A"
    assert inline.span(Span(start, start)).start == span.start
