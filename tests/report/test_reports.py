from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fake_hooks
from dockmend import _registry, _report
from dockmend._dockerfile.span import Span
from dockmend._engine.config import Configs
from dockmend._engine.errors import Failure
from dockmend._engine.mend import Reported
from dockmend._engine.run import CHECK, MEND, Job, Outcome, process_text
from dockmend._hook import SAFE, UNSAFE, Edit, FileEdit, Finding, Fix
from dockmend._report.full import excerpt
from dockmend._report.places import Places
from dockmend._report.style import Style, cells, cut, printable
from dockmend._report.tally import Tally

TEXT = "FROM a\nrun b\nSTOPSIGNAL SIGKILL\nSTOPSIGNAL $X\n"


@pytest.fixture(autouse=True)
def _hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)


def outcome(text: str = TEXT, path: str = "Dockerfile", mode: str = CHECK) -> Outcome:
    return process_text(text, path, None, Job(mode, Configs()))


def one(text: str, finding: Finding, *, fixable: bool = True, path: str = "Dockerfile") -> Outcome:
    """An outcome with one made-up finding."""
    places = Places(text)
    start, end = places.position(finding.span.start), places.position(finding.span.end)
    return Outcome(path, text, (Reported(fake_hooks.UPPER, finding, "warning", *start, *end, fixable),))


def report(name: str, *outcomes: Outcome, style: Style = Style()) -> str:  # noqa: B008
    return "".join(_report.load(name)(outcomes, style))


FULL = """\
Dockerfile:2:1: upper warning: run is in lower case [*]
  |
2 | run b
  | ^^^
  = fix (safe)
      - run b
      + RUN b

Dockerfile:3:1: stop-signal warning: SIGKILL leaves no time to end
  |
3 | STOPSIGNAL SIGKILL
  | ^^^^^^^^^^^^^^^^^^
  = fix (unsafe, needs --unsafe-fixes): the process may ignore SIGTERM
      - STOPSIGNAL SIGKILL
      + STOPSIGNAL SIGTERM

Dockerfile:4:1: stop-signal info: a signal from a variable
  |
4 | STOPSIGNAL $X
  | ^^^^^^^^^^^^^
  = not mended: its value is not known

"""


def test_full() -> None:
    assert report("full", outcome()) == FULL


def test_full_in_colour_is_the_same_but_for_the_colours() -> None:
    import re

    coloured = report("full", outcome(), style=Style(80, colour=True))
    assert "\x1b[1mDockerfile\x1b[0m:2:1: " in coloured
    assert "\x1b[31m- run b\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == FULL


@pytest.mark.parametrize("name", ["full", "concise"])
def test_hooks_link_to_their_pages_on_a_terminal(name: str) -> None:
    plain, linked = (report(name, outcome(), style=Style(80, links=links)) for links in (False, True))
    start, end = f"\x1b]8;;{_registry.link('upper')}\x1b\\", "\x1b]8;;\x1b\\"
    assert f"{start}upper{end}" in linked
    assert linked.replace(start, "").replace(end, "").replace(
        f"\x1b]8;;{_registry.link('stop-signal')}\x1b\\", ""
    ) == plain  # fmt: skip


def test_concise() -> None:
    assert report("concise", outcome()) == (
        "Dockerfile:2:1: upper run is in lower case [*]\n"
        "Dockerfile:3:1: stop-signal SIGKILL leaves no time to end\n"
        "Dockerfile:4:1: stop-signal a signal from a variable\n"
    )


def test_github() -> None:
    assert report("github", outcome(path="a,b:c%.Dockerfile")) == (
        "::warning file=a%2Cb%3Ac%25.Dockerfile,line=2,endLine=2,col=1,endColumn=4,title=dockmend upper"
        "::run is in lower case\n"
        "::warning file=a%2Cb%3Ac%25.Dockerfile,line=3,endLine=3,col=1,endColumn=19,title=dockmend stop-signal"
        "::SIGKILL leaves no time to end (the process may ignore SIGTERM)\n"
        "::notice file=a%2Cb%3Ac%25.Dockerfile,line=4,endLine=4,col=1,endColumn=14,title=dockmend stop-signal"
        "::a signal from a variable (its value is not known)\n"
    )
    lines = one("RUN a\\\n b\n", Finding("50%\n", Span(0, 8), reason="x"))
    assert (
        report("github", lines)
        == "::warning file=Dockerfile,line=1,endLine=2,title=dockmend upper::50%25\ufffd (x)\n"
    )


def test_nothing_found() -> None:
    clean = outcome("FROM a\n")
    names = ("full", "concise", "json", "github", "gitlab")
    assert [report(name, clean) for name in names] == ["", "", "[]\n", "", "[]\n"]
    assert [report(name) for name in names] == ["", "", "[]\n", "", "[]\n"]


def test_several_files() -> None:
    twice = (outcome(path="a"), outcome("FROM a\n"), outcome(path="b"))
    assert report("full", *twice) == FULL.replace("Dockerfile", "a") + FULL.replace("Dockerfile", "b")
    assert [item["path"] for item in json.loads(report("json", *twice))] == ["a"] * 3 + ["b"] * 3


class TestFull:
    """The parts of a block."""

    def test_a_place_of_several_lines(self) -> None:
        text = "FROM a\nRUN a \\\n  b\n"
        assert report("full", one(text, Finding("m", Span(7, 18), reason="r"))) == (
            "Dockerfile:2:1: upper warning: m [*]\n  |\n2 | RUN a \\\n  | ^^^^^^^ to line 3\n  = not mended: r\n\n"
        )

    def test_the_first_lines_gap_is_as_wide_as_the_number(self) -> None:
        text = "FROM a\n" * 120
        block = report("full", one(text, Finding("m", Span(700, 704), reason="r")))
        assert block.split("\n")[1:4] == ["    |", "101 | FROM a", "    | ^^^^"]

    def test_a_long_message_is_wrapped(self) -> None:
        message = "some words " * 12 + "at last"
        path = "web/Dockerfile"
        lines = (
            report("full", one("FROM a\n", Finding(message, Span(0, 4)), path=path), style=Style(60))
            .split("\n  |")[0]
            .split("\n")
        )
        assert lines[0].startswith("web/Dockerfile:1:1: upper warning: some words")
        assert lines[-1].endswith(" at last [*]")
        assert " ".join(line.strip() for line in lines).endswith(f": {message} [*]")
        assert all(len(line) <= 60 for line in lines)
        assert all(line.startswith("    ") for line in lines[1:])

    def test_a_long_path_leaves_the_message_its_own_lines(self) -> None:
        path = "a/long/path/" * 6 + "Dockerfile"
        lines = report("full", one("FROM a\n", Finding("said", Span(0, 4)), path=path)).split("\n")
        assert lines[:3] == [f"{path}:1:1: upper warning:", "    said [*]", "  |"]

    def test_words_that_do_not_fit_stay_whole(self) -> None:
        message = f"see {'x' * 90} there"
        lines = report("full", one("FROM a\n", Finding(message, Span(0, 4)))).split("\n")
        assert lines[:3] == ["Dockerfile:1:1: upper warning: see", f"    {'x' * 90}", "    there [*]"]

    def test_no_reason_at_all(self) -> None:
        assert "= not mended\n" in report("full", one("FROM a\n", Finding("m", Span(0, 4))))

    def test_a_long_reason_is_wrapped(self) -> None:
        block = report(
            "full", one("FROM a\n", Finding("m", Span(0, 4), reason="some words " * 20)), style=Style(60)
        )
        lines = block.split("\n")[4:]
        assert lines[0].startswith("  = not mended: some words some")
        assert all(line.startswith("    some words") for line in lines[1:-2])
        assert len(lines) > 4
        assert all(len(line) <= 60 for line in lines)

    def test_an_unsafe_fix_that_is_allowed(self) -> None:
        fix = Fix(UNSAFE, (Edit(Span(0, 4), "from"),), {})
        assert "  = fix (unsafe): why\n" in report(
            "full", one("FROM a\n", Finding("m", Span(0, 4), fix, "why"))
        )

    def test_a_long_diff_is_cut(self) -> None:
        fix = Fix(SAFE, (Edit(Span(0, 0), "x\n" * 40),), {})
        lines = report("full", one("FROM a\n", Finding("m", Span(0, 4), fix))).split("\n")
        assert lines[-4:-2] == ["      + x", "      … 24 more lines"]
        assert lines.count("      + x") == 16

    def test_edits_that_are_far_apart_are_shown_without_what_is_between(self) -> None:
        text = "FROM a\n" + "RUN a\n" * 20 + "CMD b\n"
        fix = Fix(SAFE, (Edit(Span(0, 4), "from"), Edit(Span(len(text) - 6, len(text) - 3), "cmd")), {})
        lines = report("full", one(text, Finding("m", Span(0, 4), fix))).split("\n")[5:-2]
        assert lines == ["      - FROM a", "      + from a", "        …", "      - CMD b", "      + cmd b"]

    def test_line_ends_are_not_shown(self) -> None:
        fix = Fix(SAFE, (Edit(Span(0, 4), "from"),), {})
        assert "\r" not in report("full", one("FROM a\r\n", Finding("m", Span(0, 4), fix)))

    def test_files_beside_it(self) -> None:
        files = (FileEdit("/x/NEW", None, "a\nb\n"), FileEdit("/x/OLD", "a\nb\nc\n", "a\nc\nd\n"))
        fix = Fix(SAFE, (), {}, files=files)
        lines = report("full", one("FROM a\n", Finding("m", Span(0, 0), fix))).split("\n")[4:-2]
        assert lines == [
            "  = fix (safe)",
            "      @ NEW (new)", "      + a", "      + b",
            "      @ OLD", "      - b", "        …", "      + d",
        ]  # fmt: skip

    def test_an_empty_file(self) -> None:
        assert report("full", one("", Finding("m", Span(0, 0), reason="r"))).split("\n")[2:4] == [
            "1 |",
            "  | ^",
        ]


@pytest.mark.parametrize(
    ("line", "span", "room", "expected"),
    [
        ("abcdef", (1, 3), 20, ("abcdef", " ^^")),
        ("abcdef", (3, 3), 20, ("abcdef", "   ^")),
        ("abcdef", (6, 6), 20, ("abcdef", "      ^")),
        ("abcdef", (0, 6), 6, ("abcdef", "^^^^^^")),
        ("abcdefg", (0, 7), 6, ("abcde…", "^^^^^")),
        ("", (0, 0), 6, ("", "^")),
        ("\tab", (1, 2), 20, ("    ab", "    ^")),
        ("\tab", (0, 1), 20, ("    ab", "^^^^")),
        ("日本語x", (1, 2), 20, ("日本語x", "  ^^")),
        ("日本語x", (3, 4), 20, ("日本語x", "      ^")),
        ("e\u0301x", (2, 3), 20, ("e\u0301x", " ^")),
        ("a\x1b[31mb", (1, 2), 20, ("a\ufffd[31mb", " ^")),
        ("x" * 50 + "target", (50, 56), 30, ("…" + "x" * 10 + "target", " " * 11 + "^" * 6)),
        ("x" * 50 + "target" + "y" * 50, (50, 56), 30, ("…" + "x" * 10 + "target" + "y" * 12 + "…", " " * 11 + "^" * 6)),
    ],
)  # fmt: skip
def test_excerpts(line: str, span: tuple[int, int], room: int, expected: tuple[str, str]) -> None:
    assert excerpt(line, *span, room) == expected


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 200), st.integers(30, 80))
def test_excerpts_fit_and_point_at_something(line: str, start: int, length: int, room: int) -> None:
    line = line.replace("\n", "")
    start = min(start, len(line))
    shown, marks = excerpt(line, start, min(start + length, len(line)), room)
    assert sum(map(cells, shown)) <= room
    assert len(marks) <= room + 1
    assert "^" in marks
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本", 4, "日本"),
        ("日本語", 4, "日…"),
        ("\tx", 4, "   …"),
        ("a\x07", 9, "a\ufffd"),
        ("", 4, ""),
    ],
)
def test_cut(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


HOSTILE = ["\x1b[2J", "\x07", "\u202e", "\u2028", "\x85", "\udc9b", "\x00", "\r", "\u200b"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["full", "concise", "github"])
def test_nothing_steers_the_terminal(name: str, text: str) -> None:
    dockerfile = f"FROM a\nRUN a{text}b\n"
    fix = Fix(SAFE, (Edit(Span(7, 10), f"run{text}"),), {}, files=(FileEdit(f"/{text}", None, text),))
    shown = report(name, one(dockerfile, Finding(f"m{text}", Span(7, 14), fix, f"r{text}"), path=f"p{text}"))
    found = shown.replace(f"p{text}", "", 1) if text == "\udc9b" else shown
    assert not any(character in found for character in text if not character.isprintable())


class TestJson:
    """The JSON report."""

    def test_a_finding(self) -> None:
        first, second, third = json.loads(report("json", outcome()))
        assert first == {
            "hook": "upper",
            "code": None,
            "aliases": ["DL0001", "ConsistentInstructionCasing"],
            "practice": 1,
            "severity": "warning",
            "message": "run is in lower case",
            "reason": None,
            "link": None,
            "path": "Dockerfile",
            "line": 2,
            "column": 1,
            "end_line": 2,
            "end_column": 4,
            "fixable": True,
            "fix": {
                "safety": "safe",
                "edits": [
                    {
                        "start": {"offset": 7, "line": 2, "column": 1},
                        "end": {"offset": 10, "line": 2, "column": 4},
                        "text": "RUN",
                    }
                ],
                "files": [],
            },
        }
        assert (second["fixable"], second["fix"]["safety"]) == (False, "unsafe")
        assert (third["severity"], third["reason"], third["fix"]) == ("info", "its value is not known", None)

    def test_files(self) -> None:
        fix = Fix(SAFE, (), {}, files=(FileEdit("/x/NEW", None, "a\n"),))
        (found,) = json.loads(report("json", one("FROM a\n", Finding("m", Span(0, 0), fix))))
        assert found["fix"]["files"] == [{"path": "/x/NEW", "new": True, "text": "a\n"}]

    @pytest.mark.parametrize(
        "text",
        [
            "FROM a\nrun b\nrun c",
            "\ufeffFROM é\r\nrun 日\r\nrun 𝄞\r\n",
            "FROM a\n# \udcff\udcfe\nrun b\nrun \udc80",
        ],
    )
    def test_the_edits_mend_the_bytes(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        edits = [
            edit for found in json.loads(report("json", outcome(text))) for edit in found["fix"]["edits"]
        ]
        assert len(edits) == 2
        for edit in reversed(edits):
            new = edit["text"].encode("utf-8", "surrogateescape")
            data = data[: edit["start"]["offset"]] + new + data[edit["end"]["offset"] :]
        assert data == text.replace("run", "RUN").encode("utf-8", "surrogateescape")


@given(st.text(st.sampled_from("a\n\ré𝄞\udcff"), max_size=40))
def test_places(text: str) -> None:
    places = Places(text)
    for offset in range(len(text) + 1):
        line, column = places.position(offset)
        assert line == text.count("\n", 0, offset) + 1
        assert column == offset - (text.rfind("\n", 0, offset) + 1) + 1
        assert places.byte(offset) == len(text[:offset].encode("utf-8", "surrogateescape"))
        assert places.line(line) == text.split("\n")[line - 1].removesuffix("\r")
        start, end = places.bounds(offset, offset)
        assert start <= offset <= end


def tallied(*outcomes: Outcome) -> Tally:
    tally = Tally()
    for item in outcomes:
        tally.add(item)
    return tally


def numbered(counts: list[tuple[str, int]]) -> Iterator[Outcome]:
    for text, times in counts:
        for _ in range(times):
            yield outcome(text)


SAFE_ONE, UNSAFE_ONE, HOPELESS = "FROM a\nrun b\n", "FROM a\nSTOPSIGNAL SIGKILL\n", "FROM a\nSTOPSIGNAL $X\n"


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "Nothing to report.\n"),
        ([(HOPELESS, 1)], "Found 1 finding.\n"),
        ([(HOPELESS, 2)], "Found 2 findings.\n"),
        ([(SAFE_ONE, 1)], "Found 1 finding.\n[*] 1 fixable with `--fix`.\n"),
        ([(UNSAFE_ONE, 1)], "Found 1 finding.\nNo safe fixes; 1 unsafe fix with `--unsafe-fixes`.\n"),
        (
            [(SAFE_ONE, 2), (UNSAFE_ONE, 2)],
            "Found 4 findings.\n[*] 2 fixable with `--fix` (and 2 unsafe fixes with `--unsafe-fixes`).\n",
        ),
    ],
)
def test_summary(outcomes: list[tuple[str, int]], expected: str) -> None:
    assert tallied(*numbered(outcomes)).summary(Style()) == expected


def test_summary_of_mending() -> None:
    mended = tallied(outcome(mode=MEND), outcome(SAFE_ONE, mode=MEND))
    assert mended.summary(Style()) == (
        "Found 4 findings (2 mended, 2 left).\nNo safe fixes; 1 unsafe fix with `--unsafe-fixes`.\n"
    )
    assert mended.promised() == "Would mend 2 findings.\n"
    assert tallied().promised() == "Nothing would change.\n"


def test_no_summary_where_nothing_could_be_done() -> None:
    assert tallied(Outcome("x", errors=(Failure.at("x", "y"),))).summary(Style()) == ""


def test_statistics() -> None:
    counts = [(SAFE_ONE, 3), (UNSAFE_ONE, 1), (HOPELESS, 1)]
    assert "".join(tallied(*numbered(counts)).statistics(Style())) == (
        "3\tupper\t[*] Keywords in upper case\n2\tstop-signal\t[ ] A signal that can be heard\n"
    )
    some = outcome("FROM a\nrun b\nrun c\n")
    some = some._replace(findings=(some.findings[0], some.findings[1]._replace(fixable=False)))
    assert "".join(tallied(some).statistics(Style())) == "2\tupper\t[-] Keywords in upper case\n"


def test_list_of_what_was_mended() -> None:
    mended = [
        outcome(path="a", mode=MEND),
        outcome("FROM a\nrun b\nrun c\n", "b", MEND),
        outcome("FROM a\n", "c", MEND),
    ]
    assert "".join(tallied(*mended).fixes(Style())) == (
        "Mended in a:\n    1 x upper\nMended in b:\n    2 x upper\n"
    )


@pytest.mark.slow
def test_a_report_of_many_findings_on_one_long_file_takes_linear_time() -> None:
    from time import process_time

    text = "FROM a\n" + "run é\n" * 4000
    found = outcome(text)
    start = process_time()
    for name in _report.FORMATS:
        assert report(name, found).count("\n") >= 1000
    assert process_time() - start < 10
