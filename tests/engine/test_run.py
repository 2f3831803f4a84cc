from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import fake_hooks
from dockmend._engine import files, run
from dockmend._engine.config import Configs
from dockmend._engine.errors import Failure
from dockmend._engine.run import CHECK, DIFF, MEND, Job, Outcome, outcomes, process, process_text
from dockmend._hook import FileEdit

BAD = "FROM a\nrun b\nSTOPSIGNAL SIGKILL\nSTOPSIGNAL $X\n"
MENDED = BAD.replace("run", "RUN")


@pytest.fixture(autouse=True)
def _hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)


@pytest.fixture
def dockerfile() -> Path:
    path = Path("Dockerfile")
    path.write_text(BAD)
    return path


def job(mode: str = CHECK, config: str = "", **named: object) -> Job:
    if config:
        Path(".dockmend.toml").write_text(config)
    return Job(mode, Configs(), **named)  # type: ignore[arg-type]


def found(outcome: Outcome) -> list[tuple[str, int, str]]:
    return [(one.hook.name, one.line, one.severity) for one in outcome.findings]


ALL_THREE = [("upper", 2, "warning"), ("stop-signal", 3, "warning"), ("stop-signal", 4, "info")]


def test_check(dockerfile: Path) -> None:
    outcome = process("Dockerfile", job())
    assert found(outcome) == ALL_THREE
    assert [one.fixable for one in outcome.findings] == [True, False, False]
    assert outcome._replace(findings=()) == Outcome("Dockerfile", text=BAD, failing=True)
    assert dockerfile.read_text() == BAD


def test_mend(dockerfile: Path) -> None:
    outcome = process("Dockerfile", job(MEND))
    assert found(outcome) == ALL_THREE[1:]
    assert [one.hook.name for one in outcome.mended] == ["upper"]
    assert dockerfile.read_text() == outcome.text == MENDED
    assert process("Dockerfile", job(MEND)) == outcome._replace(mended=())


def test_mend_unsafely(dockerfile: Path) -> None:
    outcome = process("Dockerfile", job(MEND, unsafe=True))
    assert found(outcome) == ALL_THREE[2:]
    assert not outcome.failing
    assert dockerfile.read_text() == MENDED.replace("SIGKILL", "SIGTERM")


def test_diff(dockerfile: Path) -> None:
    outcome = process("Dockerfile", job(DIFF))
    ((path, patch),) = outcome.patches
    assert path == os.path.abspath("Dockerfile")
    assert patch.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,4 +1,4 @@\n FROM a\n-run b\n+RUN b\n")
    assert dockerfile.read_text() == BAD


def test_the_diff_of_a_link_is_that_of_its_file() -> None:
    Path("far").mkdir()
    Path("far/real").write_text(BAD)
    Path("Dockerfile").symlink_to("far/real")
    ((path, patch),) = process("Dockerfile", job(DIFF)).patches
    assert path == os.path.abspath("far/real")
    assert patch.startswith("--- a/far/real\n+++ b/far/real\n")


def test_nothing_to_say_keeps_no_text() -> None:
    Path("Dockerfile").write_text("FROM a\n")
    assert process("Dockerfile", job()) == Outcome("Dockerfile")


@pytest.mark.parametrize(
    ("config", "named", "names"),
    [
        ("", {}, {"upper", "stop-signal"}),
        ('select = ["upper"]', {}, {"upper"}),
        ('select = ["upper"]', {"select": ("stop-signal",)}, {"stop-signal"}),
        ('ignore = ["upper"]', {}, {"stop-signal"}),
        ('ignore = ["upper"]', {"ignore": ("stop-signal",)}, set()),
        ('ignore = ["upper"]', {"select": ("upper",)}, {"upper"}),
        ('per-file-ignores."Dockerfile" = ["upper"]', {"select": ("upper",)}, set()),
        ('per-file-ignores."*.dev" = ["upper"]', {}, {"upper", "stop-signal"}),
        ("", {"select": ("upper", "stop-signal"), "ignore": ("upper",)}, {"stop-signal"}),
        ('upper.but = "run"', {}, {"stop-signal"}),
        ('select = ["ALL"]', {}, {"upper", "stop-signal"}),
        ('ignore = ["ALL"]', {}, set()),
        ('select = ["upper"]\nextend-select = ["DL0002"]', {}, {"upper", "stop-signal"}),
        ('extend-select = ["DL0002"]', {"select": ("upper",)}, {"upper", "stop-signal"}),
        ("", {"extend": ("beside",), "context": "."}, {"upper", "stop-signal", "beside"}),
    ],
)
def test_which_hooks_run(dockerfile: Path, config: str, named: dict[str, object], names: set[str]) -> None:
    assert {one.hook.name for one in process("Dockerfile", job(CHECK, config, **named)).findings} == names


@pytest.mark.parametrize(
    ("config", "fail_on", "failing"),
    [
        ("", None, True),
        ("", "error", False),
        ('fail-on = "error"', None, False),
        ('fail-on = "error"', "warning", True),
        ('severity = { upper = "info", stop-signal = "info" }', None, False),
        ('severity = { upper = "info", stop-signal = "info" }', "info", True),
        ('severity = { upper = "error" }', "error", True),
    ],
)
def test_what_fails(dockerfile: Path, config: str, fail_on: str | None, failing: bool) -> None:
    assert process("Dockerfile", job(CHECK, config, fail_on=fail_on)).failing == failing


@pytest.mark.parametrize(("unsafe", "mends"), [(None, True), (False, False), (True, True)])
def test_unsafe_fixes_by_configuration(dockerfile: Path, unsafe: bool | None, mends: bool) -> None:
    process("Dockerfile", job(MEND, "unsafe-fixes = true", unsafe=unsafe))
    assert ("SIGTERM" in dockerfile.read_text()) == mends


def test_each_file_under_its_own_configuration() -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "Dockerfile").write_text(BAD)
    Path("b/.dockmend.toml").write_text('ignore = ["upper"]')
    plan = job()
    assert [len(process(f"{folder}/Dockerfile", plan).findings) for folder in ("a", "b")] == [3, 2]


def test_a_text_that_buildkit_refuses(dockerfile: Path) -> None:
    dockerfile.write_text("FROM a\nrunn b\n")
    for mode in (CHECK, MEND, DIFF):
        (error,) = process("Dockerfile", job(mode)).errors
        assert str(error).startswith("Dockerfile:2: error: ")
    assert dockerfile.read_text() == "FROM a\nrunn b\n"


def test_a_hook_that_breaks_is_named(dockerfile: Path) -> None:
    (error,) = process("Dockerfile", job(MEND, select=("upper", "broken"))).errors
    assert str(error).startswith(
        "Dockerfile:1: error: broken: internal error (ZeroDivisionError: on purpose)"
    )
    assert dockerfile.read_text() == BAD


def test_what_breaks_elsewhere_is_one_line(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(run, "mend_text", broken)
    (error,) = process("Dockerfile", job(MEND)).errors
    assert str(error).startswith(
        "Dockerfile: error: internal error, the file was left alone (RecursionError at test_run.py:"
    )
    assert process_text(BAD, "-", None, job(MEND)).text == BAD


@pytest.mark.parametrize("lines", [[], [1], [2], [3], [4], [1, 2, 3, 4], None])
def test_changed_lines_alone(dockerfile: Path, lines: list[int] | None) -> None:
    changed = {os.path.realpath("Dockerfile"): lines}
    outcome = process("Dockerfile", job(CHECK, changed=changed))
    expected = [one for one in ALL_THREE if lines is None or one[1] in lines]
    assert found(outcome) == expected
    outcome = process("Dockerfile", job(MEND, changed=changed))
    assert found(outcome) == [one for one in expected if one[0] != "upper"]
    assert dockerfile.read_text() == (MENDED if lines is None or 2 in lines else BAD)


def test_files_that_did_not_change_are_not_even_read() -> None:
    assert process("missing", job(CHECK, changed={})) == Outcome("missing")


def test_unknown_names_in_ignore_comments_are_noted(dockerfile: Path) -> None:
    dockerfile.write_text("FROM a\n# dockmend: ignore[uper, DL0002]\nrun b\n")
    outcome = process("Dockerfile", job())
    assert outcome.notes == (
        'Dockerfile:2: warning: the ignore comment names no hook: "uper"; did you mean "upper"?',
    )
    assert not outcome.errors


class TestBeside:
    """Files beside the Dockerfile."""

    def test_mended(self, dockerfile: Path) -> None:
        outcome = process("Dockerfile", job(MEND, select=("upper", "beside"), context=os.getcwd()))
        assert {one.hook.name for one in outcome.mended} == {"upper", "beside"}
        assert outcome.made == ("NOTES",)
        assert Path("NOTES").read_text() == "noted\n"
        assert dockerfile.read_text() == MENDED

    def test_completed(self, dockerfile: Path) -> None:
        Path("NOTES").write_text("mine\n")
        assert process("Dockerfile", job(MEND, select=("beside",), context=os.getcwd())).made == ()
        assert Path("NOTES").read_text() == "mine\nnoted\n"

    def test_checked(self, dockerfile: Path) -> None:
        outcome = process("Dockerfile", job(CHECK, select=("beside",), context=os.getcwd()))
        assert found(outcome) == [("beside", 1, "warning")]
        assert not Path("NOTES").exists()

    def test_diffed(self, dockerfile: Path) -> None:
        outcome = process("Dockerfile", job(DIFF, select=("upper", "beside"), context=os.getcwd()))
        assert [os.path.basename(path) for path, _ in outcome.patches] == ["Dockerfile", "NOTES"]
        assert outcome.patches[1][1] == "--- /dev/null\n+++ b/NOTES\n@@ -0,0 +1 @@\n+noted\n"
        assert not Path("NOTES").exists()

    def test_standard_input_reports_it(self) -> None:
        plan = job(MEND, select=("upper", "beside"), context=os.getcwd())
        outcome = process_text(BAD, "-", os.path.abspath("Dockerfile"), plan)
        assert outcome.text == MENDED
        assert found(outcome) == [("beside", 1, "warning")]
        assert not Path("NOTES").exists()

    @pytest.mark.parametrize("times", [1, 2])
    def test_another_process_was_quicker(
        self, dockerfile: Path, monkeypatch: pytest.MonkeyPatch, times: int
    ) -> None:
        create, replace = files.create, files.replace
        left = times

        def quicker(path: str, *rest: object) -> None:
            nonlocal left
            if path.endswith("NOTES") and left:
                left -= 1
                with open(path, "a", encoding="utf-8") as file:
                    file.write(f"theirs {left}\n")
            (create if len(rest) == 1 else replace)(path, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(files, "create", quicker)
        monkeypatch.setattr(files, "replace", quicker)
        outcome = process("Dockerfile", job(MEND, select=("upper", "beside"), context=os.getcwd()))
        assert not outcome.errors
        assert (
            Path("NOTES").read_text() == "".join(f"theirs {i}\n" for i in reversed(range(times))) + "noted\n"
        )
        assert dockerfile.read_text() == MENDED

    def test_another_process_never_stops(self, dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(path: str, *rest: object) -> None:
            raise files.Changed.at(path, "changed")

        monkeypatch.setattr(files, "create", never)
        outcome = process("Dockerfile", job(MEND, select=("upper", "beside"), context=os.getcwd()))
        assert [str(error) for error in outcome.errors] == [f"{os.path.abspath('NOTES')}: error: changed"]
        assert pickle.loads(pickle.dumps(outcome.errors[0])).message == "changed"
        assert found(outcome) == [("beside", 1, "warning")]
        assert dockerfile.read_text() == MENDED

    def test_it_changed_after_it_was_read(self, dockerfile: Path) -> None:
        Path("NOTES").write_text("now\n")
        with pytest.raises(files.Changed):
            run._write(FileEdit(os.path.abspath("NOTES"), "before\n", "after\n"))
        assert Path("NOTES").read_text() == "now\n"

    def test_it_cannot_be_written(self, dockerfile: Path) -> None:
        Path("gone").symlink_to("nowhere")
        plan = job(MEND, select=("upper", "beside"), context="gone")
        assert not process("Dockerfile", plan).errors  # no context, nothing to write

        Path("NOTES").mkdir()
        outcome = process("Dockerfile", job(MEND, select=("upper", "beside"), context=os.getcwd()))
        assert len(outcome.errors) == 1
        assert "NOTES" in str(outcome.errors[0])


class TestStandardInput:
    """`process_text`."""

    def test_mend(self) -> None:
        assert process_text(BAD, "x", None, job(MEND)).text == MENDED

    def test_nothing_to_mend(self) -> None:
        assert process_text("FROM a", "x", None, job(MEND)) == Outcome("x", "FROM a")

    def test_refused(self) -> None:
        outcome = process_text("FROM\n", "x", None, job(MEND))
        assert outcome.text == "FROM\n"
        assert len(outcome.errors) == 1

    def test_the_configuration_is_that_of_its_path(self) -> None:
        Path("a").mkdir()
        Path("a/.dockmend.toml").write_text('ignore = ["upper"]')
        assert process_text(BAD, "x", os.path.abspath("a/Dockerfile"), job(MEND)).text == BAD
        assert process_text(BAD, "x", None, job(MEND)).text == MENDED

    def test_a_configuration_that_is_wrong(self) -> None:
        outcome = process_text(BAD, "x", None, job(MEND, "x = 1"))
        assert outcome.text == BAD
        assert len(outcome.errors) == 1


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_any_number_of_processes_gives_the_same(jobs: int) -> None:
    paths = []
    for i in range(40):
        paths.append(f"Dockerfile.{i}")
        Path(paths[-1]).write_text(BAD * i + "FROM a\n")
    paths.append("missing")
    done = list(outcomes(paths, job(MEND), jobs))
    assert [one.path for one in done] == paths
    assert [len(one.mended) for one in done] == [*range(40), 0]
    assert done[-1].errors
    assert all(Path(path).read_text() == MENDED * i + "FROM a\n" for i, path in enumerate(paths[:-1]))


def test_a_worker_that_dies_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        os._exit(9)

    monkeypatch.setattr(run, "check_text", die)
    for i in range(4):
        Path(f"Dockerfile.{i}").write_text(BAD)
    with pytest.raises(Failure, match="a worker process died"):
        list(outcomes([f"Dockerfile.{i}" for i in range(4)], job(), 2))


def test_jobs_and_outcomes_can_be_sent_to_another_process(dockerfile: Path) -> None:
    plan = job(DIFF, changed={os.path.realpath("Dockerfile"): None})
    assert pickle.loads(pickle.dumps(plan)).mode == DIFF
    outcome = process("Dockerfile", plan)
    assert pickle.loads(pickle.dumps(outcome)) == outcome
