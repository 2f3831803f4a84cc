"""What is in force at an instruction. `@` marks where: the state just before the instruction behind it."""

from __future__ import annotations

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.state import (
    State,
    expand,
    is_windows,
    root_base,
    shipping,
    state_after,
    state_at,
)


def state(text: str) -> State:
    """The state at the instruction that begins at `@`."""
    at = text.index("@")
    doc = parse(text.replace("@", "", 1))
    return state_at(doc, next(i for i in doc.instructions if i.span.start == at))


SHELLS = [
    ("the default", "FROM a\n@RUN b\n", ("/bin/sh", "-c"), False),
    ("SHELL before", 'FROM a\nSHELL ["bash", "-ec"]\n@RUN b\n', ("bash", "-ec"), True),
    ("SHELL behind", 'FROM a\n@RUN b\nSHELL ["bash", "-c"]\n', ("/bin/sh", "-c"), False),
    ("the last SHELL", 'FROM a\nSHELL ["x"]\nSHELL ["y"]\n@RUN b\n', ("y",), True),
    ("a base stage's SHELL", 'FROM a AS b\nSHELL ["x"]\nFROM B\n@RUN c\n', ("x",), True),
    ("another stage's SHELL", 'FROM a AS b\nSHELL ["x"]\nFROM c\n@RUN c\n', ("/bin/sh", "-c"), False),
    ("the SHELL instruction itself", 'FROM a\nSHELL ["x"]\n@SHELL ["y"]\n', ("x",), True),
    ("SHELL under ONBUILD", 'FROM a\nONBUILD SHELL ["x"]\n@RUN b\n', ("/bin/sh", "-c"), False),
]


@pytest.mark.parametrize(("text", "shell", "given"), [r[1:] for r in SHELLS], ids=[r[0] for r in SHELLS])
def test_shell(text: str, shell: tuple[str, ...], given: bool) -> None:
    found = state(text)
    assert (found.shell, found.shell_set) == (shell, given)


USERS = [
    ("the base image's", "FROM a\n@RUN b\n", None),
    ("scratch", "FROM scratch\n@RUN b\n", "root"),
    ("USER", "FROM a\nUSER b:c\n@RUN d\n", "b:c"),
    ("the last USER", "FROM a\nUSER b\nUSER c\n@RUN d\n", "c"),
    ("a known variable", "FROM a\nENV U=b\nUSER $U\n@RUN d\n", "b"),
    ("a build argument", "FROM a\nARG U=b\nUSER $U\n@RUN d\n", None),
    ("an unknown variable", "FROM a\nUSER b\nUSER $U\n@RUN d\n", None),
    ("a base stage's", "FROM a AS b\nUSER c\nFROM b\n@RUN d\n", "c"),
    ("another stage's", "FROM a AS b\nUSER c\nFROM a\n@RUN d\n", None),
]


@pytest.mark.parametrize(("text", "user"), [r[1:] for r in USERS], ids=[r[0] for r in USERS])
def test_user(text: str, user: str | None) -> None:
    assert state(text).user == user


WORKDIRS = [
    ("the base image's", "FROM a\n@RUN b\n", None),
    ("scratch", "FROM scratch\n@RUN b\n", "/"),
    ("absolute", "FROM a\nWORKDIR /b\n@RUN b\n", "/b"),
    ("relative to what is unknown", "FROM a\nWORKDIR b\n@RUN b\n", None),
    ("relative to what is known", "FROM a\nWORKDIR /b\nWORKDIR c/../d\n@RUN b\n", "/b/d"),
    ("relative to scratch", "FROM scratch\nWORKDIR b\n@RUN b\n", "/b"),
    ("absolute behind what is unknown", "FROM a\nWORKDIR $X\nWORKDIR /c\n@RUN b\n", "/c"),
    ("a known variable", "FROM a\nENV D=/e\nWORKDIR ${D}/f\n@RUN b\n", "/e/f"),
    ("a base stage's", "FROM a AS b\nWORKDIR /c\nFROM b\nWORKDIR d\n@RUN e\n", "/c/d"),
    ("blanks", "FROM a\nWORKDIR /a b\n@RUN e\n", "/a b"),
    ("quotes", 'FROM a\nWORKDIR "/a b"\n@RUN e\n', "/a b"),
]


@pytest.mark.parametrize(("text", "workdir"), [r[1:] for r in WORKDIRS], ids=[r[0] for r in WORKDIRS])
def test_workdir(text: str, workdir: str | None) -> None:
    assert state(text).workdir == workdir


VARIABLES: list[tuple[str, str, dict[str, str | None]]] = [
    ("none", "FROM a\n@RUN b\n", {}),
    ("ENV", "FROM a\nENV A=1 B='2 3'\n@RUN b\n", {"A": "1", "B": "2 3"}),
    ("the legacy form", "FROM a\nENV A b c\n@RUN b\n", {"A": "b c"}),
    ("ENV behind", "FROM a\n@RUN b\nENV A=1\n", {}),
    ("one ENV sees what was before it", "FROM a\nENV A=1\nENV A=2 B=$A\n@RUN b\n", {"A": "2", "B": "1"}),
    ("ARG may be anything", "FROM a\nARG A=1 B\n@RUN b\n", {"A": None, "B": None}),
    ("an ENV made of an ARG", "FROM a\nARG A=1\nENV B=$A\n@RUN b\n", {"A": None, "B": None}),
    ("ENV overrides ARG", "FROM a\nARG A\nENV A=1\n@RUN b\n", {"A": "1"}),
    ("ENV overrides a later ARG", "FROM a\nENV A=1\nARG A=2\n@RUN b\n", {"A": "1"}),
    ("an ARG before FROM is not in the stage", "ARG A=1\nFROM a\n@RUN b\n", {}),
    ("ENV of the base stage", "FROM a AS b\nENV A=1\nFROM b\n@RUN b\n", {"A": "1"}),
    ("ARG ends with its stage", "FROM a AS b\nARG A=1\nFROM b\n@RUN b\n", {}),
    ("ENV over the base stage's ENV", "FROM a AS b\nENV A=1\nFROM b\nENV A=2\n@RUN b\n", {"A": "2"}),
    ("another stage's", "FROM a AS b\nENV A=1\nFROM a\n@RUN b\n", {}),
]


@pytest.mark.parametrize(("text", "env"), [r[1:] for r in VARIABLES], ids=[r[0] for r in VARIABLES])
def test_variables(text: str, env: dict[str, str | None]) -> None:
    found = state(text).env
    assert dict(found) == env
    assert len(found) == len(env)
    assert all(name in found for name in env)
    assert "MISSING" not in found


STARTS = [
    ("nothing", "FROM a\n@RUN b\n", None, None),
    ("both", "FROM a\nCMD b\nENTRYPOINT c\n@RUN d\n", "c", "b"),
    ("the last ones", "FROM a\nCMD b\nCMD c\nENTRYPOINT d\nENTRYPOINT e\n@RUN f\n", "e", "c"),
    (
        "ENTRYPOINT drops the base stage's CMD",
        "FROM a AS b\nCMD c\nFROM b\nENTRYPOINT d\n@RUN e\n",
        "d",
        None,
    ),
    (
        "ENTRYPOINT keeps a CMD of its own stage",
        "FROM a AS b\nCMD c\nFROM b\nCMD d\nENTRYPOINT e\n@RUN f\n",
        "e",
        "d",
    ),
    ("CMD behind ENTRYPOINT", "FROM a AS b\nENTRYPOINT c\nFROM b\nCMD d\n@RUN e\n", "c", "d"),
    ("under ONBUILD", "FROM a\nONBUILD CMD b\n@RUN c\n", None, None),
]


@pytest.mark.parametrize(("text", "entrypoint", "cmd"), [r[1:] for r in STARTS], ids=[r[0] for r in STARTS])
def test_what_starts(text: str, entrypoint: str | None, cmd: str | None) -> None:
    found = state(text)
    assert (found.entrypoint and found.entrypoint.args.text) == entrypoint
    assert (found.cmd and found.cmd.args.text) == cmd


def test_state_after() -> None:
    doc = parse("FROM a AS b\nUSER c\nFROM b\nUSER d\n")
    assert [state_after(doc, stage).user for stage in doc.stages] == ["c", "d"]
    assert state_at(doc, doc.stages[1].instruction).user == "c"


def test_before_the_first_stage_nothing_is_in_force() -> None:
    doc = parse("ARG A\nFROM a\n")
    with pytest.raises(ValueError, match="before the first FROM"):
        state_at(doc, doc.instructions[0])


SHIPPING = [
    ("one stage", "FROM a\n", [0]),
    ("the last of several", "FROM a AS b\nFROM c\n", [1]),
    ("with what it is built from", "FROM a AS b\nFROM b AS c\nFROM x\nFROM c\n", [0, 1, 3]),
    ("COPY --from ships no stage", "FROM a AS b\nFROM c\nCOPY --from=b /x /y\n", [1]),
    ("none", "ARG A\n", []),
]


@pytest.mark.parametrize(("text", "indexes"), [r[1:] for r in SHIPPING], ids=[r[0] for r in SHIPPING])
def test_shipping(text: str, indexes: list[int]) -> None:
    assert [stage.index for stage in shipping(parse(text))] == indexes


def test_root_base() -> None:
    doc = parse("FROM alpine:3 AS a\nFROM a AS b\nFROM b\n")
    assert [root_base(stage) for stage in doc.stages] == ["alpine:3"] * 3


WINDOWS = [
    ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\n", True),
    ("FROM mcr.microsoft.com/windows/nanoserver:1809 AS b\nFROM b\n", True),
    ("FROM mcr.microsoft.com/windows:ltsc2019\n", True),
    ("FROM microsoft/nanoserver\n", True),
    ("FROM python:3-windowsservercore-ltsc2022\n", True),
    ("FROM golang:1.20-nanoserver\n", True),
    ("FROM mcr.microsoft.com/dotnet/framework/aspnet:4.8\n", True),
    ("FROM --platform=windows/amd64 a\n", True),
    ("# escape=`\nFROM a\n", True),
    ("FROM mcr.microsoft.com/dotnet/sdk:8.0\n", False),
    ("FROM debian\n", False),
    ("FROM me/windows-fonts\n", False),
    ("FROM --platform=linux/amd64 a\n", False),
]


@pytest.mark.parametrize(("text", "windows"), WINDOWS)
def test_windows(text: str, windows: bool) -> None:
    doc = parse(text)
    assert is_windows(doc, doc.stages[-1]) is windows


def test_values_that_double_are_given_up() -> None:
    text = "FROM a\nENV A=ab\n" + "ENV A=$A$A\n" * 100 + "WORKDIR /$A\n" + "WORKDIR $A\n" * 100 + "@RUN b\n"
    found = state(text)
    assert (found.env["A"], found.workdir) == (None, None)


EXPANSIONS = [
    ("plain", "plain"),
    ("", ""),
    ("a$A", "a1"),
    ("${A}b", "1b"),
    ("$Ab", None),
    ("$A\u00e9", None),
    ("\u00e9'b'", "\u00e9b"),
    ("$NONE", None),
    ("$ANY", None),
    ("${A:-2}", None),
    ("$", None),
    ("$$A", None),
    ('"$A b"', "1 b"),
    ("'$A'", "$A"),
    ("a\\$A", None),
    ("'a'\"b\"c", "abc"),
    ("$B", ""),
    ("$A$C", "12 3"),
]


@pytest.mark.parametrize(("text", "expanded"), EXPANSIONS)
def test_expand(text: str, expanded: str | None) -> None:
    assert expand(text, {"A": "1", "ANY": None, "B": "", "C": "2 3"}) == expanded
