"""What instructions take from the build context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._dockerfile.parser import parse
from dockmend._project.sources import (
    argument_defaults,
    context_sources,
    copy_sources,
    destination,
    is_remote,
    word_parts,
)


def texts(text: str) -> list[str | None]:
    return [source.text for source in context_sources(parse(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("COPY a b /c\n", ["a", "b"]),
        ('COPY ["a b", "/c"]\n', ["a b"]),
        ("COPY 'a'\"b\" /c\n", ["ab"]),
        (r"COPY a\*b /c" + "\n", ["a*b"]),
        ("COPY --from=x a /c\n", []),
        ("COPY --chown=1 a \\\n  # c\n  b /c\n", ["a", "b"]),
        ("ADD https://x/y git@github.com:a/b ssh://a git://a a /c\n", ["a"]),
        ("ENV U=https://x/y V=app\nADD $U ${V}/a /c\n", ["app/a"]),
        ("ARG U=https://x/y\nADD $U /c\n", []),
        ("ARG V\nCOPY $V ${V:-x} $PATH /c\n", [None, None, None]),
        ("COPY '$V' \\$V $1 /c\n", ["$V", "$V", "$1"]),
        ("COPY <<EOF a /c/\nEOF\n", ["a"]),
        ("ONBUILD COPY a $V /c\n", ["a", None]),
        ("RUN --mount=type=bind,source=a,target=/c x\n", ["a"]),
        ("RUN --mount=target=/c --mount=type=cache,target=/d x\n", ["/"]),
        ("RUN --mount=from=b,src=a,target=/c x\n", []),
        ("RUN --mount=src=a,target=/c --mount=type=secret,id=b x\n", ["a"]),
        ("RUN --mount='\"source=a,b\",target=/c' x\n", [None]),
        ("COPY --parents **/a /c\n", [None]),
    ],
)
def test_sources(text: str, found: list[str | None]) -> None:
    assert texts(f"FROM alpine\n{text}") == found


def test_windows_paths() -> None:
    assert texts("# escape=`\nFROM alpine\nCOPY a\\b .\\c* C:\\\n") == ["a/b", "./c*"]


def test_places_and_literals() -> None:
    doc = parse("FROM alpine\nARG V=docs\nCOPY ./a/../b/ *.md $V /c\n")
    one, two, three = context_sources(doc)
    assert [doc.text[source.span.start : source.span.end] for source in (one, two, three)] == [
        "./a/../b/", "*.md", "$V",
    ]  # fmt: skip
    assert (one.literal, two.literal, three.literal) == ("b", None, None)
    assert (one.defaults, three.defaults, three.pieces) == ("./a/../b/", "docs", (None,))


def test_defaults_of_arguments() -> None:
    doc = parse(
        "ARG A=outer\nARG B=outer\nFROM a\nARG A\nARG C='in ner' D=$A E\nARG B=inner\nCOPY $A$C /x\n"
        "FROM b\nARG C=other\nCOPY $A /x\n"
    )
    first, second = (one for one in doc.instructions if one.name == "COPY")
    assert argument_defaults(doc, first) == {"A": "outer", "B": "inner", "C": "in ner"}
    assert argument_defaults(doc, second) == {"C": "other"}
    assert copy_sources(doc, first)[0].defaults == "outerin ner"
    assert copy_sources(doc, second)[0].defaults is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("COPY a /x/../y/", "/y"),
        ("WORKDIR /app\nCOPY a .", "/app"),
        ("WORKDIR /app\nCOPY a ./b", "/app/b"),
        ("COPY a .", None),
        ("ENV X=/opt\nCOPY a $X/b", "/opt/b"),
        ("ARG X=/opt\nCOPY a $X/b", "/opt/b"),
        ("ARG X\nCOPY a $X/b", None),
        ('COPY ["a", "/b c"]', "/b c"),
        ("ONBUILD COPY a /b", "/b"),
        ("WORKDIR /app\nONBUILD COPY a b", None),
    ],
)
def test_destinations(text: str, target: str | None) -> None:
    doc = parse(f"FROM alpine\n{text}\n")
    assert destination(doc, doc.instructions[-1]) == target


def test_remote() -> None:
    assert all(map(is_remote, ["http://a", "https://a/b.git#c", "ssh://a", "git://a", "git@a.b:c", "x@y:z"]))
    assert not any(
        map(is_remote, ["a", "./http://a", "ftp://a", "github.com/a/b", "a/b@c:d", "HTTP://a", ""])
    )


@given(st.text("a$\\'\"{}:-_ `", max_size=14), st.sampled_from("\\`"))
def test_any_word_is_read(text: str, escape: str) -> None:
    parts = list(word_parts(text, escape))
    assert all(part or variable for part, variable in parts)
    if not set("$'\"" + escape) & set(text):
        assert "".join(part for part, _ in parts) == text


@given(st.text("ab$/*.", min_size=1, max_size=10).filter(lambda text: "$" not in text))
def test_a_plain_word_is_its_source(text: str) -> None:
    assert texts(f"FROM a\nCOPY {text} /x\n") == [text]
