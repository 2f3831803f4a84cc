from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given

import nasty
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from dockmend._edit import Edits
from dockmend._engine.dockerfile import asking, places
from dockmend._engine.ignores import comment, silenced, unknown
from dockmend._hook import SAFE, Edit, Finding, Fix, Hook
from fake_hooks import UPPER


def none(*_: object) -> list[Finding]:
    return []


COPY = Hook("add-to-copy", 6, "", none, aliases=("DL3020",))
EXEC = Hook("exec-form", 9, "", none, aliases=("DL3025", "JSONArgsRecommended"))


def lines(text: str, hook: Hook = COPY) -> set[int]:
    """The lines of the instructions for which `hook` is silenced."""
    doc = parse(text)
    assert not doc.problems
    found = silenced(doc)
    return {
        one.line
        for one in doc.instructions
        if found.covers({hook.name, *hook.aliases}, Finding("", one.keyword))
    }


@pytest.mark.parametrize(
    ("reason", "text", "expected"),
    [
        ("by name", "FROM a\n# dockmend: ignore[add-to-copy]\nADD a /\nADD b /\n", {3}),
        ("by code", "FROM a\n# dockmend: ignore[DL3020]\nADD a /\n", {3}),
        (
            "one of several, a reason after",
            "FROM a\n# dockmend: ignore[exec-form, add-to-copy] legacy\nADD a /\n",
            {3},
        ),
        ("no blanks", "FROM a\n#dockmend:ignore[add-to-copy]\nADD a /\n", {3}),
        ("tabs and blanks", "FROM a\n #\t dockmend: \tignore[ add-to-copy\t] \n ADD a /\n", {3}),
        ("all of them", "FROM a\n# dockmend: ignore\nADD a /\n", {3}),
        ("all of them, with a reason", "FROM a\n# dockmend: ignore because of x\nADD a /\n", {3}),
        ("an empty list is all", "FROM a\n# dockmend: ignore[]\nADD a /\n", {3}),
        ("a list of nothing is all", "FROM a\n# dockmend: ignore[ , ]\nADD a /\n", {3}),
        ("anywhere in the comment block above", "FROM a\n# dockmend: ignore[DL3020]\n# why\nADD a /\n", {4}),
        ("two comments add up", "FROM a\n# dockmend: ignore[x]\n# dockmend: ignore[DL3020]\nADD a /\n", {4}),
        ("CRLF", "FROM a\r\n# dockmend: ignore[DL3020]\r\nADD a /\r\n", {3}),
        ("the first instruction", "# dockmend: ignore[DL3020]\nFROM a\nADD a /\n", {2}),
        ("an ONBUILD's trigger", "FROM a\n# dockmend: ignore[DL3020]\nONBUILD ADD a /\n", {3}),
        (
            "a continued instruction, all of it",
            "FROM a\n# dockmend: ignore[DL3020]\nADD a \\\n b /\nADD c /\n",
            {3},
        ),
        ("under the byte order mark", "\ufeff# dockmend: file-ignore[DL3020]\nFROM a\nADD a /\n", {2, 3}),
        ("the whole file", "# dockmend: file-ignore[DL3020] reason\n\nFROM a\nADD a /\n", {3, 4}),
        ("the whole file, all hooks", "# hi\n\n# dockmend: file-ignore\n\nFROM a\n", {5}),
        ("after a directive", "# syntax=docker/dockerfile:1\n# dockmend: file-ignore\nFROM a\n", {3}),
        ("another hook", "FROM a\n# dockmend: ignore[exec-form]\nADD a /\n", set()),
        ("another case", "FROM a\n# dockmend: ignore[dl3020]\nADD a /\n", set()),
        ("another case of the word", "FROM a\n# Dockmend: ignore[DL3020]\nADD a /\n", set()),
        ("no such word", "FROM a\n# dockmend: ignored\nADD a /\n", set()),
        ("not closed", "FROM a\n# dockmend: ignore[DL3020\nADD a /\n", set()),
        ("an empty line between", "FROM a\n# dockmend: ignore[DL3020]\n\nADD a /\n", set()),
        ("an instruction between", "FROM a\n# dockmend: ignore[DL3020]\nRUN a\nADD a /\n", {3}),
        ("inside an instruction", "FROM a\nADD a \\\n# dockmend: ignore[DL3020]\n /\n", set()),
        (
            "inside the instruction before",
            "FROM a\nRUN a \\\n# dockmend: ignore[DL3020]\nADD\nADD a /\n",
            set(),
        ),
        ("in a here-document", "FROM a\nRUN <<E\n# dockmend: ignore[DL3020]\nE\nADD a /\n", set()),
        ("in an argument", "FROM a\nRUN a # dockmend: ignore[DL3020]\nADD a /\n", set()),
        ("for the file, too late", "FROM a\n# dockmend: file-ignore[DL3020]\nADD a /\n", set()),
        ("at the end", "FROM a\nADD a /\n# dockmend: ignore\n", set()),
        ("after other words", "FROM a\n# see dockmend: ignore[DL3020]\nADD a /\n", set()),
    ],
)
def test_own_dialect(reason: str, text: str, expected: set[int]) -> None:
    assert lines(text) == expected


HADOLINT = [
    ("directly above", "FROM alpine:3\n# hadolint ignore=DL3020\nADD a /a\nADD b /b\n"),
    ("a comment between", "FROM alpine:3\n# hadolint ignore=DL3020\n# other\nADD a /a\n"),
    ("an empty line between", "FROM alpine:3\n# hadolint ignore=DL3020\n\nADD a /a\n"),
    ("words after", "FROM alpine:3\n# hadolint ignore=DL3020 because\nADD a /a\n"),
    ("a comment after", "FROM alpine:3\n# hadolint ignore=DL3020 # because\nADD a /a\n"),
    ("several", "FROM alpine:3\n# hadolint ignore=DL3025, DL3020\nADD a /a\n"),
    ("blanks around the comma", "FROM alpine:3\n# hadolint ignore=DL3025 , DL3020\nADD a /a\n"),
    ("no blank", "FROM alpine:3\n#hadolint ignore=DL3020\nADD a /a\n"),
    ("blanks around the sign", "FROM alpine:3\n# hadolint\tignore = DL3020 \nADD a /a\n"),
    ("capital", "FROM alpine:3\n# Hadolint ignore=DL3020\nADD a /a\n"),
    ("small code", "FROM alpine:3\n# hadolint ignore=dl3020\nADD a /a\n"),
    ("two lines, the wrong one below", "FROM alpine:3\n# hadolint ignore=DL3020\n# hadolint ignore=DL3025\nADD a /a\n"),
    ("trailing comma", "FROM alpine:3\n# hadolint ignore=DL3020,\nADD a /a\n"),
    ("semicolon", "FROM alpine:3\n# hadolint ignore=DL3025;DL3020\nADD a /a\n"),
    ("no code", "FROM alpine:3\n# hadolint ignore=\nADD a /a\n"),
    ("unknown codes", "FROM alpine:3\n# hadolint ignore=DL3020,SC1,99\nADD a /a\n"),
    ("words for codes", "FROM alpine:3\n# hadolint ignore=DL3020,FOO\nADD a /a\n"),
    ("names of ours", "FROM alpine:3\n# hadolint ignore=add-to-copy\nADD a /a\n"),
    ("odd codes", "FROM alpine:3\n# hadolint ignore=DL-3,DL3020\nADD a /a\n"),
    ("indented", "FROM alpine:3\n  # hadolint ignore=DL3020\n  ADD a /a\n"),
    ("inside the instruction", "FROM alpine:3\nADD a \\\n# hadolint ignore=DL3020\n /a\n"),
    ("other words first", "FROM alpine:3\n# foo hadolint ignore=DL3020\nADD a /a\n"),
    ("two signs", "FROM alpine:3\n## hadolint ignore=DL3020\nADD a /a\n"),
    ("ONBUILD", "FROM alpine:3\n# hadolint ignore=DL3020\nONBUILD ADD a /a\n"),
    ("CRLF", "FROM alpine:3\r\n# hadolint ignore=DL3020\r\nADD a /a\r\n"),
    ("the whole file", "# hadolint global ignore=DL3020\nFROM alpine:3\nADD a /a\n"),
    ("the whole file, further down", "FROM alpine:3\nADD b /b\n# hadolint global ignore=DL3020\nADD a /a\n"),
    ("the whole file, at the end", "FROM alpine:3\nADD a /a\n# hadolint  global  ignore = DL3025 , DL3020\n"),
    ("the whole file, words after", "# hadolint global ignore=DL3020 because\nFROM alpine:3\nADD a /a\n"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "text"), HADOLINT)
def test_hadolints_dialect_means_what_hadolint_makes_of_it(tmp_path: Path, reason: str, text: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(text.encode())
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run(
        [hadolint, "--no-color", "-f", "tty", path], capture_output=True, text=True, check=False
    )
    reported = {
        int(line.split(":")[1].split(" ")[0]) for line in done.stdout.split("\n") if " DL3020 " in line
    }
    doc = parse(text)
    adds = {one.line for one in doc.instructions if "ADD" in (one.name, one.trigger and one.trigger.name)}
    assert adds - lines(text) == reported


@pytest.mark.parametrize(
    ("reason", "text", "hook", "expected"),
    [
        ("one check", "# check=skip=JSONArgsRecommended\nFROM a\nCMD a\n", EXEC, True),
        (
            "one of several",
            "# check=skip=StageNameCasing,JSONArgsRecommended;error=true\nFROM a\n",
            EXEC,
            True,
        ),
        ("after another option", "# check=error=true;skip=JSONArgsRecommended\nFROM a\n", EXEC, True),
        (
            "blanks",
            "# check = skip = StageNameCasing , JSONArgsRecommended ; error = true\nFROM a\n",
            EXEC,
            True,
        ),
        ("all of BuildKit's", "# check=skip=all\nFROM a\n", EXEC, True),
        ("all, but it is no check of BuildKit's", "# check=skip=all\nFROM a\n", COPY, False),
        ("all, but it has no code at all", "# check=skip=all\nFROM a\n", COPY._replace(aliases=()), False),
        (
            "after the syntax directive",
            "# syntax=docker/dockerfile:1\n# check=skip=all\nFROM a\n",
            EXEC,
            True,
        ),
        ("another check", "# check=skip=StageNameCasing\nFROM a\n", EXEC, False),
        ("another case", "# check=skip=jsonargsrecommended\nFROM a\n", EXEC, False),
        ("nothing skipped", "# check=error=true\nFROM a\n", EXEC, False),
        ("an empty list", "# check=skip=\nFROM a\n", EXEC, False),
        ("a star is no check", "# check=skip=*\nFROM a\n", EXEC, False),
        (
            "no directive: a comment came first",
            "# hi\n# check=skip=JSONArgsRecommended\nFROM a\n",
            EXEC,
            False,
        ),
        ("no directive: in the file", "FROM a\n# check=skip=all\nCMD a\n", EXEC, False),
    ],
)
def test_buildkits_directive(reason: str, text: str, hook: Hook, expected: bool) -> None:
    assert bool(lines(text, hook)) == expected


def test_a_fix_that_would_reach_an_ignored_instruction_is_silenced() -> None:
    doc = parse("FROM a\nRUN a\n# dockmend: ignore[merge]\nRUN b\nRUN c\n")
    one, two = doc.instructions[1], doc.instructions[2]
    joined = Fix(SAFE, (Edit(Span(two.span.start, two.span.start), ""),), {1: (one.meaning,), 2: ()})
    assert silenced(doc).covers({"merge"}, Finding("", one.keyword, joined))
    assert not silenced(doc).covers({"merge"}, Finding("", one.keyword))
    assert silenced(doc).covers({"merge"}, Finding("", two.keyword))


def test_a_place_before_every_instruction_has_only_the_files_ignores() -> None:
    text = "# dockmend: ignore\nFROM a\nADD a /\n# dockmend: ignore\nADD b /\n"
    assert not silenced(parse(text)).covers({"a"}, Finding("", Span(0, 0)))
    assert silenced(parse("# dockmend: file-ignore\n" + text)).covers({"a"}, Finding("", Span(0, 0)))


def test_unknown_names_are_found_in_our_own_dialect_alone() -> None:
    text = "# dockmend: file-ignore[zzz]\nFROM a\n# hadolint ignore=DL1\n# dockmend: ignore[upper, b, a]\nRUN a\n# dockmend: ignore\n"
    doc = parse(text)
    assert list(unknown(doc, asking(doc), UPPER.name.__eq__)) == [(1, "zzz"), (4, "a"), (4, "b")]


@pytest.mark.slow
def test_many_comments_take_little_time() -> None:
    text = (
        "FROM a\n"
        + ("# dockmend: ignore[" * 3_000 + "\n") * 20
        + "# hadolint ignore=D,D,D,D,D,D,D,D !\n" * 50_000
    )
    start = process_time()
    assert lines(text) == set()
    assert process_time() - start < 10


@pytest.mark.parametrize(
    ("reason", "before", "after"),
    [
        ("a line above", "FROM a\nADD a /\n", "FROM a\n# dockmend: ignore[x]\nADD a /\n"),
        ("as far in", "FROM a\n \tADD a /", "FROM a\n \t# dockmend: ignore[x]\n \tADD a /"),
        ("CRLF", "FROM a\r\nADD a /\r\n", "FROM a\r\n# dockmend: ignore[x]\r\nADD a /\r\n"),
        ("the first line", "ADD a /\n", "# dockmend: ignore[x]\nADD a /\n"),
        ("behind the byte order mark", "\ufeffADD a /\n", "\ufeff# dockmend: ignore[x]\nADD a /\n"),
        ("under other comments", "# b\n\n# c\nADD a /\n", "# b\n\n# c\n# dockmend: ignore[x]\nADD a /\n"),
        ("under a directive", "# escape=`\nADD a /\n", "# escape=`\n# dockmend: ignore[x]\nADD a /\n"),
        (
            "above hadolint's, which must stay where it is",
            "\ufeff # hadolint ignore=DL3020\n# hadolint ignore=DL3021\nADD a /\n",
            "\ufeff # dockmend: ignore[x]\n # hadolint ignore=DL3020\n# hadolint ignore=DL3021\nADD a /\n",
        ),
        (
            "added to a comment",
            "FROM a\n# dockmend: ignore[b] why\nADD a /\n",
            "FROM a\n# dockmend: ignore[b, x] why\nADD a /\n",
        ),
        (
            "added further up in the block",
            "FROM a\n#dockmend:ignore[b, c ,]\n# why\nADD a /\n",
            "FROM a\n#dockmend:ignore[b, c, x ,]\n# why\nADD a /\n",
        ),
        (
            "not added to the file's",
            "# dockmend: file-ignore[b]\nADD a /\n",
            "# dockmend: file-ignore[b]\n# dockmend: ignore[x]\nADD a /\n",
        ),
        (
            "not added to the instruction's before",
            "# dockmend: ignore[b]\nFROM a\nADD a /\n",
            "# dockmend: ignore[b]\nFROM a\n# dockmend: ignore[x]\nADD a /\n",
        ),
        (
            "not added to one apart",
            "# dockmend: ignore[b]\n\nADD a /\n",
            "# dockmend: ignore[b]\n\n# dockmend: ignore[x]\nADD a /\n",
        ),
    ],
)
def test_a_comment_is_written(reason: str, before: str, after: str) -> None:
    doc = parse(before)
    edit = comment(doc, asking(doc), places(doc), "x", before.index("ADD") + 2)
    assert edit is not None
    assert Edits([edit]).apply(before) == after


def test_no_comment_can_speak_of_what_is_before_every_instruction() -> None:
    doc = parse("# c\nFROM a\n")
    assert comment(doc, asking(doc), places(doc), "x", 1) is None


@given(nasty.TEXTS)
@example("FROM a\n# hadolint ignore=DL1\n# dockmend: ignore[b]\n \\\n RUN a\n")
@example("FROM a\nRUN <<E\n# c\nE\n\vRUN b")
def test_a_comment_silences_its_hook_and_changes_nothing(text: str) -> None:
    doc = parse(text)
    if doc.problems:
        return
    for one in doc.instructions:
        edit = comment(doc, asking(doc), places(doc), "x", one.keyword.start)
        assert edit is not None
        after = parse(Edits([edit]).apply(text))
        assert not after.problems
        assert [each.meaning for each in after.instructions] == [each.meaning for each in doc.instructions]
        assert [each[:2] for each in after.directives] == [each[:2] for each in doc.directives]
        now, then = silenced(after), silenced(doc)
        for old, new in zip(doc.instructions, after.instructions, strict=True):
            expected = old is one or then.covers({"x"}, Finding("", old.keyword))
            assert now.covers({"x"}, Finding("", new.keyword)) == expected
            assert now.covers({"y"}, Finding("", new.keyword)) == then.covers({"y"}, Finding("", old.keyword))
