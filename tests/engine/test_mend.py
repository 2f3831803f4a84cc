"""The engine proves each fix before it counts: hooks that lie are caught, named, and mend nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fake_hooks
import nasty
from dockmend import _registry
from dockmend._cli import main
from dockmend._dockerfile.document import Document, Meaning
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.text import Text
from dockmend._engine.mend import Result, Settings, check_text, mend_text
from dockmend._hook import SAFE, UNSAFE, Context, Edit, FileEdit, Finding, Fix, Hook
from dockmend._project.context import BuildContext
from shapes import SHAPES

NOWHERE = BuildContext()

TEXT = """\
# syntax=docker/dockerfile:1
# first
FROM debian:12 AS base
# second
ENV A=1 B=2
RUN --mount=type=cache,target=/c --network=none \\
    # inside
    one two \\
    three
COPY --chown=a:b <<EOF c /d/
line one
# line two
EOF
ONBUILD RUN <<EOF
trigger
EOF
CMD ["x", "y"]
# last
"""
LOWER = TEXT.replace("CMD", "cmd").replace("ENV", "env")
FROM, ENV, RUN, COPY, ONBUILD, CMD = range(6)


def hook(check: Callable[[Document, Context], Iterable[Finding]], name: str = "liar", **named: Any) -> Hook:
    return Hook(name, 1, "Lies", check, **named)


def replacing(old: str, new: str, *indexes: int, **fix: Any) -> Hook:
    """A hook that replaces text and declares that the instructions it names mean what they meant."""

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        at = doc.text.find(old)
        if at >= 0:
            span = Span(at, at + len(old))
            becomes = {index: (doc.instructions[index].meaning,) for index in indexes}
            yield Finding("a lie", span, Fix(SAFE, (Edit(span, new),), becomes, **fix))

    return hook(check)


def declaring(old: str, new: str, index: int, *meanings: Callable[[Meaning], Meaning]) -> Hook:
    """A hook that replaces text and declares new meanings of one instruction."""

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        at = doc.text.find(old)
        if at >= 0:
            span = Span(at, at + len(old))
            meaning = doc.instructions[index].meaning
            fix = Fix(SAFE, (Edit(span, new),), {index: tuple(change(meaning) for change in meanings)})
            yield Finding("a lie", span, fix)

    return hook(check)


def same(meaning: Meaning) -> Meaning:
    return meaning


def value(new: str | tuple[str, ...]) -> Callable[[Meaning], Meaning]:
    return lambda meaning: meaning._replace(value=new)


def honest(doc: Document, ctx: Context) -> Iterator[Finding]:
    for one in doc.instructions:
        if doc.text[one.keyword.start : one.keyword.end] != one.name:
            fix = Fix(SAFE, (Edit(one.keyword, one.name),), {one.index: (one.meaning,)})
            yield Finding("case", one.keyword, fix)


def honest_from(doc: Document, ctx: Context) -> Iterator[Finding]:
    return (finding for finding in honest(doc, ctx) if finding.span == doc.instructions[FROM].keyword)


# (what the fix does, the hook, a part of what is said of it)
LIARS: list[tuple[str, Hook, str]] = [
    ("drops a flag", replacing("--network=none ", "", RUN), "more than it declares, in the RUN of line 6"),
    ("changes a flag", replacing("--chown=a:b", "--chown=a:c", COPY), "more than it declares, in the COPY"),
    ("drops a word", replacing("one two", "one", RUN), "more than it declares, in the RUN"),
    ("adds a blank", replacing("one two", "one  two", RUN), "more than it declares, in the RUN"),
    ("joins two words", replacing("one two", "onetwo", RUN), "more than it declares"),
    ("drops a line of a heredoc", replacing("line one\n", "", COPY), "more than it declares, in the COPY"),
    ("drops a comment line of a heredoc", replacing("# line two\n", "", COPY), "more than it declares"),
    ("quotes a heredoc's word", replacing("<<EOF c", "<<'EOF' c", COPY), "more than it declares"),
    ("renames a heredoc", replacing("<<EOF c", "<<EOF2 c", COPY), "a file that is refused"),
    ("changes a trigger's heredoc", replacing("trigger", "other", ONBUILD), "in the ONBUILD"),
    (
        "changes a trigger's keyword",
        replacing("ONBUILD RUN <<EOF", "ONBUILD COPY <<EOF /x", ONBUILD),
        "ONBUILD",
    ),
    ("drops a comment", replacing("# second\n", "", ENV), "loses or changes a comment"),
    ("drops a comment in a continuation", replacing("    # inside\n", "", RUN), "loses or changes a comment"),
    ("changes a comment", replacing("# last", "# Last", CMD), "loses or changes a comment"),
    ("adds a comment undeclared", replacing("# last\n", "# last\n# more\n", CMD), "changes a comment"),
    (
        "declares a comment it does not add",
        replacing("cmd", "CMD", CMD, comments=("# c",)),
        "changes a comment",
    ),
    ("adds an instruction", replacing("# last\n", "# last\nUSER a\n", CMD), "the number of instructions"),
    ("drops an instruction", replacing("ENV A=1 B=2\n", "", ENV), "more than it declares"),
    ("drops the last instruction", replacing('CMD ["x", "y"]\n', "", CMD), "the number of instructions"),
    ("changes another instruction", replacing("A=1 B=2", "A=1 B=3", RUN), "in the ENV of line 5"),
    ("changes an instruction and declares none", replacing("A=1 B=2", "A=1 B=3"), "in the ENV of line 5"),
    ("moves into an instruction", replacing("ENV A=1", "USER a\nENV A=1", ENV), "in the USER of line 5"),
    ("makes exec form shell form", replacing('["x", "y"]', "x y", CMD), "in the CMD"),
    ("changes the words of an array", replacing('"y"', '"z"', CMD), "in the CMD"),
    ("breaks the array", replacing('["x", "y"]', '["x", "y",]', CMD), "in the CMD"),
    ("breaks the file", replacing("ENV A=1 B=2", "ENV A=1 B", ENV), "a file that is refused"),
    ("writes an unknown flag", replacing('CMD ["x", "y"]', "CMD --x y", CMD), "a file that is refused"),
    ("writes an unknown instruction", replacing("ENV A=1 B=2", "ENVY A=1", ENV), "a file that is refused"),
    ("leaves a heredoc open", replacing("trigger\nEOF", "trigger", ONBUILD), "a file that is refused"),
    ("drops a directive", replacing("# syntax=docker/dockerfile:1\n", ""), "changes a parser directive"),
    ("unmakes a directive", replacing("# syntax", "# hi\n# syntax", comments=("# hi",)), "parser directive"),
    ("changes the end of the file", replacing("# last\n", "# last", CMD), "the start or the end of the file"),
    ("adds a byte order mark", replacing("# syntax", "\ufeff# syntax"), "the start or the end of the file"),
    ("writes CRLF", replacing("A=1 B=2\n", "A=1 B=2\r\n", ENV), "the line ends"),
    ("changes nothing", replacing("A=1", "A=1", ENV), "changes nothing"),
    ("declares a change it does not make", declaring("cmd", "CMD", CMD, value(("z",))), "in the CMD"),
    ("declares another change", declaring("A=1", "A=2", ENV, value("A=3 B=2")), "in the ENV"),
    ("declares an instruction to go that stays", declaring("env", "ENV", ENV), "more than it declares"),
    (
        "declares one more than it makes",
        declaring("cmd", "CMD", CMD, same, same),
        "the number of instructions",
    ),
    (
        "hides a flag among words",
        declaring("--network=none ", "", RUN, value("one two     three")),
        "in the RUN",
    ),
]


def text_for(liar: Hook) -> str:
    """The text, its keywords in lower case where the hook puts them in upper case."""
    return TEXT if list(liar.check(parse(TEXT), Context(None, NOWHERE, {}))) else LOWER


def mended(text: str, *hooks: Hook, **named: Any) -> Result:
    return mend_text(text, Settings(hooks, **named), None, NOWHERE)


def assert_refused(result: Result, text: str, message: str) -> None:
    """The original text, nothing mended, nothing reported, and the hook named."""
    assert result.text == text
    assert (result.findings, result.mended, result.files) == ((), (), ())
    (problem,) = result.problems
    assert "liar: " in problem.message
    assert message in problem.message
    assert problem.line >= 1


each_liar = pytest.mark.parametrize(
    ("liar", "message"), [row[1:] for row in LIARS], ids=[row[0] for row in LIARS]
)


@each_liar
def test_a_lie_is_caught(liar: Hook, message: str) -> None:
    text = text_for(liar)
    assert_refused(mended(text, liar), text, message)


@each_liar
def test_a_lie_is_caught_among_honest_fixes(liar: Hook, message: str) -> None:
    text = text_for(liar).replace("FROM debian", "from debian")
    assert_refused(mended(text, hook(honest_from, "honest"), liar), text, message)


@each_liar
def test_the_file_stays_and_the_status_is_2(
    liar: Hook,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_registry, "HOOKS", ("liar",))
    monkeypatch.setattr(_registry, "load", lambda name: liar)
    text = text_for(liar)
    Path("Dockerfile").write_text(text, encoding="utf-8")
    assert main(["--fix", "Dockerfile"]) == 2
    assert Path("Dockerfile").read_bytes() == text.encode()
    said = capsys.readouterr().err
    assert said.startswith("Dockerfile:")
    assert "liar: " in said
    assert message in said
    assert "Traceback" not in said


def raising(error: BaseException) -> Hook:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        yield from replacing("A=1", "A=2", ENV).check(doc, ctx)
        raise error

    return hook(check)


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), RecursionError(), KeyError("x"), MemoryError(), AssertionError(), StopIteration()],
)
def test_an_exception_is_an_internal_error(error: Exception) -> None:
    assert_refused(mended(TEXT, raising(error)), TEXT, "internal error")
    checked = check_text(TEXT, Settings((raising(error),)), None, NOWHERE)
    assert_refused(checked, TEXT, "internal error")


def test_an_interrupt_is_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        mended(TEXT, raising(KeyboardInterrupt()))


def test_edits_of_one_fix_that_overlap() -> None:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        edits = (Edit(Span(30, 40), "a"), Edit(Span(39, 42), "b"))
        yield Finding("a lie", Span(30, 42), Fix(SAFE, edits, {}))

    assert_refused(mended(TEXT, hook(check)), TEXT, "contradicts itself")


@pytest.mark.parametrize("span", [Span(5000, 5001), Span(-3, 2), Span(9, 3)])
def test_edits_outside_of_the_text(span: Span) -> None:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        yield Finding("a lie", Span(0, 0), Fix(SAFE, (Edit(span, "a"),), {}))

    result = mended(TEXT, hook(check))
    assert result.text == TEXT
    assert len(result.problems) == 1


def toggling(old: str, new: str, index: int) -> Hook:
    """A hook that undoes what it did."""

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        one = doc.instructions[index]
        word = new if doc.text[one.keyword.start : one.keyword.end] == old else old
        yield Finding("a lie", one.keyword, Fix(SAFE, (Edit(one.keyword, word),), {index: (one.meaning,)}))

    return hook(check)


def growing() -> Hook:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        start = doc.instructions[0].span.start
        fix = Fix(SAFE, (Edit(Span(start, start), "# more\n"),), {}, ("# more",))
        yield Finding("a lie", Span(start, start), fix)

    return hook(check)


@pytest.mark.parametrize("restless", [toggling("CMD", "cmd", CMD), growing()], ids=["toggling", "growing"])
def test_what_never_settles_is_refused(restless: Hook) -> None:
    assert_refused(mended(TEXT, restless), TEXT, "do not settle after 10 rounds")


def beside(name: str, path: str, text: str = "x\n", safety: str = SAFE) -> Hook:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        reason = "" if safety == SAFE else "it may matter"
        yield Finding("missing", Span(0, 0), Fix(safety, (), {}, files=(FileEdit(path, None, text),)), reason)

    return hook(check, name)


def test_a_file_beside_is_written_once() -> None:
    result = mended(TEXT, beside("one", "/x"), beside("two", "/x", "y\n"))
    assert [edit.text for edit in result.files] == ["x\n"]
    assert [report.hook.name for report in result.mended] == ["one"]
    assert [report.hook.name for report in result.findings] == ["two"]


def test_an_unsafe_file_is_not_written_in_safe_mode() -> None:
    result = mended(TEXT, beside("one", "/x", safety=UNSAFE))
    assert (result.files, result.mended) == ((), ())
    assert [report.fixable for report in result.findings] == [False]


def test_a_fix_of_nothing_mends_nothing() -> None:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        yield Finding("a lie", Span(0, 0), Fix(SAFE, (), {}))

    assert_refused(mended(TEXT, hook(check)), TEXT, "changes nothing")


def test_a_fix_is_of_the_text_or_beside_it() -> None:
    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        one = doc.instructions[CMD]
        edits = (Edit(one.keyword, "cmd"),)
        fix = Fix(SAFE, edits, {CMD: (one.meaning,)}, files=(FileEdit("/x", None, "x\n"),))
        yield Finding("both", one.keyword, fix)

    assert_refused(mended(TEXT, hook(check)), TEXT, "at once")


ODD = "from a\n\nRUN b\nstopsignal SIGKILL\n  # c\ncmd d"


def test_honest_fixes_are_made() -> None:
    result = mended(ODD, fake_hooks.UPPER, fake_hooks.SIGNAL)
    assert result.text == "FROM a\n\nRUN b\nSTOPSIGNAL SIGKILL\n  # c\nCMD d"
    assert not result.problems
    assert [(report.hook.name, report.line, report.column) for report in result.mended] == [
        ("upper", 1, 1),
        ("upper", 4, 1),
        ("upper", 6, 1),
    ]
    assert [(report.hook.name, report.fixable) for report in result.findings] == [("stop-signal", False)]


def test_unsafe_fixes_are_made_when_asked_for() -> None:
    result = mended(ODD, fake_hooks.SIGNAL, unsafe=True)
    assert result.text == ODD.replace("SIGKILL", "SIGTERM")
    assert [report.fixable for report in result.mended] == [True]
    assert not result.findings


def test_fixes_of_one_instruction_take_turns() -> None:
    result = mended("FROM a\nstopsignal SIGKILL\n", fake_hooks.UPPER, fake_hooks.SIGNAL, unsafe=True)
    assert result.text == "FROM a\nSTOPSIGNAL SIGTERM\n"
    assert [report.hook.name for report in result.mended] == ["upper", "stop-signal"]


def test_what_only_reports_is_asked_about_the_settled_text() -> None:
    seen: dict[str, list[str]] = {"upper": [], "unsafe": [], "none": [], "beside": []}

    def noting(name: str, **named: Any) -> Hook:
        def check(doc: Document, ctx: Context) -> Iterator[Finding]:
            seen[name].append(doc.text)
            return honest(doc, ctx) if name == "upper" else iter(())

        return hook(check, name, **named)

    hooks = (
        noting("unsafe", safety=UNSAFE),
        noting("none", safety=None),
        noting("beside", beside=True),
        noting("upper"),
    )
    old, new = "FROM a\nrun b\n", "FROM a\nRUN b\n"
    mended(old, *hooks)
    assert seen == {"upper": [old, new], "unsafe": [new], "none": [new], "beside": [new]}
    mended(old, *hooks, unsafe=True)
    assert seen["unsafe"] == [new, old, new]


@pytest.mark.parametrize("declared", [{"safety": UNSAFE}, {"safety": None}, {"beside": True}])
def test_a_fix_of_a_kind_that_is_not_declared(declared: dict[str, Any]) -> None:
    text = TEXT.replace("CMD", "cmd")
    result = mended(text, hook(honest, **declared), unsafe=True)
    assert_refused(result, text, "its fix is of a kind that the hook does not declare")


def test_checking_changes_nothing() -> None:
    result = check_text(ODD, Settings((fake_hooks.UPPER, fake_hooks.SIGNAL)), None, NOWHERE)
    assert (result.text, result.mended, result.files) == (ODD, (), ())
    assert [(report.hook.name, report.fixable) for report in result.findings] == [
        ("upper", True),
        ("upper", True),
        ("stop-signal", False),
        ("upper", True),
    ]


def test_only_what_is_picked_is_mended() -> None:
    def low(doc: Text, finding: Finding) -> bool:
        return doc.position(finding.span.start)[0] > 3

    result = mend_text(ODD, Settings((fake_hooks.UPPER,)), None, NOWHERE, low)
    assert result.text == ODD.replace("stopsignal", "STOPSIGNAL").replace("cmd", "CMD")
    assert [report.line for report in result.findings] == [1]


@pytest.mark.parametrize("function", [check_text, mend_text])
def test_a_text_that_buildkit_refuses_is_not_shown_to_hooks(function: Callable[..., Result]) -> None:
    result = function("FROM a\nNOPE\n", Settings((raising(ValueError()),)), None, NOWHERE)
    assert (result.text, result.findings, result.mended) == ("FROM a\nNOPE\n", (), ())
    assert [problem.line for problem in result.problems] == [2]


def test_a_hook_is_shown_only_its_instructions() -> None:
    seen: list[str] = []

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        seen.append(doc.text)
        return iter(())

    asked = Settings((hook(check, keywords=frozenset({"CMD"})),))
    check_text("FROM a\nRUN b\n", asked, None, NOWHERE)
    assert seen == []
    check_text("FROM a\nONBUILD CMD b\n", asked, None, NOWHERE)
    assert len(seen) == 1


def test_options_and_place_reach_the_hook() -> None:
    seen: list[Context] = []

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        seen.append(ctx)
        return iter(())

    one = hook(check, options={"mode": ("few", "all"), "most": 3, "names": []})
    check_text("FROM a\n", Settings((one,), options={"liar": {"most": 4}}), "/x/Dockerfile", NOWHERE)
    assert seen == [Context("/x/Dockerfile", NOWHERE, {"mode": "few", "most": 4, "names": []})]


def test_severities() -> None:
    def severities(**named: Any) -> list[str]:
        result = check_text("FROM a\nSTOPSIGNAL $X\nSTOPSIGNAL SIGKILL\n", Settings(**named), None, NOWHERE)
        return [report.severity for report in result.findings]

    assert severities(hooks=(fake_hooks.SIGNAL,)) == ["info", "warning"]
    assert severities(hooks=(fake_hooks.SIGNAL,), severities={"stop-signal": "error"}) == ["error", "error"]


def test_ignored_findings_are_neither_reported_nor_mended() -> None:
    text = "FROM a\n# dockmend: ignore[upper]\nrun b\n# hadolint ignore=DL0001\nrun c\nrun d\n"
    result = mended(text, fake_hooks.UPPER)
    assert not result.findings
    assert result.text == text.replace("run d", "RUN d")


@given(st.one_of(nasty.TEXTS, st.text(), st.sampled_from(list(SHAPES.values()))))
@settings(max_examples=300)
def test_any_text_is_mended_or_left(text: str) -> None:
    hooks = hook(honest), fake_hooks.SIGNAL
    result = mended(text, *hooks, unsafe=True)
    if result.problems:
        assert result.text == text
        assert not any("liar" in problem.message for problem in result.problems)
        return
    again = mended(result.text, *hooks, unsafe=True)
    assert (again.text, again.mended, again.findings) == (result.text, (), result.findings)
    before, after = parse(text), parse(result.text)
    assert [comment.text for comment in before.comments] == [comment.text for comment in after.comments]
    assert [one.name for one in before.instructions] == [one.name for one in after.instructions]


@given(nasty.TEXTS, st.data())
@settings(max_examples=300)
def test_no_random_edit_slips_through(text: str, data: st.DataObject) -> None:
    """An edit that declares nothing is made only where all that counts stays as it is."""
    doc = parse(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    new = data.draw(st.sampled_from(nasty.PIECES))

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        if doc.text == text:
            yield Finding("random", Span(start, end), Fix(SAFE, (Edit(Span(start, end), new),), {}))

    result = mended(text, hook(check))
    if result.problems:
        assert result.text == text
        return
    after = parse(result.text)
    assert [one.meaning for one in after.instructions] == [one.meaning for one in doc.instructions]
    assert sorted(one.text for one in after.comments) == sorted(one.text for one in doc.comments)
    assert (after.escape, after.bom) == (doc.escape, doc.bom)
    assert after.text.endswith("\n") == text.endswith("\n")
