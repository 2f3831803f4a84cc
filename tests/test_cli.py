from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import sysconfig
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import fake_hooks
from dockmend import __version__, _cli, _parser
from dockmend._dockerfile.document import Document
from dockmend._engine import run
from dockmend._engine.errors import Failure
from dockmend._engine.run import Outcome
from dockmend._hook import SAFE, Context, Edit, Finding, Fix
from dockmend._report import progress
from dockmend._report.output import Output
from dockmend._report.style import Style, style_of

BAD = "FROM a\nrun b\nSTOPSIGNAL SIGKILL\nSTOPSIGNAL $X\n"
MENDED = BAD.replace("run", "RUN")
FIXABLE = "FROM a\nrun b\n"
# The console entry of a process of its own, with the hooks of fake_hooks.
PROCESS = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import builtins, fake_hooks
fake_hooks.install(builtins)
from dockmend._cli import hook_main, main
hook = fake_hooks.HOOKS.get(sys.argv.pop(1))
sys.exit(hook_main(hook) if hook else main())
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


class Run:
    """What a command gave back."""

    def __init__(self, status: int | str | None, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def dockmend(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capfdbinary, monkeypatch)


class Command:
    """Runs the front door in this process."""

    def __init__(self, captured: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        self.captured, self.monkeypatch = captured, monkeypatch

    def __call__(self, *arguments: str, hook: str = "", stdin: bytes = b"") -> Run:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = _cli.hook_main(fake_hooks.HOOKS[hook], arguments) if hook else _cli.main(arguments)
        except SystemExit as end:
            status = end.code  # type: ignore[assignment]
        sys.stdout.flush()
        out, err = self.captured.readouterr()
        return Run(status, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))


def write(text: str = BAD, path: str = "Dockerfile") -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    return Path(path)


def process(*arguments: str, hook: str = "dockmend", **named: object) -> subprocess.CompletedProcess[bytes]:
    named.setdefault("capture_output", True)
    return subprocess.run([sys.executable, "-c", PROCESS, hook, *arguments], timeout=120, **named)  # type: ignore[call-overload,no-any-return]


class TestStatus:
    """The exit status."""

    @pytest.mark.parametrize(
        ("text", "arguments", "status"),
        [
            ("FROM a\n", [], 0),
            (BAD, [], 1),
            (BAD, ["--fix"], 1),
            (FIXABLE, [], 1),
            (FIXABLE, ["--fix"], 0),
            (FIXABLE, ["--diff"], 1),
            (FIXABLE, ["--diff", "--fix"], 1),
            ("FROM a\n", ["--diff"], 0),
            ("FROM a\nSTOPSIGNAL SIGKILL\n", ["--diff"], 0),
            ("FROM a\nSTOPSIGNAL SIGKILL\n", ["--diff", "--unsafe-fixes"], 1),
            ("FROM a\nSTOPSIGNAL SIGKILL\n", ["--fix"], 1),
            ("FROM a\nSTOPSIGNAL SIGKILL\n", ["--fix", "--unsafe-fixes"], 0),
            ("FROM a\nSTOPSIGNAL $X\n", [], 0),
            ("FROM a\nSTOPSIGNAL $X\n", ["--fail-on", "info"], 1),
            (BAD, ["--fail-on", "error"], 0),
            (BAD, ["--exit-zero"], 0),
            (FIXABLE, ["--exit-zero", "--diff"], 0),
            (BAD, ["--ignore", "upper,stop-signal"], 0),
            (BAD, ["--statistics"], 1),
            (BAD, ["--quiet"], 1),
            ("FRO a\n", [], 2),
            ("FRO a\n", ["--fix"], 2),
            ("FRO a\n", ["--diff"], 2),
            ("FRO a\n", ["--exit-zero"], 2),
            ("", [], 2),
        ],
    )
    def test_of_one_file(self, dockmend: Command, text: str, arguments: list[str], status: int) -> None:
        path = write(text)
        done = dockmend(*arguments, "Dockerfile")
        assert done.status == status, done.err
        if "--fix" not in arguments or "--diff" in arguments or status == 2:
            assert path.read_text() == text

    def test_every_other_file_is_still_done(self, dockmend: Command) -> None:
        write(FIXABLE, "a/Dockerfile")
        write("FROM a\nRUNN b\n", "b/Dockerfile")
        os.mkfifo("Dockerfile.fifo")
        write(FIXABLE, "c/Dockerfile")
        write("x = 1", "d/.dockmend.toml")
        write(FIXABLE, "d/Dockerfile")
        Path("e").symlink_to("nowhere")
        done = dockmend("--fix", "a", "b", "missing", "Dockerfile.fifo", "c", "d", "e")
        assert done.status == 2
        assert Path("a/Dockerfile").read_text() == Path("c/Dockerfile").read_text() == "FROM a\nRUN b\n"
        assert [line.partition(" error: ")[0] for line in done.err.split("\n")[:-1]] == [
            "b/Dockerfile:2:", "missing:", "Dockerfile.fifo:", f"{Path.cwd()}/d/.dockmend.toml:", "e:",
        ]  # fmt: skip

    def test_an_error_does_not_steer_the_terminal(self, dockmend: Command) -> None:
        write("FROM a\nRU\x1b[2J b\n", "D\x1b\n")
        done = dockmend("D\x1b\n", "missing\x07")
        assert done.status == 2
        assert done.err.count("\n") == 2
        assert not any(character in done.err for character in "\x1b\x07")

    def test_an_error_is_said_once(self, dockmend: Command) -> None:
        write("x = 1", ".dockmend.toml")
        write(path="a/Dockerfile")
        write(path="b/Dockerfile")
        done = dockmend("--output-format", "concise", ".")
        assert done.status == 2
        assert done.err.count("\n") == 1

    def test_nothing_there(self, dockmend: Command) -> None:
        done = dockmend()
        assert (done.status, done.err) == (
            0,
            "warning: no Dockerfile or Compose file was found under the given paths\n",
        )


class TestUsage:
    """Wrong usage: status 2, one line, nothing on standard output."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--slect", "x"], 'there is no option `--slect`; did you mean "--select"?'),
            (["--fi"], 'there is no option `--fi`; did you mean "--fix"?'),
            (["--sel=upper"], 'there is no option `--sel=upper`; did you mean "--select"?'),
            (["-x"], "there is no option `-x`"),
            (["-1"], "there is no option `-1`"),
            (["--select"], "argument --select: expected one argument"),
            (["--select", "uper"], '--select: no hook is called "uper"; did you mean "upper"?'),
            (["--ignore", "upper,DL9999"], '--ignore: no hook is called "DL9999"'),
            (["--output-format", "yaml"], 'argument --output-format: "yaml" is none of full, concise, json'),
            (["--output-format", "jnuit"], 'argument --output-format: "jnuit" is none of full, concise,'),
            (["--fail-on", "never"], 'argument --fail-on: "never" is none of info, warning, error'),
            (["--jobs", "many"], "argument --jobs: invalid int value"),
            (["--jobs", "-1"], "`--jobs` takes a number of processes"),
            (["-", "Dockerfile"], "`-`, standard input, cannot be mixed with other paths"),
            (["--stdin-filename", "x", "Dockerfile"], "`--stdin-filename` is for standard input"),
            (["--patch", "-", "-"], "standard input cannot be both the patch and the Dockerfile"),
            (["--patch", "x", "--since", "y"], "`--since` and `--patch` cannot be combined"),
            (["--fix", "--add-ignores"], "`--fix` and `--add-ignores` cannot be combined"),
            (["rul"], 'there is no file or command `rul`; did you mean "rule"?'),
            (["upper"], "there is no file `upper`; to run that hook alone, `--select upper`"),
            (["--check"], "there is no option `--check`"),
        ],
    )
    def test_is_named(self, dockmend: Command, arguments: list[str], said: str) -> None:
        path = write()
        done = dockmend(*arguments)
        assert done.status == 2
        assert done.err.startswith(f"dockmend: error: {said}")
        assert done.err.count("\n") == 1
        assert not done.out
        assert path.read_text() == BAD

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--context", "none"], "--context: error: none is not a folder"),
            (["--config", "none.toml"], "none.toml: error: cannot be read: there is no such file"),
            (["--patch", "none.diff"], "none.diff: error: cannot be read"),
            (["--since", "-x"], '--since: error: "-x" is no revision'),
        ],
    )
    def test_what_is_not_there_is_named(self, dockmend: Command, arguments: list[str], said: str) -> None:
        write()
        arguments = [f"{arguments[0]}={arguments[1]}"] if arguments[1].startswith("-") else arguments
        done = dockmend(*arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith(said)

    def test_a_format_that_the_configuration_gets_wrong(self, dockmend: Command) -> None:
        write('output-format = "consise"', ".dockmend.toml")
        write()
        done = dockmend()
        assert done.status == 2
        assert "must be one of full, concise, json, " in done.err
        assert done.err.endswith(', not "consise"; did you mean "concise"?\n')

    def test_help_fits_in_80_columns(self, dockmend: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        for done in (dockmend("--help"), dockmend("-h", hook="upper")):
            assert done.status == 0
            assert max(map(len, done.out.split("\n"))) <= 80
            assert not done.err

    def test_version(self, dockmend: Command) -> None:
        assert dockmend("--version").out == f"dockmend {__version__}\n"

    def test_paths_anywhere_and_paths_like_options(self, dockmend: Command) -> None:
        for name in ("a", "b", "--fix"):
            write(path=name)
        dockmend("a", "--select", "upper", "b", "--fix")
        assert [Path(name).read_text() for name in ("a", "b", "--fix")] == [MENDED, MENDED, BAD]
        dockmend("--fix", "--", "--fix")
        assert Path("--fix").read_text() == MENDED


class TestSelection:
    """--select and --ignore, with names and codes."""

    @pytest.mark.parametrize(
        ("arguments", "hooks"),
        [
            ([], {"upper", "stop-signal"}),
            (["--select", "upper"], {"upper"}),
            (["--select", "DL0001"], {"upper"}),
            (["--select", "DL0001, stop-signal"], {"upper", "stop-signal"}),
            (["--select", "upper", "--select", "DL0002"], {"upper", "stop-signal"}),
            (["--select=ALL"], {"upper", "stop-signal"}),
            (["--select", "upper", "--extend-select", "DL0002"], {"upper", "stop-signal"}),
            (["--extend-select", "beside", "--context", "."], {"upper", "stop-signal", "beside"}),
            (["--ignore=ALL"], set()),
            (["--ignore", "ConsistentInstructionCasing"], {"stop-signal"}),
            (["--select", "upper", "--ignore", "DL0001"], set()),
            (["--select", ""], set()),
        ],
    )
    def test_hooks(self, dockmend: Command, arguments: list[str], hooks: set[str]) -> None:
        write()
        found = json.loads(dockmend("--output-format", "json", *arguments).out)
        assert {one["hook"] for one in found} == hooks


class TestHookCommand:
    """A hook's own command."""

    def test_mends(self, dockmend: Command) -> None:
        path = write()
        done = dockmend("Dockerfile", hook="upper")
        assert (done.status, path.read_text()) == (0, MENDED)

    def test_checks(self, dockmend: Command) -> None:
        path = write()
        done = dockmend("--check", "Dockerfile", hook="upper")
        assert (done.status, path.read_text()) == (1, BAD)

    @pytest.mark.parametrize("flags", [["--diff"], ["--check", "--diff"]])
    def test_diffs(self, dockmend: Command, flags: list[str]) -> None:
        path = write()
        done = dockmend(*flags, "Dockerfile", hook="upper")
        assert (done.status, path.read_text()) == (1, BAD)
        assert "+RUN b" in done.out

    def test_unsafe(self, dockmend: Command) -> None:
        path = write()
        assert dockmend("--unsafe-fixes", "Dockerfile", hook="stop-signal").status == 0
        assert "SIGTERM" in path.read_text()

    def test_runs_even_if_the_configuration_leaves_it_out(self, dockmend: Command) -> None:
        write('ignore = ["upper"]', ".dockmend.toml")
        path = write()
        dockmend("Dockerfile", hook="upper")
        assert path.read_text() == MENDED

    def test_needs_a_file(self, dockmend: Command) -> None:
        done = dockmend(hook="upper")
        assert (done.status, done.err) == (
            2,
            "dockmend-upper: error: no FILE is given; `dockmend-upper --help` lists the options\n",
        )

    def test_has_no_selection(self, dockmend: Command) -> None:
        assert dockmend("--select", "x", "Dockerfile", hook="upper").status == 2

    def test_reads_standard_input(self, dockmend: Command) -> None:
        done = dockmend("-", hook="upper", stdin=BAD.encode())
        assert (done.status, done.out) == (0, MENDED)

    def test_gives_what_the_umbrella_gives(self, dockmend: Command) -> None:
        path = write()
        dockmend("--fix", "--unsafe-fixes", "Dockerfile")
        together = path.read_text()
        write()
        for hook in ("upper", "stop-signal"):
            dockmend("--unsafe-fixes", "Dockerfile", hook=hook)
        assert path.read_text() == together


class TestStandardInput:
    """`-`."""

    @pytest.mark.parametrize(
        "data",
        [
            BAD.encode(),
            b"\xef\xbb\xbfFROM a\r\nrun b\r\n",
            b"FROM a\n# \xff\nrun b",
            "FROM é\nrun 日\n".encode(),
        ],
    )
    def test_the_mended_text_and_nothing_else(self, dockmend: Command, data: bytes) -> None:
        done = dockmend("--fix", "-", stdin=data)
        assert done.out.encode("utf-8", "surrogateescape") == data.replace(b"run", b"RUN")
        assert "mended" in done.err

    @pytest.mark.parametrize(
        ("data", "status"),
        [(b"FROM a\n", 0), (FIXABLE.encode(), 0), (BAD.encode(), 1), (b"FRO a\n", 2), (b"", 2), (b"\0", 2)],
    )
    def test_status(self, dockmend: Command, data: bytes, status: int) -> None:
        done = dockmend("--fix", "--stdin-filename", "x/Dockerfile", "-", stdin=data)
        assert done.status == status
        if status == 2:
            assert done.out.encode("utf-8", "surrogateescape") == data
            assert done.err.startswith("x/Dockerfile:1: error: ")

    @pytest.mark.parametrize(
        ("arguments", "config"),
        [
            (["--config", "none"], ""),
            (["--context", "none"], ""),
            (["--since", "HEAD"], ""),
            (["--patch", "none"], ""),
            (["--select", "none"], ""),
            (["--nonsense"], ""),
            (["--jobs", "many"], ""),
            (["--select", "upper,broken"], ""),
            ([], "x = 1"),
            ([], "x ="),
            ([], "upper.x = 1"),
            ([], 'output-format = "none"'),
        ],
    )
    def test_the_text_comes_back_whatever_goes_wrong(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], config: str
    ) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")
        if config:
            write(config, ".dockmend.toml")
        done = dockmend("--fix", *arguments, "--stdin-filename", "x/Dockerfile", "-", stdin=BAD.encode())
        assert (done.status, done.out) == (2, BAD)
        assert done.err.count("\n") == 1

    @pytest.mark.parametrize(("arguments", "text"), [([], BAD), (["--check"], ""), (["--diff"], "")])
    def test_the_text_comes_back_from_a_hook_that_was_to_mend_it(
        self, dockmend: Command, arguments: list[str], text: str
    ) -> None:
        done = dockmend(*arguments, "--nonsense", "-", hook="upper", stdin=BAD.encode())
        assert (done.status, done.out) == (2, text)

    def test_no_name_is_given(self, dockmend: Command) -> None:
        done = dockmend("--fix", "--stdin-filename", "", "-", stdin=FIXABLE.encode())
        assert (done.status, done.out) == (0, FIXABLE.replace("run", "RUN"))

    def test_its_path_is_excluded(self, dockmend: Command) -> None:
        write('exclude = ["x"]', ".dockmend.toml")
        named = ["--fix", "--stdin-filename", "x/Dockerfile", "-"]
        assert dockmend(*named, stdin=BAD.encode()).out == MENDED
        done = dockmend("--force-exclude", *named, stdin=BAD.encode())
        assert (done.status, done.out, done.err) == (0, BAD, "")

    def test_a_report(self, dockmend: Command) -> None:
        done = dockmend("--output-format", "concise", "--stdin-filename", "x/Dockerfile", stdin=BAD.encode())
        assert done.status == 1
        assert done.out.startswith("x/Dockerfile:2:1: upper run is in lower case [*]\n")
        assert dockmend("--output-format", "concise", "-", stdin=BAD.encode()).out.startswith("-:2:1: ")

    def test_a_diff(self, dockmend: Command) -> None:
        done = dockmend("--diff", "--stdin-filename", "x/Dockerfile", stdin=FIXABLE.encode())
        assert (done.status, done.err) == (1, "Would mend 1 finding.\n")
        assert done.out.startswith("--- a/x/Dockerfile\n")

    def test_the_configuration_of_its_path(self, dockmend: Command) -> None:
        write('ignore = ["upper"]', "x/.dockmend.toml")
        assert dockmend("--fix", "--stdin-filename", "x/Dockerfile", stdin=BAD.encode()).out == BAD

    def test_it_is_closed(self, dockmend: Command) -> None:
        done = process("--fix", "-", preexec_fn=lambda: os.close(0))
        assert done.returncode == 2
        assert b"standard input: error: is closed" in done.stderr


class TestDiff:
    """`--diff`."""

    def test_of_several_files(self, dockmend: Command) -> None:
        write(FIXABLE, "a/Dockerfile")
        write(FIXABLE.removesuffix("\n"), "é/Dockerfile")
        done = dockmend("--diff", "a", "é")
        assert done.status == 1
        assert done.out == (
            "--- a/a/Dockerfile\n+++ b/a/Dockerfile\n@@ -1,2 +1,2 @@\n FROM a\n-run b\n+RUN b\n"
            '--- "a/\\303\\251/Dockerfile"\n+++ "b/\\303\\251/Dockerfile"\n@@ -1,2 +1,2 @@\n FROM a\n-run b\n'
            "\\ No newline at end of file\n+RUN b\n\\ No newline at end of file\n"
        )
        assert done.err == "Would mend 2 findings.\n"
        assert not dockmend("--diff", "--quiet", "a").err

    def test_git_applies_it(self, dockmend: Command) -> None:
        for folder in ("a", "b c", "é"):
            write(FIXABLE.replace("\n", "\r\n"), f"{folder}/Dockerfile")
        patch = dockmend("--diff", "--select", "upper,beside").out.encode("utf-8", "surrogateescape")
        assert patch.count(b"+++ b/a/NOTES\n") == 1
        subprocess.run(["git", "apply", "-"], input=patch, check=True)
        done = dockmend("--diff", "--select", "upper,beside")
        assert (done.status, done.out) == (0, "")

    def test_a_file_that_two_would_make_is_made_once(self, dockmend: Command) -> None:
        write("FROM a\nCOPY x /\n", "a/Dockerfile")
        write("FROM a\nCOPY x /\n", "a/Dockerfile.dev")
        done = dockmend("--diff", "--select", "beside", "--context", "a")
        assert done.out == "--- /dev/null\n+++ b/a/NOTES\n@@ -0,0 +1 @@\n+noted\n"


class TestAddIgnores:
    """`--add-ignores`."""

    IGNORED = (
        "FROM a\n# dockmend: ignore[upper]\nrun b\n# dockmend: ignore[stop-signal]\nSTOPSIGNAL SIGKILL\n"
        "# dockmend: ignore[stop-signal]\nSTOPSIGNAL $X\n"
    )

    def test_silences_everything(self, dockmend: Command) -> None:
        path = write()
        done = dockmend("--add-ignores", "--show-fixes")
        assert (done.status, path.read_text()) == (0, self.IGNORED)
        assert done.out == (
            "Ignored in Dockerfile:\n    2 x stop-signal\n    1 x upper\nFound 3 findings (3 ignored, 0 left).\n"
        )
        assert dockmend().out == "Nothing to report.\n"
        dockmend("--fix", "--unsafe-fixes")
        assert path.read_text() == self.IGNORED

    def test_an_error_is_said_all_the_same(self, dockmend: Command) -> None:
        write('severity = { upper = "error" }', ".dockmend.toml")
        write()
        done = dockmend("--add-ignores")
        said = "upper is ignored now, and as true as before: run is in lower case"
        assert (done.status, done.err) == (0, f"Dockerfile:2: warning: {said}\n")
        assert not dockmend("--add-ignores").err

    def test_as_a_patch(self, dockmend: Command) -> None:
        path = write()
        done = dockmend("--add-ignores", "--diff")
        assert (done.status, done.err, path.read_text()) == (1, "Would ignore 3 findings.\n", BAD)
        subprocess.run(["git", "apply", "-"], input=done.out.encode(), check=True)
        assert path.read_text() == self.IGNORED

    def test_standard_input(self, dockmend: Command) -> None:
        assert dockmend("--add-ignores", "-", stdin=BAD.encode()).out == self.IGNORED

    def test_only_some(self, dockmend: Command) -> None:
        path = write()
        write("--- a/Dockerfile\n+++ b/Dockerfile\n@@ -2 +2 @@\n-x\n+run b\n", "my.diff")
        dockmend("--add-ignores", "--patch", "my.diff")
        assert path.read_text() == BAD.replace("run", "# dockmend: ignore[upper]\nrun")
        dockmend("--add-ignores", "--select", "DL0002")
        assert path.read_text() == self.IGNORED

    def test_what_buildkit_refuses_is_left(self, dockmend: Command) -> None:
        path = write("FRO a\n")
        assert (dockmend("--add-ignores").status, path.read_text()) == (2, "FRO a\n")


class TestNewFiles:
    """A file that mending makes is said, and stops pre-commit, which would not see it."""

    @pytest.mark.parametrize(("pre_commit", "status"), [("", 0), ("1", 1)])
    def test_beside_the_dockerfile(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch, pre_commit: str, status: int
    ) -> None:
        monkeypatch.setenv("PRE_COMMIT", pre_commit)
        write("FROM a\n", "a/Dockerfile")
        arguments = ["--fix", "--select", "beside", "--context", "a", "a"]
        done = dockmend(*arguments)
        assert (done.status, done.err) == (status, "a/NOTES: note: this file is new; add it to the commit\n")
        again = dockmend(*arguments)
        assert (again.status, again.err) == (0, "")


class TestReports:
    """What is printed where."""

    def test_the_full_report_ends_with_a_summary(self, dockmend: Command) -> None:
        write()
        done = dockmend()
        assert done.out.startswith(
            "Dockerfile:2:1: upper warning: run is in lower case [*]\n  |\n2 | run b\n"
        )
        assert done.out.endswith(
            "Found 3 findings.\n[*] 1 fixable with `--fix` (and 1 unsafe fix with `--unsafe-fixes`).\n"
        )
        assert not done.err

    def test_quiet(self, dockmend: Command) -> None:
        write()
        assert "Found" not in dockmend("--quiet").out
        write("FROM a\n")
        assert dockmend("-q").out == ""

    def test_show_fixes(self, dockmend: Command) -> None:
        write()
        done = dockmend("--fix", "--show-fixes", "--output-format", "concise")
        assert "\nMended in Dockerfile:\n    1 x upper\nFound 3 findings (1 mended, 2 left).\n" in done.out

    def test_statistics(self, dockmend: Command) -> None:
        write()
        done = dockmend("--statistics")
        assert (
            done.out
            == "2\tstop-signal\t[ ] A signal that can be heard\n1\tupper\t[*] Keywords in upper case\n"
        )

    def test_the_format_of_the_configuration(self, dockmend: Command) -> None:
        write('output-format = "concise"', ".dockmend.toml")
        write()
        assert dockmend().out.startswith("Dockerfile:2:1: upper run")
        assert dockmend("--output-format", "json").out.startswith("[\n")

    def test_unknown_ignores_are_noted(self, dockmend: Command) -> None:
        write("FROM a\n# dockmend: ignore[uper]\nRUN b\n")
        done = dockmend()
        assert done.status == 0
        assert (
            done.err
            == 'Dockerfile:2: warning: the ignore comment names no hook: "uper"; did you mean "upper"?\n'
        )

    @pytest.mark.parametrize(
        ("environment", "coloured"),
        [
            ({}, False),
            ({"FORCE_COLOR": "1"}, True),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            ({"NO_COLOR": ""}, False),
        ],
    )
    def test_colours_in_a_pipe(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        write()
        assert ("\x1b[" in dockmend().out) == coloured

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_what_the_encoding_lacks_is_escaped(self, encoding: str) -> None:
        write("FROM a\nrun 日é\n", os.fsdecode(b"D\xff/Dockerfile"))
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = process("--output-format", "full", ".", env=environment)
        assert not done.stderr
        shown = {"ascii": b"\\u65e5\\xe9", "latin-1": b"\\u65e5\xe9", "utf-8": "日é".encode()}[encoding]
        assert b"2 | run " + shown in done.stdout
        assert (b"\xff" in done.stdout) == (encoding == "utf-8") or encoding != "utf-8"


class TestOutputFile:
    """`--output-file`."""

    def test_the_report_goes_there_and_the_summary_to_the_terminal(self, dockmend: Command) -> None:
        write()
        Path("report").write_text("an old and longer one\n" * 99)
        expected = dockmend("--output-format", "json").out
        done = dockmend("--output-format", "json", "--output-file", "report")
        assert (done.status, Path("report").read_text()) == (1, expected)
        assert done.out.startswith("Found 3 findings.\n")
        assert dockmend("-q", "--output-format", "json", "--output-file", "report").out == ""

    def test_without_colours(self, dockmend: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        write("FROM a\nrun é\n")
        done = dockmend("--output-file", "report")
        assert "\x1b" not in Path("report").read_text()
        assert "2 | run é\n" in Path("report").read_text()
        assert "\x1b" in done.out

    def test_a_patch(self, dockmend: Command) -> None:
        write(FIXABLE)
        done = dockmend("--diff", "--output-file", "my.patch")
        assert (done.out, done.err) == ("", "Would mend 1 finding.\n")
        subprocess.run(["git", "apply", "my.patch"], check=True)
        assert Path("Dockerfile").read_text() == "FROM a\nRUN b\n"

    def test_statistics(self, dockmend: Command) -> None:
        write(FIXABLE)
        assert not dockmend("--statistics", "--output-file", "counts").out
        assert Path("counts").read_text().startswith("1\tupper")

    def test_beside_mended_standard_input(self, dockmend: Command) -> None:
        done = dockmend(
            "--fix", "--output-format", "concise", "--output-file", "report", "-", stdin=BAD.encode()
        )
        assert done.out == MENDED
        assert done.err.startswith("Found 3 findings (1 mended, 2 left).\n")
        assert Path("report").read_text().startswith("-:3:1: stop-signal ")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("none/report", "none/report: error: cannot be written: there is no such file; check the path\n"),
            (".", ".: error: cannot be written: is a directory; check the path\n"),
            ("link", "link: error: is a file to report on; give `--output-file` another name\n"),
        ],
    )
    def test_what_cannot_be_written_is_said_before_anything_is_mended(
        self, dockmend: Command, name: str, said: str
    ) -> None:
        path = write()
        Path("link").symlink_to("Dockerfile")
        done = dockmend("--fix", "--output-file", name)
        assert (done.status, done.out, done.err) == (2, "", said)
        assert path.read_text() == BAD

    def test_a_full_disk(self) -> None:
        write()
        done = process("--output-file", "/dev/full")
        assert done.returncode == 2
        assert done.stderr.startswith(b"/dev/full: error: cannot be written: no space is left")


class TestOnlyWhatChanged:
    """`--since` and `--patch`."""

    PATCH = "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -2 +2 @@\n-x\n+run b\n"

    def test_since(self, dockmend: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{name}_NAME", "a")
            monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
        subprocess.run("git init -q && git commit -q --allow-empty -m x", shell=True, check=True)
        write("FROM a\nrun b\n" + "RUN c\n" * 9 + "run d\n")
        subprocess.run("git add -A && git commit -q -m y", shell=True, check=True)
        write("FROM a\nrun b\n" + "RUN c\n" * 9 + "run D\n")
        assert re.findall(r":(\d+):1", dockmend("--since", "HEAD").out) == ["12"]
        assert re.findall(r":(\d+):1", dockmend("--since", "HEAD~1").out) == ["2", "12"]
        dockmend("--fix", "--since", "HEAD")
        assert Path("Dockerfile").read_text() == "FROM a\nrun b\n" + "RUN c\n" * 9 + "RUN D\n"

    @pytest.mark.parametrize(("pre_commit", "lines"), [("1", ["2", "3"]), ("", ["3"])])
    def test_since_what_pre_commit_was_told(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch, pre_commit: str, lines: list[str]
    ) -> None:
        for name in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{name}_NAME", "a")
            monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
        monkeypatch.setenv("PRE_COMMIT", pre_commit)
        monkeypatch.setenv("PRE_COMMIT_FROM_REF", "HEAD~1")
        subprocess.run(["git", "init", "-q"], check=True)
        for text in ("FROM a\n", "FROM a\nrun b\n"):
            write(text)
            subprocess.run("git add -A && git commit -q -m x", shell=True, check=True)
        write("FROM a\nrun b\nrun c\n")
        assert re.findall(r":(\d+):1", dockmend("--since", "HEAD").out) == lines

    def test_a_fix_that_must_reach_beyond_says_so(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def every(doc: Document, ctx: Context) -> Iterator[Finding]:
            low = [one for one in doc.instructions if doc.text[one.keyword.start : one.keyword.end].islower()]
            if low:
                edits = tuple(Edit(one.keyword, one.name) for one in low)
                fix = Fix(SAFE, edits, {one.index: (one.meaning,) for one in low})
                yield Finding("lower case", low[-1].keyword, fix)

        monkeypatch.setitem(fake_hooks.HOOKS, "upper", fake_hooks.UPPER._replace(check=every))
        write("from a\nrun b\nrun b\n")
        write("--- a/Dockerfile\n+++ b/Dockerfile\n@@ -3 +3 @@\n-x\n+run b\n", "my.diff")
        said = "what is mended reaches beyond the changed lines, to lines 1 to 2"
        done = dockmend("--patch", "my.diff", "--output-format", "json")
        (found,) = json.loads(done.out)
        assert (found["reason"], done.err) == (said, "")
        for mode in ("--diff", "--fix"):
            done = dockmend("--patch", "my.diff", mode)
            assert f"Dockerfile: note: {said}\n" in done.err
        assert Path("Dockerfile").read_text() == "FROM a\nRUN b\nRUN b\n"

    def test_patch(self, dockmend: Command) -> None:
        write()
        write(path="other/Dockerfile")
        write(self.PATCH, "my.diff")
        done = dockmend("--patch", "my.diff", "--output-format", "concise", "-q")
        assert done.out == "Dockerfile:2:1: upper run is in lower case [*]\n"
        assert dockmend("--patch", "-", "--fix", stdin=self.PATCH.encode()).status == 0
        assert Path("Dockerfile").read_text() == MENDED
        assert Path("other/Dockerfile").read_text() == BAD

    def test_patch_of_standard_input(self, dockmend: Command) -> None:
        write(self.PATCH, "my.diff")
        done = dockmend("--patch", "my.diff", "--fix", "--stdin-filename", "Dockerfile", stdin=BAD.encode())
        assert (done.status, done.out) == (0, MENDED)


class TestProcess:
    """What only a process of its own shows."""

    def test_a_reader_that_is_gone(self) -> None:
        for i in range(200):
            write(BAD, f"{i}/Dockerfile")
        reader, writer = os.pipe()
        os.close(reader)
        done = process("--fix", ".", stdout=writer, stderr=subprocess.PIPE, capture_output=False)
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")
        assert all(Path(f"{i}/Dockerfile").read_text() == MENDED for i in range(200))

    @pytest.mark.parametrize("arguments", [["."], ["--fix", "-"], ["--diff", "."]])
    def test_output_that_cannot_be_written(self, arguments: list[str]) -> None:
        write()
        with open("/dev/full", "wb") as full:
            done = process(
                *arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False, input=BAD.encode()
            )
        assert done.returncode == 2
        assert done.stderr.split(b"\n")[-2].startswith(
            b"standard output: error: cannot be written: no space is left"
        )
        assert b"Traceback" not in done.stderr

    @pytest.mark.parametrize("late", [True, False], ids=["something waits for the end", "nothing does"])
    def test_the_end(self, late: bool) -> None:
        for i in range(300):
            write(BAD, f"{i}/Dockerfile")
        code = "import os\nclass Last:\n    def __del__(self): os.write(2, b'taken apart')\nlast = Last()\n"
        code += "import atexit; atexit.register(print, 'bye')\n" if late else ""
        done = subprocess.run(
            [sys.executable, "-c", code + PROCESS, "dockmend", "--output-format", "concise"],
            capture_output=True,
            # Measuring waits for the end, too.
            env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        )
        assert (done.returncode, done.stderr) == (1, b"taken apart" if late else b"")
        found, fixable, *rest = done.stdout.decode().splitlines()[900:]
        assert (found, rest) == ("Found 900 findings.", ["bye"] if late else [])
        assert fixable.startswith("[*] 300 fixable")

    def test_closed_streams(self) -> None:
        write()
        assert process(preexec_fn=lambda: os.close(1)).returncode == 1
        assert process("--fix", preexec_fn=lambda: os.closerange(1, 3)).returncode == 1
        assert Path("Dockerfile").read_text() == MENDED

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_an_interrupt_is_quiet(self, jobs: str) -> None:
        for i in range(1500):
            write("FROM a\n" + "run b\n" * 400, f"{i}/Dockerfile")
        arguments = [sys.executable, "-c", PROCESS, "dockmend", "--fix", "--jobs", jobs, "."]
        with subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # What a shell runs in the background is made to ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
        ) as running:
            while not any(Path(f"{i}/Dockerfile").read_text().startswith("FROM a\nRUN") for i in range(5)):
                time.sleep(0.01)
                assert running.poll() is None
            os.killpg(running.pid, signal.SIGINT)
            _, err = running.communicate(timeout=60)
        assert (running.returncode, err) == (_cli.INTERRUPTED, b"")
        texts = {Path(f"{i}/Dockerfile").read_text() for i in range(1500)}
        assert texts == {"FROM a\n" + "run b\n" * 400, "FROM a\n" + "RUN b\n" * 400}
        assert not list(Path().rglob(".dockmend-*.tmp"))

    @pytest.mark.slow
    @pytest.mark.parametrize("together", [1, 2], ids=["one", "two at once"])
    def test_killed_at_random_moments_and_run_again(self, together: int) -> None:
        """Each of 200 files is the old one or the new one, whenever those that mend them are killed."""
        old, new = "FROM a\n" + "run b\n" * 20, "FROM a\n" + "RUN b\n" * 20
        paths = [Path(f"{i}/Dockerfile") for i in range(200)]
        arguments = [sys.executable, "-c", PROCESS, "dockmend", "--fix", "--quiet", "."]
        random = Random(together)
        seconds, halfway = 0.0, 0
        for turn in range(101 if together == 1 else 51):
            if turn % 2 == 0 or paths[-1].read_text() == new:
                paths = [write(old, str(path)) for path in paths]
            running = [
                subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for _ in range(together)
            ]
            # Not while Python starts, when nothing is written.
            while paths[0].read_text() == old and any(one.poll() is None for one in running):
                time.sleep(0.001)
            begin = time.monotonic()
            if turn:
                time.sleep(random.uniform(0, seconds))
                for one in running:
                    one.kill()
            for one in running:
                one.wait(timeout=60)
            if not turn:
                seconds = time.monotonic() - begin
            found = [path.read_text() for path in paths]
            assert set(found) <= {old, new}
            halfway += found[0] == new != found[-1]
        assert halfway >= 10, "hardly a kill came in the middle"
        assert process("--fix", ".").returncode == 0
        assert {path.read_text() for path in paths} == {new}

    @pytest.mark.slow
    def test_two_at_once(self) -> None:
        old, new = "FROM a\n" + "run b\n" * 60, "FROM a\n" + "RUN b\n" * 60
        paths = [write(old, f"{i}/Dockerfile") for i in range(200)]
        arguments = [sys.executable, "-c", PROCESS, "dockmend", "--fix", "--select", "upper,beside", "."]
        running = [
            subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(3)
        ]
        for one in running:
            _, err = one.communicate(timeout=120)
            assert one.returncode in (0, 2)
            lines = err.split(b"\n")[:-1]
            assert all(b"changed on disk meanwhile" in line or b"this file is new" in line for line in lines)
        assert {path.read_text() for path in paths} == {new}
        assert not list(Path().rglob(".dockmend-*.tmp"))

    def test_a_progress_bar_on_a_terminal_alone(self) -> None:
        for i in range(60):
            write("FROM a\nrun b\n", f"{i}/Dockerfile")
        plain = process("--jobs", "2", ".")
        assert not plain.stderr
        assert self.on_terminal("--jobs", "2", ".") != b""
        assert self.on_terminal("--quiet", ".") == b""
        assert self.on_terminal("1") == b""

    def on_terminal(self, *arguments: str) -> bytes:
        """What goes to standard error where it is a terminal."""
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm"}
        process(*arguments, stdout=subprocess.DEVNULL, stderr=slave, capture_output=False, env=environment)
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:
                os.close(master)
                return shown

    @pytest.mark.parametrize("name", ["dockmend", "dockmend-exec-form"])
    def test_the_console_scripts_run(self, name: str) -> None:
        script = Path(sysconfig.get_path("scripts")) / name
        done = subprocess.run([script, "--version"], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"dockmend {__version__}\n", "")

    def test_a_package_of_that_name_in_the_users_repository_does_no_harm(self) -> None:
        write("raise SystemExit(7)", "dockmend/__init__.py")
        write("FROM a\nCMD a\n")
        script = Path(sysconfig.get_path("scripts")) / "dockmend-exec-form"
        done = subprocess.run([script, "Dockerfile"], capture_output=True)
        assert done.returncode == 0, done.stderr
        assert Path("Dockerfile").read_text() == 'FROM a\nCMD ["a"]\n'


class TestOutput:
    """One stream."""

    def test_that_is_closed(self) -> None:
        out = Output(None, "standard output")
        out.text("x")
        out.exact("x")
        out.flush()

    @pytest.mark.parametrize("immediate", [False, True])
    def test_whose_reader_is_gone(self, immediate: bool) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w", encoding="utf-8") as stream:
            out = Output(stream, "standard output", immediate=immediate)
            out.text("x")
            out.flush()
            out.text("y")

    def test_that_is_full(self) -> None:
        with open("/dev/full", "w", encoding="utf-8") as stream:
            out = Output(stream, "standard output")
            out.text("x")
            with pytest.raises(Failure, match="standard output: error: cannot be written: no space is left"):
                out.flush()

    def test_in_an_encoding_that_lacks_characters(self) -> None:
        with open("out", "w", encoding="latin-1") as stream:
            out = Output(stream, "standard output")
            out.text("é日")
            out.exact("日\udcff")
        assert Path("out").read_bytes() == b"\xe9\\u65e5" + "日".encode() + b"\xff"


class TestInterrupts:
    """Ctrl-C, and streams that fail, in this process."""

    def test_an_interrupt(self, dockmend: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(run, "outcomes", interrupted)
        write()
        done = dockmend("--fix")
        assert (done.status, done.out, done.err) == (_cli.INTERRUPTED, "", "")

    def test_an_interrupt_while_standard_input_is_mended(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(run, "process_text", interrupted)
        done = dockmend("--fix", "-", stdin=BAD.encode())
        assert (done.status, done.out) == (_cli.INTERRUPTED, BAD)

    def test_standard_input_and_errors_that_are_closed(
        self, dockmend: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        assert _cli.main(["-"]) == 2
        with open("/dev/full", "w", encoding="utf-8") as full:
            monkeypatch.setattr(sys, "stderr", full)
            assert _cli.main(["missing"]) == 2


def test_the_bar_shows_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    made = [Outcome(str(i)) for i in range(3)]
    assert list(progress.shown(iter(made), 3)) == made
    assert "3/3" in capsys.readouterr().err


def test_a_bar_for_what_takes_long_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    steps = [(0, 3), (1, 3), (3, 3)]
    progress.watch(iter(steps))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    progress.watch(iter(steps))
    assert "3/3" in capsys.readouterr().err


def test_hooks_that_were_asked_for_prepare_once_for_all_files(
    dockmend: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[list[str]] = []

    def check(doc: Document, ctx: Context) -> Iterator[Finding]:
        if ctx.ahead is not None:
            ctx.ahead.append(doc.stages[0].base)
        yield from ()

    def prepare(ahead: list[str]) -> Iterator[tuple[int, int]]:
        prepared.append(ahead)
        yield 1, 1

    slow = fake_hooks.UPPER._replace(name="slow", aliases=(), check=check, prepare=prepare)
    monkeypatch.setitem(fake_hooks.HOOKS, "slow", slow)
    fake_hooks.install(monkeypatch)
    for name in "ab":
        write(f"FROM {name}\n", f"{name}/Dockerfile")
    write("FROM\n", "broken/Dockerfile")
    write("x = 1\n", "c/.dockmend.toml")
    write("FROM c\n", "c/Dockerfile")
    assert dockmend("a", "b").status == 0
    assert prepared == []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert dockmend("--extend-select", "slow").status == 2
    assert dockmend("--select", "slow", "a", "b").status == 0
    assert dockmend("--select", "slow", "--ignore", "slow", "a").status == 0
    assert prepared == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Style(100, colour=True, links=True)),
        ({"COLUMNS": "60"}, Style(60, colour=True, links=True)),
        ({"COLUMNS": "7"}, Style(40, colour=True, links=True)),
        ({"COLUMNS": "many"}, Style(100, colour=True, links=True)),
        ({"NO_COLOR": "1"}, Style(100, colour=False)),
        ({"TERM": "dumb"}, Style(100, colour=False)),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, Style(100, colour=True)),
    ],
)
def test_the_style_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: Style
) -> None:
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with open(slave, "w", encoding="utf-8") as stream:
        assert style_of(stream) == expected
    os.close(master)


def test_the_style_of_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert style_of(None) == style_of(io.StringIO()) == Style(80, colour=False)
    assert style_of(Broken()) == Style(80, colour=True, links=True)


def test_the_bar_is_shown_for_many_files_on_a_terminal(
    dockmend: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(51):
        write(FIXABLE, f"{i}/Dockerfile")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown: list[int] = []

    def bar(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
        shown.append(total)
        return outcomes

    monkeypatch.setattr(progress, "shown", bar)
    assert dockmend().status == dockmend("-q").status == dockmend("1", "2").status == 1
    assert shown == [51]


def test_options_are_documented_in_one_place_each() -> None:
    listed = [name for action in _parser.parser_of(None)._actions for name in action.option_strings]
    assert len(listed) == len(set(listed))
