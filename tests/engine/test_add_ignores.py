from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

import buildkit
from dockmend import _registry
from dockmend._dockerfile.document import Document
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from dockmend._engine import add_ignores
from dockmend._engine.add_ignores import ignored_text
from dockmend._engine.mend import Result, Settings, check_text, mend_text
from dockmend._hook import Context, Finding, Hook
from dockmend._project.find import find_context
from nasty import TEXTS
from shapes import SHAPES


def _every(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Every instruction, at its keyword, its end or within what it triggers."""
    for one in doc.instructions:
        places = (one.keyword, Span(one.head.end - 1, one.head.end), (one.trigger or one).keyword)
        yield Finding("every", places[one.index % 3], reason="r")


def _odd(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Every other instruction."""
    yield from (Finding("odd", one.keyword, reason="r") for one in doc.instructions if one.index % 2)


def _top(doc: Document, ctx: Context) -> Iterator[Finding]:
    """The file, at its very start."""
    yield Finding("top", Span(0, 0), reason="r")


def _minds(doc: Document, ctx: Context) -> Iterator[Finding]:
    """The instruction behind one with an ignore comment."""
    for before, one in zip(doc.instructions, doc.instructions[1:]):
        if before.line > 1 and "ignore[" in doc.text.split("\n")[before.line - 2]:
            yield Finding("minds", one.keyword, reason="r")


EVERY, ODD, TOP, MINDS = (
    Hook(name, 1, name, check)
    for name, check in (("every", _every), ("odd", _odd), ("top", _top), ("minds", _minds))
)


def ignored(text: str, *hooks: Hook) -> Result:
    return ignored_text(text, Settings(hooks), None, find_context(None, None, text))


@pytest.mark.parametrize(
    ("reason", "hooks", "before", "after"),
    [
        ("above each", [EVERY], "FROM a\n\nRUN b\n", "# dockmend: ignore[every]\nFROM a\n\n# dockmend: ignore[every]\nRUN b\n"),
        ("several of one instruction", [EVERY, ODD], "# dockmend: ignore[every]\nFROM a\nRUN b\n", "# dockmend: ignore[every]\nFROM a\n# dockmend: ignore[odd, every]\nRUN b\n"),
        ("as far in as the instruction", [ODD], "FROM a\n \tRUN b\n", "FROM a\n \t# dockmend: ignore[odd]\n \tRUN b\n"),
        ("an instruction of several lines", [ODD], "FROM a\nRUN b \\\n# c\n  d\n", "FROM a\n# dockmend: ignore[odd]\nRUN b \\\n# c\n  d\n"),
        ("a trigger", [ODD], "FROM a\nONBUILD RUN b\n", "FROM a\n# dockmend: ignore[odd]\nONBUILD RUN b\n"),
        ("a here-document", [ODD], "FROM a\nRUN <<EOF\n# dockmend: ignore\nRUN b\nEOF\n", "FROM a\n# dockmend: ignore[odd]\nRUN <<EOF\n# dockmend: ignore\nRUN b\nEOF\n"),
        ("behind a here-document", [ODD], "FROM a\n# dockmend: ignore\nRUN <<EOF\n# x\nEOF\nRUN c\nRUN d\n", "FROM a\n# dockmend: ignore\nRUN <<EOF\n# x\nEOF\nRUN c\n# dockmend: ignore[odd]\nRUN d\n"),
        ("below the comment that is there", [ODD], "FROM a\n# why\nRUN b\n", "FROM a\n# why\n# dockmend: ignore[odd]\nRUN b\n"),
        ("a comment that is there names more", [ODD], "FROM a\n# dockmend: ignore[x] why\nRUN b\n", "FROM a\n# dockmend: ignore[x, odd] why\nRUN b\n"),
        ("blanks in its brackets", [ODD], "FROM a\n#dockmend:ignore[ x ]\nRUN b\n", "FROM a\n#dockmend:ignore[ x, odd ]\nRUN b\n"),
        ("anywhere in the block above", [ODD], "FROM a\n# dockmend: ignore[x]\n# why\nRUN b\n", "FROM a\n# dockmend: ignore[x, odd]\n# why\nRUN b\n"),
        ("the last of two", [ODD], "FROM a\n# dockmend: ignore[x]\n# dockmend: ignore[y]\nRUN b\n", "FROM a\n# dockmend: ignore[x]\n# dockmend: ignore[y, odd]\nRUN b\n"),
        ("one above an empty line is another's", [ODD], "FROM a\n# dockmend: ignore[x]\n\nRUN b\n", "FROM a\n# dockmend: ignore[x]\n\n# dockmend: ignore[odd]\nRUN b\n"),
        ("one within another instruction", [ODD], "FROM a\nRUN b \\\n# dockmend: ignore[x]\n c\nRUN d\nRUN e\n", "FROM a\n# dockmend: ignore[odd]\nRUN b \\\n# dockmend: ignore[x]\n c\nRUN d\n# dockmend: ignore[odd]\nRUN e\n"),
        ("hadolint's stays next to the instruction", [ODD], "FROM a\n# hadolint ignore=DL3059\nRUN b\n", "FROM a\n# dockmend: ignore[odd]\n# hadolint ignore=DL3059\nRUN b\n"),
        ("hadolint's for the file", [ODD], "FROM a\n# hadolint global ignore=DL3059\nRUN b\n", "FROM a\n# dockmend: ignore[odd]\n# hadolint global ignore=DL3059\nRUN b\n"),
        ("hadolint's further up", [ODD], "FROM a\n# hadolint ignore=DL3059\n# why\nRUN b\n", "FROM a\n# hadolint ignore=DL3059\n# why\n# dockmend: ignore[odd]\nRUN b\n"),
        ("under the directives", [EVERY], "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\n", "# syntax=docker/dockerfile:1\n# escape=`\n# dockmend: ignore[every]\nFROM a\n"),
        ("of the file", [TOP], "# x\n\nFROM a\n", "# x\n\n# dockmend: file-ignore[top]\nFROM a\n"),
        ("of the file and its first instruction", [TOP, EVERY], "# x\nFROM a\n", "# x\n# dockmend: file-ignore[top]\n# dockmend: ignore[every]\nFROM a\n"),
        ("one of the file that is there", [TOP], "# dockmend: file-ignore[x]\n# dockmend: ignore[y]\n\nFROM a\n", "# dockmend: file-ignore[x, top]\n# dockmend: ignore[y]\n\nFROM a\n"),
        ("hadolint's above the first", [TOP], "# hadolint ignore=DL3006\nFROM a\n", "# dockmend: file-ignore[top]\n# hadolint ignore=DL3006\nFROM a\n"),
        ("a file that begins with an instruction", [TOP], "FROM a\n", "# dockmend: file-ignore[top]\nFROM a\n"),
        ("a comment that brings another finding", [ODD, MINDS], "FROM a\nRUN b\nRUN c\nRUN d\n", "FROM a\n# dockmend: ignore[odd]\nRUN b\n# dockmend: ignore[minds]\nRUN c\n# dockmend: ignore[odd, minds]\nRUN d\n"),
        ("CRLF", [ODD], "FROM a\r\nRUN b\r\n", "FROM a\r\n# dockmend: ignore[odd]\r\nRUN b\r\n"),
        ("no final newline", [ODD], "FROM a\nRUN b", "FROM a\n# dockmend: ignore[odd]\nRUN b"),
        ("byte order mark", [EVERY], "\ufeffFROM a\n", "\ufeff# dockmend: ignore[every]\nFROM a\n"),
        ("a continuation before the keyword", [ODD], "FROM a\n \\\n RUN b\n", "FROM a\n # dockmend: ignore[odd]\n \\\n RUN b\n"),
        ("nothing found", [], "FROM a\n", "FROM a\n"),
    ],
)  # fmt: skip
def test_comments(reason: str, hooks: list[Hook], before: str, after: str) -> None:
    result = ignored(before, *hooks)
    assert (result.text, result.findings, result.problems) == (after, (), ())
    assert ignored(after, *hooks) == Result(after)


COMPOSE = """\
# the shop
services:
  web:
    image: nginx
    # why
    environment: {A: "1", B: "2"}
  job:
    build:
      dockerfile_inline: |
        FROM debian:12-slim
        # dockmend: ignore[x]
        CMD app
"""
IGNORED = """\
# the shop
services:
  # dockmend: ignore[compose-limits]
  web:
    # dockmend: ignore[image-version]
    image: nginx
    # why
    environment: {A: "1", B: "2"}
  # dockmend: ignore[compose-limits]
  job:
    build:
      # dockmend: ignore[exec-form]
      dockerfile_inline: |
        FROM debian:12-slim
        # dockmend: ignore[x]
        CMD app
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_compose_file(newline: str) -> None:
    before, after = (text.replace("\n", newline) for text in (COMPOSE, IGNORED))
    settings = Settings(tuple(map(_registry.load, ("image-version", "exec-form", "compose-limits"))))
    build = find_context("/x/compose.yml", None, before)
    result = ignored_text(before, settings, "/x/compose.yml", build)
    assert (result.text, result.findings, result.problems) == (after, (), ())
    assert ignored_text(after, settings, "/x/compose.yml", build) == Result(after)
    only = settings._replace(hooks=(_registry.load("image-version"),))
    more = ignored_text(after.replace("image-version", "x"), only, "/x/compose.yml", build)
    assert more.text == after.replace("image-version", "x, image-version")


def test_a_file_that_is_only_reported_on_stays() -> None:
    text, path = "docker run web\n", "/x/run.sh"
    settings, build = Settings((_registry.load("compose-limits"),)), find_context("/x/run.sh", None, "")
    result = ignored_text(text, settings, path, build)
    assert result == check_text(text, settings, path, build)
    assert result.findings


def held(before: str, *hooks: Hook) -> None:
    """What holds for any text: only comments are added, nothing is left to report, twice is once."""
    result = ignored(before, *hooks)
    if parse(before).problems:
        assert (result.text, result.findings) == (before, ())
        return
    assert not result.problems
    assert check_text(result.text, Settings(hooks), None, find_context(None, None, before)).findings == ()
    assert ignored(result.text, *hooks).text == result.text
    left = iter(result.text.removeprefix("\ufeff").split("\n"))
    for line in before.removeprefix("\ufeff").split("\n"):
        assert line in left
    assert buildkit.parse(result.text) is not None
    assert said(result.text) == said(before)


def said(text: str) -> list[buildkit.Said]:
    """The instructions as BuildKit reads them, but for their lines."""

    def bare(one: buildkit.Said) -> buildkit.Said:
        return one._replace(start=0, end=0, trigger=one.trigger and bare(one.trigger))

    return [bare(one) for one in buildkit.parse(text) or ()]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str) -> None:
    held(SHAPES[name], EVERY, ODD, TOP)


@given(TEXTS)
def test_any_text(text: str) -> None:
    held(text, EVERY, ODD, TOP)


def test_only_some() -> None:
    text = "FROM a\nRUN b\nRUN c\nRUN d\n"
    build = find_context(None, None, text)
    result = ignored_text(text, Settings((ODD,)), None, build, lambda doc, finding: finding.span.start < 10)
    assert result.text == "FROM a\n# dockmend: ignore[odd]\nRUN b\nRUN c\nRUN d\n"
    assert [found.line for found in result.findings] == [5]
    assert [found.line for found in result.mended] == [2]


def test_a_text_that_buildkit_refuses() -> None:
    assert ignored("FRO a\n", EVERY).problems


def test_what_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add_ignores, "ROUNDS", 1)
    result = ignored("FROM a\nRUN b\n", ODD)
    assert result.text == "FROM a\nRUN b\n"
    assert "no comments silence all that is found" in result.problems[0].message


def test_what_no_comment_can_silence_is_left() -> None:
    text = 'services: {a: "\n  ", web: {image: nginx}}\n'
    settings = Settings((_registry.load("image-version"),))
    result = ignored_text(text, settings, "/x/compose.yml", find_context("/x/compose.yml", None, text))
    assert (result.text, result.problems) == (text, ())
    assert [found.line for found in result.findings] == [2]


@pytest.mark.parametrize(
    ("reason", "before", "after", "expected"),
    [
        ("added", "FROM a\n", "# dockmend: ignore[x]\nFROM a\n", True),
        ("named", "# dockmend: ignore[x] why\nFROM a\n", "# dockmend: ignore[x, y] why\nFROM a\n", True),
        ("another comment", "FROM a\n", "# x\nFROM a\n", False),
        ("a reason goes", "# dockmend: ignore[x] why\nFROM a\n", "# dockmend: ignore[x, y]\nFROM a\n", False),
        ("a code goes", "# dockmend: ignore[x]\nFROM a\n", "# dockmend: ignore[y]\nFROM a\n", False),
        ("an instruction goes", "FROM a\nRUN b\n", "FROM a\n", False),
        ("an instruction comes", "FROM a\n", "FROM a\nRUN b\n", False),
        ("the byte order mark goes", "\ufeffFROM a\n", "FROM a\n", False),
    ],
)  # fmt: skip
def test_only_comments_are_added(reason: str, before: str, after: str, expected: bool) -> None:
    assert add_ignores._only_comments(parse(before), parse(after)) == expected


@pytest.mark.parametrize("name", ["merge-run", "exec-form", "add-to-copy"])
def test_what_is_ignored_is_not_mended(name: str) -> None:
    text = "FROM a\nADD b /\nRUN c\nRUN d\nRUN e\nCMD f\n"
    hooks = (_registry.load(name),)
    result = ignored(text, *hooks)
    mended = mend_text(result.text, Settings(hooks, unsafe=True), None, find_context(None, None, text))
    assert (mended.text, mended.findings) == (result.text, ())
    assert result.text != text
