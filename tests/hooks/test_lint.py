from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import dockmend
from dockmend import _cli, lint
from dockmend._engine.config import Configs
from dockmend._engine.run import CHECK, MEND, Job, Outcome, process_text
from dockmend._project import hadolint
from dockmend.lint import HOOK
from harness import Row, suite

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"

HUB = {"trusted-registries": ["docker.io"]}
HUBS = {"later-stage": "the stage before is from Docker Hub"}

LEFT_ALONE = [
    Row("any registry is trusted", "FROM ghcr.io/a/b:1\n", says=""),
    Row("Docker Hub", "FROM debian:12\nFROM bitnami/nginx:1\nFROM docker.io/a/b:1\n", options=HUB, says=""),
    Row("scratch", "FROM scratch\n", options={"trusted-registries": ["a.io"]}, says="", without=HUBS),
    Row("a stage", "FROM docker.io/a/b:1 AS Base\nFROM base\nCOPY --from=BASE /a /b\n", options=HUB, says=""),
    Row("another registry", "FROM ghcr.io/a/b:1\n", options=HUB, says="comes from ghcr.io, which"),
    Row("a port", "FROM localhost:5000/a:1\n", options=HUB, says="comes from localhost:5000, which"),
    Row("a mirror is not Hub", "FROM mirror.gcr.io/library/a:1\n", options=HUB, says="mirror.gcr.io"),
    Row("Hub is not trusted", "FROM a:1\n", options={"trusted-registries": ["a.io"]}, says="docker.io"),
    Row("Hub by its other name", "FROM a:1\n", options={"trusted-registries": ["hub.docker.com"]}, says=""),
    Row("by default", "ARG R=ghcr.io\nFROM $R/a/b:1\n", options=HUB, says="comes from ghcr.io, which"),
    Row("the caller decides", "ARG R\nFROM $R/a/b:1\nFROM ${R}\n", options=HUB, says=""),
    Row("copied", "COPY --from=ghcr.io/a/b:1 /a /b\n", options=HUB, says="comes from ghcr.io, which"),
    Row("mounted", "RUN --mount=from=ghcr.io/a/b,target=/x ls\n", options=HUB, says="comes from ghcr.io"),
    Row("no image", "COPY --from=other /a /b\nCOPY --from=0 /a /b\nRUN --mount=type=tmpfs,target=/x ls\n",
        options=HUB, says=""),
    Row("any", "FROM ghcr.io/a/b:1\n", options={"trusted-registries": ["*"]}, says=""),
    Row("any below", "FROM eu.gcr.io/a/b:1\n", options={"trusted-registries": ["*.gcr.io"]}, says="", without=HUBS),
    Row("not itself", "FROM gcr.io/a/b:1\n", options={"trusted-registries": ["*.gcr.io"]}, says="gcr.io"),
    Row("any ending", "FROM gcr.io/a/b:1\n", options={"trusted-registries": ["gcr.*"]}, says="", without=HUBS),
    Row("no star in between", "FROM gcr.io/a/b:1\n", options={"trusted-registries": ["g*.io"]}, says="gcr.io"),
]  # fmt: skip

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE)

# Registries that hadolint reads as Docker does: with a dot, and no variable.
IMAGES = [
    "a:1", "docker.io/a:1", "library/a:1", "hub.docker.com/a:1", "index.docker.io/a:1", "gcr.io/a:1", "eu.gcr.io/a:1",
    "a.b.gcr.io/a:1", "my-company.com:5000/a:1", "my-company.com/a:1", "scratch", "mirror.gcr.io/library/a:1",
    "a.b/c@sha256:" + "0" * 64,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.node.originalname == "test_left_alone":  # the table is about what is checked without it
        monkeypatch.setattr(hadolint, "lint", lambda *_: [])
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name in [*os.environ]:
        if name.startswith(("HADOLINT_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def run(text: str, mode: str = CHECK, *, asked: bool = True, config: str = "", **named: object) -> Outcome:
    """What becomes of a Dockerfile with all hooks, hadolint's findings among them where they are asked for."""
    if config:
        Path(".dockmend.toml").write_text(config)
    if asked and "select" not in named:
        named["extend"] = ("lint",)
    return process_text(text, "Dockerfile", None, Job(mode, Configs(), **named))  # type: ignore[arg-type]


def names(outcome: Outcome) -> list[tuple[str, int]]:
    return [(found.name, found.line) for found in outcome.findings]


def codes(outcome: Outcome) -> list[str]:
    """The codes of hadolint's findings."""
    return [found.name for found in outcome.findings if found.hook is HOOK]


@pytest.mark.parametrize("trusted", ["docker.io", "*.gcr.io", "hub.docker.com", "my-company.com", "*", "gcr.io/a",
                                     "my-company.com:5000", "*docker.io", "g*.io", "gcr.*", "*.io"])  # fmt: skip
def test_a_registry_is_trusted_where_hadolint_trusts_it(trusted: str) -> None:
    text = "".join(f"FROM {image}\n" for image in IMAGES)
    said = hadolint.lint(str(HADOLINT), text.encode(), [trusted])
    theirs = {one.line for one in said if one.code == "DL3026"}
    ours = run(text, asked=False, config=f'lint.trusted-registries = ["{trusted}"]')
    assert {found.line for found in ours.findings if found.name == "DL3026"} == theirs


SEVERAL = """\
FROM debian:12
RUN apt-get update && apt-get install -y curl
RUN cd /tmp && ls
ADD a /b
USER 1000
CMD node $X
"""
OF_DEBIAN = ["DL3008", "DL3015"]


class TestOnce:
    """What a hook finds too is said by the hook alone."""

    def test_together(self) -> None:
        found = names(run(SEVERAL, select=("merge-run", "package-cache", "add-to-copy", "exec-form", "lint")))
        assert sorted(found) == [
            ("DL3003", 3),
            ("DL3008", 2),
            ("DL3015", 2),
            ("add-to-copy", 4),
            ("exec-form", 6),
            ("merge-run", 3),
            ("package-cache", 2),
        ]

    def test_alone_the_hooks_for_what_hadolint_found_run_too(self) -> None:
        checked = run(SEVERAL, select=("lint",))
        assert {name for name, _ in names(checked)} == {
            "DL3003", "DL3008", "DL3015", "add-to-copy", "exec-form", "package-cache",
        }  # fmt: skip
        mended = run(SEVERAL, MEND, select=("lint",))
        assert mended.text == (
            "FROM debian:12\n"
            "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
            "RUN cd /tmp && ls\nCOPY a /b\nUSER 1000\n"
            'CMD ["/bin/sh", "-c", "exec node $X"]\n'
        )
        again = run(mended.text, MEND, select=("lint",))
        assert (again.text, again.mended) == (mended.text, ())
        assert names(again) == names(mended)

    def test_alone_what_hadolint_does_not_say_is_not_said(self) -> None:
        text = "FROM a:1\nRUN date\nRUN date\nCOPY a /b\nRUN a && b; c\nRUN d && e; f\n"
        assert names(run(text, select=("merge-run",))) == [("merge-run", 3), ("merge-run", 6)]
        assert names(run(text, select=("lint",))) == [("merge-run", 3)]

    def test_what_the_hook_passes_over_stays_hadolints(self) -> None:
        text = "FROM alpine:3.20\nRUN apk add curl=1 && rm -rf /var/cache/apk/*\nRUN apk add bash=5\n"
        assert names(run(text, select=("package-cache", "lint"))) == [("DL3019", 2), ("package-cache", 3)]

    def test_another_thing_at_the_same_place_is_said(self) -> None:
        """Two managers in one RUN: apt's lists are package-cache's finding, yum's cache stays hadolint's."""
        text = "FROM debian:12\nRUN apt-get update && yum install -y a-1 && dnf clean all\n"
        found = run(text, select=("package-cache", "lint")).findings
        assert [one.finding.code for one in found if one.name == "package-cache"] == ["DL3009"]
        assert "DL3032" in [one.name for one in found]

    @pytest.mark.parametrize(
        ("text", "name", "code"),
        [
            ("FROM a:1\nCMD a\nCMD b\n", "entrypoint-cmd", "DL4003"),
            ("FROM a:1\nENTRYPOINT a\nENTRYPOINT b\n", "entrypoint-cmd", "DL4004"),
            ("FROM a:1\nHEALTHCHECK CMD a\nHEALTHCHECK CMD b\n", "entrypoint-cmd", "DL3012"),
            ("FROM a:1\nUSER root\nCMD a\n", "non-root-user", "DL3002"),
        ],
    )
    def test_what_is_said_of_a_stage_may_be_said_elsewhere_in_it(
        self, text: str, name: str, code: str
    ) -> None:
        said = [one.code for one in hadolint.lint(str(HADOLINT), text.encode(), [])]
        assert code in said
        found = {one for one, _ in names(run(text))}
        assert name in found
        assert code not in found

    def test_the_stage_alone(self) -> None:
        text = "FROM a:1 AS one\nCMD a\nCMD b\nFROM a:1\nCMD c\n"
        assert "DL4003" not in codes(run(text, select=("lint",)))
        other = run(text, config='per-file-ignores."Dockerfile" = []', select=("lint", "entrypoint-cmd"))
        assert [line for name, line in names(other) if name == "entrypoint-cmd"] == [2]


class TestIgnoring:
    """Each code of hadolint's can be ignored by itself, in every way that there is."""

    @pytest.mark.parametrize(
        ("config", "named"),
        [
            ("", {"ignore": ("DL3008",)}),
            ('ignore = ["DL3008"]', {}),
            ('per-file-ignores."Dockerfile" = ["DL3008"]', {}),
        ],
        ids=["on the command line", "configured", "for the file"],
    )
    def test_by_settings(self, config: str, named: dict[str, object]) -> None:
        if config:
            Path(".dockmend.toml").write_text(config)
        job = Job(CHECK, Configs(), extend=("lint",), **named)  # type: ignore[arg-type]
        outcome = process_text(SEVERAL, "Dockerfile", os.path.abspath("Dockerfile"), job)
        assert codes(outcome) == ["DL3015", "DL3003"]

    @pytest.mark.parametrize(
        "comment",
        [
            "# dockmend: ignore[DL3008] old mirrors",
            "# dockmend: ignore[exec-form, DL3008]",
            "# hadolint ignore=DL3008",
            "# hadolint ignore=DL3008,SC2086 # old mirrors",
        ],
    )
    def test_by_a_comment(self, comment: str) -> None:
        text = SEVERAL.replace("RUN apt-get update", f"{comment}\nRUN apt-get update")
        assert codes(run(text)) == ["DL3015", "DL3003"]

    @pytest.mark.parametrize(
        "comment", ["# dockmend: file-ignore[DL3008]", "# hadolint global ignore=DL3008"]
    )
    def test_by_a_comment_for_the_file(self, comment: str) -> None:
        assert codes(run(f"{comment}\n{SEVERAL}")) == ["DL3015", "DL3003"]

    def test_by_hadolints_own_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path(".hadolint.yaml").write_text("ignored: [DL3008]\n")
        assert codes(run(SEVERAL)) == ["DL3015", "DL3003"]
        monkeypatch.setenv("HADOLINT_IGNORE", "DL3003")
        assert codes(run(SEVERAL)) == ["DL3015"]

    @pytest.mark.parametrize("ignored", ["lint", "DL*", "SC*"])
    def test_all_of_them(self, ignored: str) -> None:
        assert _cli.main(["--extend-select", "lint", "--ignore", ignored, "-q", "."]) == 0
        Path("Dockerfile").write_text(SEVERAL)
        arguments = ["--select=lint", f"--ignore={ignored}", "Dockerfile"]
        assert _cli.main(arguments) == 0

    def test_all_of_them_by_a_comment(self) -> None:
        text = SEVERAL.replace("RUN apt-get update", "# dockmend: ignore[lint]\nRUN apt-get update")
        assert codes(run(text)) == ["DL3003"]

    @pytest.mark.parametrize("name", ["exec-form", "DL3025"])
    def test_a_hook_with_its_codes(self, name: str) -> None:
        assert {"exec-form", "DL3025"}.isdisjoint(
            one for one, _ in names(run(SEVERAL, ignore=("exec-form",)))
        )
        text = SEVERAL.replace("CMD", f"# dockmend: ignore[{name}]\nCMD")
        assert {"exec-form", "DL3025"}.isdisjoint(one for one, _ in names(run(text, select=("lint",))))

    def test_selected_by_a_code(self) -> None:
        assert names(run(SEVERAL, select=("DL3008",))) == [("DL3008", 2)]
        assert names(run(SEVERAL, select=("DL3008", "DL3003"))) == [("DL3008", 2), ("DL3003", 3)]
        assert codes(run(SEVERAL, select=("DL3008", "lint"))) == ["DL3008", "DL3015", "DL3003"]
        assert codes(run(SEVERAL, select=("DL3008", "exec-form"))) == ["DL3008"]

    @pytest.mark.parametrize("code", ["DL9999", "SC1000"])
    def test_unknown_numbers_are_taken(self, code: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert _cli.main(["--ignore", code, "-q"]) == 0
        with pytest.raises(SystemExit):
            _cli.main(["--ignore", f"{code}0"])
        assert f'no hook is called "{code}0"' in capsys.readouterr().err

    def test_from_python(self) -> None:
        found = [
            one.name for one in dockmend.check_text(SEVERAL, select=["lint"], ignore=["DL3008"]).findings
        ]
        assert {"DL3015", "DL3003"} <= {*found}
        assert "DL3008" not in found
        assert [one.name for one in dockmend.check_text(SEVERAL, select=["DL3008"]).findings] == ["DL3008"]


class TestSeverity:
    def test_hadolints_levels(self) -> None:
        text = "FROM a:1\nLABEL A=b\nRUN cd / && sudo ls $X\nRUN ls *.txt\nCOPY a b\n"
        found = {one.name: one.severity for one in run(text, select=("lint",)).findings}
        assert found["DL3048"] == "info"  # style
        assert found["SC2086"] == "info"
        assert found["DL3004"] == "error"
        assert found["DL3003"] == "warning"

    def test_configured(self) -> None:
        config = '[severity]\nDL3008 = "info"\nlint = "error"\n'
        found = {one.name: one.severity for one in run(SEVERAL, config=config).findings}
        assert [found[code] for code in ("DL3008", "DL3015", "DL3003")] == ["info", "error", "error"]

    def test_that_of_the_hook_for_it_holds(self) -> None:
        text = "FROM alpine:3.20\nRUN apk add curl=1 && rm -rf /var/cache/apk/*\n"
        config = '[severity]\npackage-cache = "error"\n'
        assert {one.name: one.severity for one in run(text, config=config).findings}["DL3019"] == "error"


EXEC = "FROM a:1\nUSER 1000\nCMD node $X\n"
LATEST = "FROM a:latest\nFROM b\n"


class TestHadolintsConfiguration:
    """`.hadolint.yaml` holds for our own hooks, with hadolint and without."""

    @pytest.fixture(params=[True, False], ids=["with hadolint", "without"])
    def asked(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
        if not request.param:
            monkeypatch.setattr(hadolint, "lint", None)
        return bool(request.param)

    def test_ignored(self, asked: bool) -> None:
        Path(".hadolint.yaml").write_text("ignored: [DL3025]\n")
        assert names(run(EXEC, asked=asked)) == []
        Path(".hadolint.yaml").write_text("ignored: [DL3007]\n")
        found = names(run(LATEST, asked=asked))
        assert [line for name, line in found if name == "image-version"] == [2]
        assert "DL3007" not in [name for name, _ in found]

    @pytest.mark.parametrize(
        ("ignored", "left"),
        [
            ("DL3019", ["DL3009"]),
            ("DL3009", ["DL3019"]),
            ("DL3009, DL3019", []),
            ("DL3032", ["DL3009", "DL3019"]),
        ],
    )
    def test_one_of_the_codes_of_a_hook(self, ignored: str, left: list[str], asked: bool) -> None:
        Path(".hadolint.yaml").write_text(f"ignored: [{ignored}]\n")
        text = "FROM a:1\nRUN apt-get update\nENV A=b\nRUN apk add curl\n"
        found = run(text, asked=asked).findings
        assert [one.finding.code for one in found if one.name == "package-cache"] == left

    def test_override(self, asked: bool) -> None:
        Path(".hadolint.yaml").write_text("override: {error: [DL3025], style: [DL3007]}\n")
        assert [one.severity for one in run(EXEC, asked=asked).findings] == ["error"]
        found = [one.severity for one in run(LATEST, asked=asked).findings if one.name == "image-version"]
        assert found == ["info", "warning"]
        configured = run(EXEC, asked=asked, config='severity = { exec-form = "info" }').findings
        assert [one.severity for one in configured] == ["info"]

    @pytest.mark.parametrize(
        ("settings", "failing"),
        [
            ("failure-threshold: error", False),
            ("failure-threshold: warning", True),
            ("failure-threshold: style", True),
            ("failure-threshold: none", True),
            ("failure-threshold: error\noverride: {error: [DL3025]}", True),
            ("failure-threshold: info\noverride: {info: [DL3025]}", True),
            ("override: {info: [DL3025]}", False),
            ("no-fail: true", False),
            ("no-fail: true\nfailure-threshold: style", False),
        ],
    )
    def test_threshold(self, settings: str, failing: bool, asked: bool) -> None:
        Path(".hadolint.yaml").write_text(settings)
        assert run(EXEC, asked=asked).failing is failing

    def test_a_threshold_of_our_own_comes_first(self, asked: bool) -> None:
        Path(".hadolint.yaml").write_text("no-fail: true")
        assert run(EXEC, asked=asked, fail_on="warning").failing
        assert run(EXEC, asked=asked, config='fail-on = "warning"').failing

    def test_what_hadolint_knows_nothing_of_fails_as_before(self, asked: bool) -> None:
        Path(".hadolint.yaml").write_text("no-fail: true")
        assert run(EXEC + "ENV API_TOKEN=ghp_0123456789abcdefghijklmnopqrstuvwxyz\n", asked=asked).failing

    def test_comments(self, asked: bool) -> None:
        text = EXEC.replace("CMD", "# hadolint ignore=DL3025\nCMD")
        assert names(run(text, asked=asked)) == []
        Path(".hadolint.yaml").write_text("disable-ignore-pragma: true")
        assert names(run(text, asked=asked)) == [("exec-form", 4)]
        text = EXEC.replace("CMD", "# dockmend: ignore[DL3025]\nCMD")
        assert names(run(text, asked=asked)) == []

    def test_trusted_registries(self, asked: bool) -> None:
        Path(".hadolint.yaml").write_text("trustedRegistries: [ghcr.io]\n")
        found = run("FROM docker.io/a/b:1\nFROM ghcr.io/a/b:1\n", asked=asked)
        assert [(one.name, one.line, one.severity) for one in found.findings] == [("DL3026", 1, "error")]
        assert found.failing

    def test_labels(self) -> None:
        Path(".hadolint.yaml").write_text("label-schema: {author: text}\nstrict-labels: true\n")
        assert codes(run("FROM a:1\nLABEL b=c\n")) == ["DL3049", "DL3050"]

    @pytest.mark.parametrize("name", ["tty", "json", "checkstyle", "codeclimate", "gitlab_codeclimate", "gnu", "codacy",
                                      "sonarqube", "sarif", "junit"])  # fmt: skip
    def test_a_format_does_not_matter(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        Path(".hadolint.yaml").write_text(f"format: {name}\n")
        monkeypatch.setenv("HADOLINT_FORMAT", name)
        assert codes(run(SEVERAL)) == ["DL3008", "DL3015", "DL3003"]

    def test_a_broken_file_is_said_once(self, asked: bool, capsys: pytest.CaptureFixture[str]) -> None:
        Path(".hadolint.yaml").write_text("ignored: DL3025\n")
        for name in ("a.Dockerfile", "b.Dockerfile"):
            Path(name).write_text(EXEC)
        assert _cli.main(["--output-format=concise", *(["--extend-select=lint"] if asked else [])]) == 1
        said = capsys.readouterr()
        assert said.err.count("\n") == 1
        assert said.err.startswith(".hadolint.yaml: warning: `ignored` must be a list of strings;")
        assert said.out.count(" exec-form ") == 2


class TestPlaces:
    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("FROM a:1\nRUN cd /x\n", (2, 1, 2, 10)),
            ("FROM a:1\n  RUN cd /x \n", (2, 3, 2, 13)),
            ("FROM a:1\nRUN ls; \\\n  cd /x\n", (2, 1, 2, 10)),
            ("FROM a:1\r\n# c\r\n\r\nRUN cd /x\r\n", (4, 1, 4, 10)),
            ("\ufeffFROM a:1\nRUN cd /x", (2, 1, 2, 10)),
            ("FROM a:1\nRUN echo é; cd /x\n", (2, 1, 2, 18)),
            ("FROM a:1\nRUN echo \udcff; cd /x\n", (2, 1, 2, 18)),
            ("# escape=`\nFROM a:1\nRUN ls; `\n cd /x\n", (3, 1, 3, 10)),
        ],
        ids=ascii,
    )
    def test_the_line_of_the_instruction(self, text: str, place: tuple[int, ...]) -> None:
        found = [one for one in run(text, select=("lint",)).findings if one.name in ("DL3003", "SC2164")]
        assert {(one.line, one.column, one.end_line, one.end_column) for one in found} == {place}

    def test_the_byte_order_mark_is_no_part_of_a_line(self) -> None:
        (found,) = run("\ufeffFROM a\n", select=("DL3066", "DL3006", "lint")).findings
        assert (found.line, found.end_column) == (1, 8)

    def test_a_file_that_hadolint_cannot_read(self) -> None:
        text = "FROM a:1\nEXPOSE 80:80\nUSER 1000\nCMD node $X\n"
        outcome = run(text)
        assert [one for one in names(outcome) if one[0] != "healthcheck"] == [("DL1000", 2), ("exec-form", 4)]
        found = outcome.findings[0]
        assert (found.severity, found.column) == ("info", 10)
        assert found.finding.message.startswith("hadolint cannot read this file: unexpected ':'; expecting ")
        assert not outcome.errors
        assert not run(text, select=("lint",)).failing

    def test_places_that_are_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = hadolint.Said("DL9999", "other", 99, 99, "m")
        monkeypatch.setattr(hadolint, "lint", lambda *_: [said, said._replace(line=1)])
        found = run("FROM a:1\n", select=("lint",)).findings
        assert [(one.line, one.column, one.severity) for one in found] == [
            (1, 9, "warning"),
            (2, 1, "warning"),
        ]


class TestProgram:
    """How the other program is found and run, with stand-ins for it."""

    @pytest.fixture
    def stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An executable that records how it is called and writes what stands in the file `answer`."""
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "hadolint"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{folder}/arguments"\ncat >"{folder}/text"\ncat "{folder}/answer"\n'
        )
        program.chmod(0o755)
        (folder / "answer").write_text("[]\n")
        monkeypatch.setattr(sys, "executable", str(folder / "python"))
        return folder

    def test_it_runs_where_it_is_asked_for_alone(self, stand_in: Path) -> None:
        run(SEVERAL, asked=False)
        run(SEVERAL, select=("ALL",))
        assert not (stand_in / "arguments").exists()
        named: list[dict[str, object]] = [
            {"select": ("lint",)},
            {"extend": ("lint",)},
            {"select": ("SC2086",)},
        ]
        for one in named:
            run(SEVERAL, CHECK, asked=False, config="", **one)
            assert (stand_in / "arguments").read_text() == "--no-fail\n--format\njson\n-\n"
            (stand_in / "arguments").unlink()
        run(SEVERAL, asked=False, config='extend-select = ["lint"]')
        assert (stand_in / "arguments").exists()

    def test_it_is_given_the_text(self, stand_in: Path) -> None:
        text = "FROM a:1\r\nRUN echo \udcff $(touch x)\n"
        run(text)
        assert (stand_in / "text").read_bytes() == text.encode("utf-8", "surrogateescape")

    def test_it_is_told_of_registries(self, stand_in: Path) -> None:
        run(SEVERAL, config='lint.trusted-registries = ["docker.io", "$(x)"]')
        listed = "--trusted-registry\ndocker.io\n--trusted-registry\n$(x)\n"
        assert listed in (stand_in / "arguments").read_text()

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ("", "gave no list of findings (exit status 0)"),
            ("oops\n", "gave no list of findings"),
            ('{"a": [1]}\n', "gave no list of findings"),
            ("[1]\n", "gave no list of findings"),
            ('[{"code": "DL1"}]\n', "gave no list of findings"),
            ("[" * 100_000, "gave no list of findings"),
        ],
    )
    def test_an_answer_that_is_none(self, answer: str, said: str, stand_in: Path) -> None:
        (stand_in / "answer").write_text(answer)
        outcome = run(EXEC)
        assert names(outcome) == [("exec-form", 3)]
        (error,) = outcome.errors
        assert str(error).startswith(f"Dockerfile: error: lint: hadolint {said}")
        assert "run `hadolint` by itself to see why" in str(error)

    def test_a_time_limit(self, stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (stand_in / "hadolint").write_text("#!/bin/sh\nsleep 60\n")
        monkeypatch.setattr(hadolint, "_SECONDS", 0.2)
        outcome = run(EXEC)
        assert names(outcome) == [("exec-form", 3)]
        assert "lint: hadolint took longer than 0.2 seconds;" in str(outcome.errors[0])

    def test_where_it_is_missing_the_rest_is_done_and_it_is_said_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        monkeypatch.setenv("PATH", str(tmp_path))
        for name in ("a.Dockerfile", "b.Dockerfile"):
            Path(name).write_text(EXEC)
        assert _cli.main(["--extend-select=lint", "--fix"]) == 2
        assert capsys.readouterr().err == f"error: lint: {lint._MISSING}\n"
        assert Path("a.Dockerfile").read_text() == Path("b.Dockerfile").read_text() != EXEC
        assert _cli.hook_main(HOOK, ["--check", "a.Dockerfile"]) == 2
        assert _cli.main(["--select=exec-form,lint", "--ignore=lint"]) == 0


class TestCompose:
    """Dockerfiles within Compose files are linted too."""

    TEXT = """\
services:
  a:
    build:
      dockerfile_inline: |
        FROM a:1
        RUN cd /x
        # dockmend: ignore[DL3003]
        RUN cd /y; ls
        USER 1000
        CMD node $$X
        CMD node $$Y
  b:
    build:
      dockerfile_inline: |
        FROM a:1
        RUN apk add curl=1 && rm -rf /var/cache/apk/*
        CMD ["a"]
"""

    def found(self, **named: object) -> list[tuple[str, int]]:
        path = os.path.abspath("compose.yaml")
        job = Job(CHECK, Configs(), **named)  # type: ignore[arg-type]
        return names(process_text(self.TEXT, "compose.yaml", path, job))

    def test_each_thing_once_in_its_own_file(self) -> None:
        assert [one for one in self.found(select=("lint",)) if one[0] != "DL3059"] == [
            ("DL3003", 6), ("SC2164", 6), ("SC2164", 8), ("exec-form", 10), ("entrypoint-cmd", 10), ("exec-form", 11),
            ("DL3019", 16),
        ]  # fmt: skip

    def test_without_being_asked(self) -> None:
        assert not {name for name, _ in self.found() if name.startswith(("DL", "SC"))}


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    """What the page of the hook shows, and says of it."""
    (text,) = re.findall(r"(?ms)^```dockerfile\n(.*?)^```$", lint.__doc__ or "")
    found = {name for name, _ in names(run(text))}
    assert {"DL3008", "package-cache", "exec-form"} <= found
    assert {"DL3009", "DL3025"}.isdisjoint(found)


def test_in_reports(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text("FROM a:1\nRUN cd /x\n")
    page = "https://github.com/hadolint/hadolint/wiki/DL3003"
    assert _cli.main(["--select=DL3003", "--output-format=concise", "-q"]) == 1
    assert capsys.readouterr().out == "Dockerfile:2:1: DL3003 Use WORKDIR to switch to a directory\n"
    assert _cli.main(["--select=DL3003,SC2164", "--output-format=json"]) == 1
    found = {one["code"]: one for one in json.loads(capsys.readouterr().out)}
    assert {one["hook"] for one in found.values()} == {"lint"}
    assert found["DL3003"]["reason"] == "no hook mends it here"
    assert found["DL3003"]["link"] == page
    assert found["SC2164"]["link"] == "https://www.shellcheck.net/wiki/SC2164"
    assert _cli.main(["--select=DL3003"]) == 1
    assert f"\n  = not mended: no hook mends it here\n  = see {page}\n" in capsys.readouterr().out
    assert _cli.main(["--select=DL3003", "--statistics"]) == 1
    assert capsys.readouterr().out == "1\tDL3003\t[ ] Use WORKDIR to switch to a directory\n"


def test_the_command() -> None:
    """Its own command, in a process of its own."""
    Path("Dockerfile").write_text(SEVERAL)
    done = subprocess.run(
        [HADOLINT.parent / "dockmend-lint", "--output-format=concise", "Dockerfile"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "DL3008" in done.stdout
    assert "COPY a /b\n" in Path("Dockerfile").read_text()
