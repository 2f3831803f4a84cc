"""Tables into tests: each row of a hook's tables runs as it stands and in every disguise it can wear.

A hook's test file is its tables and two lines:

    LEFT_ALONE = [("a variable needs the shell", "CMD node $APP\\n"), ...]
    MENDED = [("plain words", "CMD node app.js\\n", 'CMD ["node", "app.js"]\\n'), ...]
    UNSAFE = [("one string with blanks", ...before, ...after), ...]

    test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, MENDED, UNSAFE)

A row is a tuple (reason, before[, after]), or a `Row` where it needs more. A text without FROM gets
`FROM debian:12` on top. Left alone means in both modes; what an unsafe fix changes belongs in UNSAFE, and
is left alone in safe mode. A disguise that a hook rightly treats otherwise is put off by name, with a
reason: `suite(..., without={"onbuild": "two triggers are two steps of another build"})` for the hook,
`Row(..., without={...})` for a row.

Every run checks that: the text comes out byte for byte as given; mending once more changes nothing, finds
nothing to mend, and reports what was left after the first time; BuildKit takes the result, and knows its
instructions; no comment is lost; edits stay within the instructions they declare; a finding has a fix or a
reason, an unsafe fix both; what is reported lies in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import buildkit
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Reported, Result, Settings, mend_text
from dockmend._hook import SAFE, SEVERITIES, UNSAFE, Context, Hook
from dockmend._project.context import BuildContext
from dockmend._registry import HOOKS, load

NOTHING: Mapping[str, Any] = {}
Test = Callable[..., None]


class Row(NamedTuple):
    """One row of a table.

    `context` are files of the build context (relative path -> content; the Dockerfile is added), without
    which the context is unknown. `options` are the hook's settings that differ from their defaults.
    `files` are the files beside the Dockerfile that mending makes or changes, all of them.
    `says` is a part of the message or the reason of a finding ("" where nothing may be reported).
    `without` are disguises put off, name -> why.
    """

    reason: str
    before: str
    after: str | None = None
    context: Mapping[str, str | bytes] | None = None
    options: Mapping[str, object] = NOTHING
    files: Mapping[str, str] = NOTHING
    says: str | None = None
    without: Mapping[str, str] = NOTHING


class Case(NamedTuple):
    """A row in one disguise: what a test gets."""

    hook: Hook
    row: Row
    before: str
    after: str


DIRECTIVES = re.compile(r"\A\ufeff?(?:#[ \t]*(?:syntax|escape|check)[ \t]*=.*\r?\n)*", re.IGNORECASE)


def whole(text: str) -> str:
    """The text as a Dockerfile: with a FROM on top where it has none."""
    said = buildkit.parse(text)
    if said is not None and any(s.name == "FROM" for s in said):
        return text
    at = _directives_end(text)
    return f"{text[:at]}FROM debian:12\n{text[at:]}"


def _directives_end(text: str) -> int:
    found = DIRECTIVES.match(text)
    return found.end() if found else 0


def crlf(text: str) -> str | None:
    return None if "\r" in text else text.replace("\n", "\r\n")


def no_final_newline(text: str) -> str | None:
    return text[:-1] if text.endswith("\n") and not text.endswith("\r\n") else None


def bom(text: str) -> str | None:
    return None if text.startswith("\ufeff") else "\ufeff" + text


def lower_case(text: str) -> str | None:
    """Keywords in lower case, a trigger's as well."""
    said = buildkit.parse(text)
    if said is None:
        return None
    lines = text.split("\n")
    for s in said:
        line = lines[s.start - 1]
        found = re.match(
            rf"\ufeff?[{buildkit.BLANK}]*(?:onbuild[{buildkit.BLANK}]+)?[A-Za-z]+", line, re.IGNORECASE
        )
        if found is None:
            return None
        lines[s.start - 1] = found.group().lower() + line[found.end() :]
    lowered = "\n".join(lines)
    return None if lowered == text else lowered


def other_escape(text: str) -> str | None:
    """Backticks for line continuations, where no other backslash and no backtick is in the text."""
    if "`" in text or "<<" in text or re.search(r"\\(?![ \t]*\r?(?:\n|\Z))", text):
        return None
    if re.match(r"\A\ufeff?(?:#.*\n)*#[ \t]*escape[ \t]*=", text, re.IGNORECASE):
        return None
    at = 1 if text.startswith("\ufeff") else 0
    return f"{text[:at]}# escape=`\n{text[at:]}".replace("\\", "`")


def later_stage(text: str) -> str | None:
    """Behind another stage."""
    said = buildkit.parse(text)
    if said is None or said[0].name != "FROM" or re.search(r"--from=\d|from=\d", text):
        return None
    lines = text.split("\n")
    at = said[0].start - 1
    lead = "\ufeff" if at == 0 and lines[0].startswith("\ufeff") else ""
    first = [lead + "FROM alpine:3.20 AS harness-first", "WORKDIR /harness-first", ""]
    return "\n".join([*lines[:at], *first, lines[at].removeprefix("\ufeff"), *lines[at + 1 :]])


def base_stage(text: str) -> str | None:
    """As the base of a final stage."""
    said = buildkit.parse(text)
    if said is None or not text.endswith("\n"):
        return None
    last = [s for s in said if s.name == "FROM"][-1]
    lines = text.split("\n")
    name = last.value[2] if len(last.value) == 3 else "harness-base"
    if len(last.value) == 1:
        if last.start != last.end:
            return None
        lines[last.start - 1] = lines[last.start - 1].rstrip() + " AS harness-base"
    return "\n".join(lines) + f"\nFROM {name}\n"


def beside_heredoc(text: str, body: str | None = None) -> str | None:
    """Followed by heredocs whose bodies are the text itself: nothing in them may change."""
    if not text.endswith("\n") or text.endswith("\\\n") or "HARNESS" in text:
        return None
    body = text if body is None else body
    return f'{text}RUN <<HARNESS\n{body}HARNESS\nCOPY <<"HARNESS" /harness\n{body}HARNESS\n'


def under_onbuild(hook: Hook, before: str, after: str) -> tuple[str, str] | None:
    """The instructions that change (of a row left alone: those the hook looks at) as triggers."""
    old, new = buildkit.parse(before), buildkit.parse(after)
    if old is None or new is None or len(old) != len(new):
        return None
    if before == after:
        picked = [i for i, s in enumerate(old) if s.name in hook.keywords]
    else:
        picked = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a.meaning() != b.meaning()]
    picked = [i for i in picked if old[i].name not in {"FROM", "ARG", "MAINTAINER", "ONBUILD", "SHELL"}]
    if not picked:
        return None
    return _triggers(before, [old[i] for i in picked]), _triggers(after, [new[i] for i in picked])


def _triggers(text: str, said: Sequence[buildkit.Said]) -> str:
    lines = text.split("\n")
    for s in said:
        line = lines[s.start - 1]
        at = len(line) - len(line.lstrip(buildkit.BLANK))
        lines[s.start - 1] = f"{line[:at]}ONBUILD {line[at:]}"
    return "\n".join(lines)


DISGUISES: Mapping[str, Callable[[str], str | None]] = {
    "crlf": crlf,
    "no-final-newline": no_final_newline,
    "bom": bom,
    "lower-case": lower_case,
    "other-escape": other_escape,
    "later-stage": later_stage,
    "base-stage": base_stage,
}
NAMES = frozenset({"plain", "umbrella", "onbuild", "heredoc", *DISGUISES})


def disguised(hook: Hook, row: Row, put_off: Iterable[str]) -> dict[str, Case]:
    """Each disguise the row can wear, by name; a text that BuildKit refuses stays plain, to fail there."""
    before = whole(row.before)
    after = before if row.after is None else whole(row.after)
    found: dict[str, tuple[str | None, str | None] | None] = {
        "plain": (before, after),
        "umbrella": (before, after),
    }
    if buildkit.parse(before) is not None and buildkit.parse(after) is not None:
        found |= {name: (wear(before), wear(after)) for name, wear in DISGUISES.items()}
        found["heredoc"] = beside_heredoc(before), beside_heredoc(after, before)
        found["onbuild"] = under_onbuild(hook, before, after)
    cases = {}
    for name, pair in found.items():
        if pair and pair[0] is not None and pair[1] is not None and name not in put_off:
            cases[name] = Case(hook, row, pair[0], pair[1])
    return cases


def suite(
    hook: Hook,
    left_alone: Sequence[Row | Sequence[Any]] = (),
    mended: Sequence[Row | Sequence[Any]] = (),
    unsafe: Sequence[Row | Sequence[Any]] = (),
    without: Mapping[str, str] = NOTHING,
) -> tuple[Test | None, Test | None, Test | None]:
    """Three tests for pytest to collect: left alone, mended, mended in unsafe mode alone; None for no rows.

    `without` names the disguises that no row of this hook wears, and why.
    """

    def cases(rows: Iterable[Row | Sequence[Any]], pair: bool) -> Callable[[Test], Test]:
        params = []
        for given in rows:
            row = Row(*given)
            assert (row.after is not None) is pair, f"{row.reason}: a row of two or of three, as its table is"
            for put_off in (without, row.without):
                assert put_off.keys() <= NAMES, f"unknown disguise {set(put_off) - NAMES}"
                assert all(put_off.values()), "a disguise is put off with a reason"
            params += [
                pytest.param(
                    case,
                    name == "umbrella",
                    id=f"{row.reason}-{name}",
                    marks=[] if name == "plain" else pytest.mark.slow,
                )
                for name, case in disguised(hook, row, {*without, *row.without}).items()
            ]
        twice = [i for i, n in Counter(p.id for p in params).items() if n > 1]
        assert not twice, f"rows of one reason: {twice}"
        return pytest.mark.parametrize(("case", "umbrella"), params)

    @cases(left_alone, False)
    def test_left_alone(case: Case, umbrella: bool, tmp_path: Path) -> None:
        assert_left_alone(case, tmp_path, umbrella)

    @cases(mended, True)
    def test_mended(case: Case, umbrella: bool, tmp_path: Path) -> None:
        assert_mended(case, tmp_path, umbrella, unsafe=False)

    @cases(unsafe, True)
    def test_unsafe(case: Case, umbrella: bool, tmp_path: Path) -> None:
        assert_mended(case, tmp_path, umbrella, unsafe=True)

    return (
        test_left_alone if left_alone else None,
        test_mended if mended else None,
        test_unsafe if unsafe else None,
    )


def settings_for(
    *hooks: Hook,
    unsafe: bool = False,
    options: Mapping[str, Mapping[str, object]] = NOTHING,
    asked: Iterable[str] = (),
) -> Settings:
    """Settings for these hooks; `options` are those that differ from a hook's defaults, by its name."""
    return Settings(hooks, options=options, unsafe=unsafe, asked=frozenset(asked))


class Place(NamedTuple):
    """Where a text stands: its path and its build context."""

    path: str | None
    build: BuildContext


def place(case: Case, text: str, folder: Path) -> Place:
    """A place for the text: in a folder with the row's build context, or nowhere."""
    if case.row.context is None:
        return Place(None, BuildContext(None))
    for name, content in {"Dockerfile": text, **case.row.context}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        )
    return Place(str(folder / "Dockerfile"), BuildContext(str(folder)))


def assert_left_alone(case: Case, folder: Path, umbrella: bool = False) -> None:
    """In neither mode anything changes, and what is reported says why."""
    buildkit.judge(case.before)
    spot = place(case, case.before, folder)
    for unsafe in (False, True):
        result = _mend(case, case.before, spot, unsafe, umbrella)
        if result is None:
            return
        assert result.text == case.before
        assert not result.mended
        assert not result.files
        assert all(not f.fixable for f in result.findings if f.hook.name == case.hook.name)
        if not umbrella:
            assert_says(case, result.findings)
            assert_findings(case, case.before, spot)


def assert_mended(case: Case, folder: Path, umbrella: bool, unsafe: bool) -> None:
    """The text becomes what the row gives; an unsafe fix leaves it alone in safe mode."""
    buildkit.judge(case.before)
    spot = place(case, case.before, folder)
    if unsafe:
        safe = _mend(case, case.before, spot, False, umbrella)
        if safe is None:
            return
        assert safe.text == case.before, "an unsafe fix was made in safe mode"
        assert not safe.mended
        assert not safe.files
        assert any(f.hook.name == case.hook.name for f in safe.findings), (
            "an unsafe fix is offered in a finding"
        )
    result = _mend(case, case.before, spot, unsafe, umbrella)
    if result is None:
        return
    assert result.text == case.after
    assert result.mended, "something was mended and nothing is said of it"
    assert {m.hook.name for m in result.mended} == {case.hook.name}
    assert _files(result, folder) == dict(case.row.files)
    assert_kept(case.before, result.text)
    if not umbrella:
        assert_says(case, (*result.mended, *result.findings))
        assert_findings(case, case.before, spot)
    assert_settled(case, result, folder, unsafe, umbrella)
    if not unsafe:
        risky = _mend(case, case.before, spot, True, False)
        assert risky is not None
        assert_kept(case.before, risky.text)


def _mend(case: Case, text: str, spot: Place, unsafe: bool, umbrella: bool) -> Result | None:
    """What mending gives; within the umbrella None where another hook mends the text too."""
    options = {case.hook.name: case.row.options}
    asked = [case.hook.name]
    alone = mend_text(text, settings_for(case.hook, unsafe=unsafe, options=options, asked=asked), *spot)
    assert not alone.problems, alone.problems
    if not umbrella:
        return alone
    every = settings_for(*every_hook(case.hook), unsafe=unsafe, options=options, asked=asked)
    everyone = mend_text(text, every, *spot)
    if any(m.hook.name != case.hook.name for m in everyone.mended):
        return None
    assert everyone.text == alone.text
    assert [m for m in everyone.mended if m.hook.name == case.hook.name] == list(alone.mended)
    assert [f for f in everyone.findings if f.hook.name == case.hook.name] == list(alone.findings)
    return everyone


def every_hook(hook: Hook) -> list[Hook]:
    """All registered hooks, the given one in place of its namesake."""
    return [hook if name == hook.name else load(name) for name in HOOKS]


def _files(result: Result, folder: Path) -> dict[str, str]:
    return {str(Path(f.path).relative_to(folder)): f.text for f in result.files}


def assert_settled(case: Case, result: Result, folder: Path, unsafe: bool, umbrella: bool) -> None:
    """Mending the result changes nothing and reports what the first time left."""
    for edit in result.files:
        Path(edit.path).write_text(edit.text, encoding="utf-8", errors="surrogateescape", newline="")
    if case.row.context is not None:
        case = case._replace(row=case.row._replace(context={}))
    spot = place(case, result.text, folder)
    again = _mend(case, result.text, spot, unsafe, umbrella)
    if again is None:
        return
    assert again.text == result.text, "mending twice is not mending once"
    assert not again.mended
    assert not again.files
    assert again.findings == result.findings, "what was mended is reported again"


def assert_kept(before: str, after: str) -> None:
    """BuildKit takes the text, and line ends, BOM, the end of the file and all comments are as they were."""
    buildkit.judge(after)
    lost = Counter(buildkit.comments(before)) - Counter(buildkit.comments(after))
    assert not lost, f"comments lost: {sorted(lost)}"
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    assert after.endswith("\n") == before.endswith("\n")
    if "\n" in before and before.count("\n") == before.count("\r\n"):
        assert after.count("\n") == after.count("\r\n"), "line ends are mixed"


def assert_says(case: Case, reported: Sequence[Reported]) -> None:
    """What the row's `says` asks of the findings."""
    said = [f"{r.finding.message} ({r.finding.reason})" for r in reported]
    if case.row.says == "":
        assert not said
    elif case.row.says is not None:
        assert any(case.row.says in s for s in said), said
    for r in reported:
        assert (1, 1) <= (r.line, r.column) <= (r.end_line, r.end_column)


def assert_findings(case: Case, text: str, spot: Place) -> None:
    """Each finding keeps the contract of `dockmend._hook`."""
    doc = parse(text)
    defaults = {name: v[0] if isinstance(v, tuple) else v for name, v in case.hook.options.items()}
    options = {**defaults, **case.row.options}
    for finding in case.hook.check(doc, Context(spot.path, spot.build, options, asked=True)):
        assert finding.message
        assert finding.severity is None or finding.severity in SEVERITIES
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        if finding.fix is None:
            assert finding.reason, f"neither a fix nor a reason: {finding.message}"
            continue
        assert finding.fix.safety in {SAFE, UNSAFE}
        assert finding.fix.safety == SAFE or finding.reason, (
            f"an unsafe fix without a reason: {finding.message}"
        )
        assert finding.fix.edits or finding.fix.files
        end = -1
        for edit in sorted(finding.fix.edits):
            assert end <= edit.span.start <= edit.span.end <= len(text), "edits of a fix overlap"
            assert text[edit.span.start : edit.span.end] != edit.text, "an edit that changes nothing"
            end = edit.span.end
        if finding.fix.edits:
            spans = [doc.instructions[i].span for i in finding.fix.becomes]
            assert spans, "edits that declare no instruction"
            assert min(s.start for s in spans) <= min(e.span.start for e in finding.fix.edits)
            assert end <= max(s.end for s in spans)
