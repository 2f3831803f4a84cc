"""`dockmend NAME`: the commands beside checking and mending."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import dockmend._commands
from dockmend import _cli, _parser, _registry
from dockmend._commands import COMMANDS, init
from dockmend._compose.yaml import NotYaml
from dockmend._engine import config, pre_commit

FILES = {path.stem for path in Path(dockmend._commands.__file__).parent.glob("[!_]*.py")}


def test_every_command_is_a_module_and_every_module_a_command() -> None:
    assert set(COMMANDS) == FILES


@pytest.mark.parametrize("name", COMMANDS)
class TestEach:
    def test_help_fits_80_columns(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as status:
            _cli.main([name, "--help"])
        assert status.value.code == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"usage: dockmend {name}")
        assert max(map(len, shown.splitlines())) <= 80

    def test_unknown_option(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as status:
            _cli.main([name, "--nonsense"])
        assert status.value.code == 2
        assert capsys.readouterr().err.startswith(f"dockmend {name}: error: ")


def test_help_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _cli.main(["--help"])
    shown = capsys.readouterr().out
    assert all(
        f"\n  dockmend {name} " in shown and f" {summary}\n" in shown for name, summary in COMMANDS.items()
    )


class TestRules:
    def test_every_hook_has_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert _cli.main(["rules"]) == 0
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(_registry.HOOKS)


class TestRule:
    @pytest.mark.parametrize("code", ["exec-form", "DL3025", "JSONArgsRecommended"])
    def test_page(self, code: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert _cli.main(["rule", code]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("# exec-form\n\n")
        assert "\n## Fix safety\n" in shown

    def test_a_typo_is_answered_with_the_nearest_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as status:
            _cli.main(["rule", "exec-fom"])
        assert status.value.code == 2
        assert capsys.readouterr().err == (
            'dockmend rule: error: no hook is called "exec-fom"; did you mean "exec-form"?\n'
        )


COMPLETED = [
    ("dockmend --output-fo", {"--output-format"}),
    ("dockmend --output-format ch", {"checkstyle"}),
    ("dockmend --fix --select exec-form,ent", {"exec-form,entrypoint-cmd"}),
    ("dockmend --ignore dockerig", {"dockerignore"}),
    ("dockmend ini", {"init"}),
    ("dockmend rule hea", {"healthcheck"}),
    ("dockmend completion z", {"zsh"}),
    ("dockmend --fix my", {"my Dockerfile"}),
    ("dockmend --context fold", {"folder/"}),
    ("dockmend --config my", {"my Dockerfile"}),
    ("dockmend --jobs ", set()),
]


class TestCompletion:
    """Scripts for shells, tried in those that are installed."""

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("my Dockerfile").touch()
        Path("folder").mkdir()

    def script(self, shell: str, capsys: pytest.CaptureFixture[str]) -> str:
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        assert _cli.main(["completion", shell]) == 0
        return capsys.readouterr().out

    def test_every_option_is_in_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        names = {name for action in _parser.parser_of(None)._actions for name in action.option_strings}
        for shell in ("bash", "zsh", "fish"):
            assert _cli.main(["completion", shell]) == 0
            words = (
                capsys.readouterr()
                .out.replace("'", " ")
                .replace("*", " ")
                .replace("=", " ")
                .replace("[", " ")
            )
            shown = words.replace("-l ", "--").replace(" -s ", " -") if shell == "fish" else words
            assert {name for name in names if f" {name} " not in shown.replace('"', " ")} == set()

    @pytest.mark.parametrize(("line", "expected"), COMPLETED)
    def test_bash(self, line: str, expected: set[str], capsys: pytest.CaptureFixture[str]) -> None:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        ask = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _dockmend\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        script = self.script("bash", capsys) + ask
        done = subprocess.run(["bash", "--norc"], input=script, capture_output=True, text=True)
        assert {text.rstrip("/") for text in done.stdout.split("\n") if text} == {
            text.rstrip("/") for text in expected
        }

    @pytest.mark.parametrize(("line", "expected"), COMPLETED)
    def test_fish(self, line: str, expected: set[str], capsys: pytest.CaptureFixture[str]) -> None:
        script = self.script("fish", capsys) + f"complete -C '{line}'\n"
        environment = {**os.environ, "HOME": os.getcwd()}
        done = subprocess.run(["fish", "-N"], input=script, capture_output=True, text=True, env=environment)
        assert not done.stderr
        shown = {text.split("\t")[0] for text in done.stdout.split("\n") if text}
        assert {text.replace("\\", "") for text in shown} == expected

    def test_zsh(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("script").write_text(self.script("zsh", capsys))
        child, master = pty.fork()
        if child == 0:
            os.execvpe(
                "zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "xterm", "PS1": "", "HOME": os.getcwd()}
            )
        try:
            ready = "autoload -Uz compinit; compinit -u -D; source ./script; unset zle_bracketed_paste; echo re''ady\n"
            assert self.typed(master, ready, "ready")
            for line, expected in COMPLETED:
                for word in expected:
                    shown = word.replace(" ", "\\ ").rstrip("/")
                    assert self.typed(master, f"{line}\t", shown), line
                    os.write(master, b"\x15")  # Ctrl-U
        finally:
            os.close(master)
            os.waitpid(child, 0)

    def typed(self, terminal: int, text: str, expected: str) -> bool:
        """Whether `expected` comes out where `text` is typed."""
        os.write(terminal, text.encode())
        shown, end = "", time.monotonic() + 20
        while expected not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.5)[0]:
                shown += os.read(terminal, 65536).decode("utf-8", "replace").replace("\x08", "")
        return expected in shown

    def test_another_shell(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            _cli.main(["completion", "zhs"])
        assert capsys.readouterr().err == (
            'dockmend completion: error: argument SHELL: "zhs" is none of bash, zsh, fish; did you mean "zsh"?\n'
        )


REPOS = "repos:\n"
# pre-commit's own sample, `pre-commit sample-config`.
SAMPLE = """\
# See https://pre-commit.com for more information
repos:
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v3.2.0
    hooks:
    -   id: trailing-whitespace
    -   id: check-added-large-files
"""
ADDED = f"""\
-   repo: {pre_commit.REPOSITORY}
    rev: v1
    hooks:
    -   id: dockmend
"""
TWO = """\
  - repo: https://github.com/dockmend/dockmend
    rev: v1
    hooks:
      - id: dockmend
"""


class TestPreCommitEntry:
    """The entry in the text of a `.pre-commit-config.yaml`."""

    @pytest.mark.parametrize(
        ("reason", "before", "after"),
        [
            ("pre-commit's own sample", SAMPLE, SAMPLE + ADDED),
            ("no final newline", SAMPLE.removesuffix("\n"), SAMPLE + ADDED),
            ("CRLF", SAMPLE.replace("\n", "\r\n"), (SAMPLE + ADDED).replace("\n", "\r\n")),
            ("a comment at the end of the line", SAMPLE[:-1] + "  # why\n", SAMPLE[:-1] + "  # why\n" + ADDED),
            ("a comment below", SAMPLE + "# end\n", SAMPLE + ADDED + "# end\n"),
            ("keys behind", SAMPLE + "ci:\n    autofix_prs: false\n", SAMPLE + ADDED + "ci:\n    autofix_prs: false\n"),
            ("an empty file", "", REPOS + TWO),
            ("comments only", "# mine\n", "# mine\n" + REPOS + TWO),
            ("comments only, no final newline", "# mine", "# mine\n" + REPOS + TWO),
            ("a list of nothing", "repos: []  # none\nfail_fast: true\n", "repos:   # none\n" + TWO + "fail_fast: true\n"),
            ("nothing at all", "repos:\nfail_fast: true\n", REPOS + TWO + "fail_fast: true\n"),
            ("nothing, and no newline", "repos:", REPOS + TWO),
            ("null", "repos: null\n", "repos: \n" + TWO),
            (
                "further in, empty lines between",
                "repos:\n  - repo: a\n    rev: b\n    hooks:\n      - id: c\n\n  - repo: local\n    hooks:\n      - id: d\n",
                "repos:\n  - repo: a\n    rev: b\n    hooks:\n      - id: c\n\n  - repo: local\n    hooks:\n      - id: d\n\n" + TWO,
            ),
            (
                "a block of text at the end",
                "repos:\n  - repo: local\n    hooks:\n      - id: d\n        exclude: |\n          a\n          b\n",
                "repos:\n  - repo: local\n    hooks:\n      - id: d\n        exclude: |\n          a\n          b\n" + TWO,
            ),
            (
                "in one line",
                "repos: [{repo: a, rev: b, hooks: [{id: c}]}]\n",
                f"repos: [{{repo: a, rev: b, hooks: [{{id: c}}]}}, {{repo: {pre_commit.REPOSITORY}, rev: v1, hooks: [{{id: dockmend}}]}}]\n",
            ),
            (
                "hooks in one line",
                "repos:\n  - repo: a\n    rev: b\n    hooks: [{id: c}]\n",
                "repos:\n  - repo: a\n    rev: b\n    hooks: [{id: c}]\n" + TWO,
            ),
            ("it is there", TWO.replace("  - repo", "repos:\n  - repo"), None),
            ("another copy of it", "repos:\n- repo: git@example.org:x/dockmend.git\n  rev: b\n  hooks:\n  - id: dockerignore\n", None),
            ("as a local hook", "repos:\n- repo: local\n  hooks:\n  - id: dockmend\n", None),
        ],
    )  # fmt: skip
    def test_entry(self, reason: str, before: str, after: str | None) -> None:
        assert pre_commit.with_entry(before, "v1") == after
        if after is not None:
            assert yaml.safe_load(after)["repos"][-1]["hooks"] == [{"id": "dockmend"}]
            assert pre_commit.with_entry(after, "v1") is None

    @pytest.mark.parametrize(
        "text",
        [
            "- a\n", "text\n", "fail_fast: true\n", "repos: text\n", "repos: {a: b}\n",
            "a: &x []\nrepos: *x\n", "repos: &x\n  - repo: a\n    hooks: &y [{id: b}]\n...\n# more\n  - c\n",
        ],
    )  # fmt: skip
    def test_what_leaves_no_plain_place(self, text: str) -> None:
        with pytest.raises((pre_commit.Unclear, NotYaml)):
            pre_commit.with_entry(text, "v1")


class TestInit:
    """`dockmend init`."""

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / ".git").mkdir()

    def test_an_empty_repository(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("below").mkdir()
        monkeypatch.chdir("below")
        assert _cli.main(["init"]) == 0
        assert capsys.readouterr().out.split("\n")[:3] == [
            "../.pre-commit-config.yaml: made, with the hook `dockmend`",
            "../.dockmend.toml: made, with every setting in a comment",
            "",
        ]
        assert yaml.safe_load(Path("../.pre-commit-config.yaml").read_text()) == {
            "repos": [
                {
                    "repo": pre_commit.REPOSITORY,
                    "rev": f"v{dockmend.__version__}",
                    "hooks": [{"id": "dockmend"}],
                }
            ]
        }

    def test_twice_is_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        _cli.main(["init"])
        before = [Path(name).read_text() for name in (init.HOOKS, init.SETTINGS)]
        capsys.readouterr()
        assert _cli.main(["init"]) == 0
        assert capsys.readouterr().out.startswith(
            ".pre-commit-config.yaml: has dockmend already, left as it is\n.dockmend.toml: left as it is\n"
        )
        assert [Path(name).read_text() for name in (init.HOOKS, init.SETTINGS)] == before

    def test_what_is_there_is_kept(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path(init.HOOKS).write_text(SAMPLE)
        Path("pyproject.toml").write_text('[tool.dockmend]\nignore = ["healthcheck"]\n')
        assert _cli.main(["init"]) == 0
        assert capsys.readouterr().out.startswith(
            ".pre-commit-config.yaml: the hook `dockmend` added\n"
            ".dockmend.toml: left out, since pyproject.toml has settings already\n"
        )
        assert Path(init.HOOKS).read_text().startswith(SAMPLE)
        assert not Path(init.SETTINGS).exists()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("repos: [\n", "is no YAML ("),
            (
                "fail_fast: true\n",
                "was left alone, since it has no list of `repos`; add by hand repo: https://",
            ),
        ],
    )
    def test_what_cannot_be_edited_is_left(
        self, text: str, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path(init.HOOKS).write_text(text)
        assert _cli.main(["init"]) == 2
        assert f"{init.HOOKS}" in (err := capsys.readouterr().err)
        assert said in err
        assert err.count("\n") == 1
        assert Path(init.HOOKS).read_text() == text

    def test_settings_that_are_wrong_are_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path(init.SETTINGS).write_text("x = 1\n")
        assert _cli.main(["init"]) == 2
        assert "`x` is no setting" in capsys.readouterr().err

    def test_the_settings_are_the_defaults(self) -> None:
        _cli.main(["init"])
        text = Path(init.SETTINGS).read_text()
        path = os.path.abspath(init.SETTINGS)
        assert config.load(path) == config.Config(path, os.getcwd())
        lines = text.split("\n")
        settings = [
            line.removeprefix("# ")
            for line in lines
            if line.startswith("# ") and (" = " in line or "[" in line)
        ]
        Path(init.SETTINGS).write_text("\n".join(settings))
        found = config.load(path)
        assert found is not None
        assert found == config.Config(
            path, os.getcwd(), select=("ALL",), output_format="full", fail_on="warning",
            severity={"merge-run": "info"}, per_file_ignores={"examples/**": ("healthcheck",)},
        )  # fmt: skip
        assert all(
            f"# {key}" in text or f"# [{key}]" in text
            for key in config._Reader(path, "").keys
            if key != "context"
        )

    def test_pre_commit_takes_the_entry(self) -> None:
        Path(init.HOOKS).write_text(SAMPLE)
        _cli.main(["init"])
        command = [sys.executable, "-m", "pre_commit", "validate-config", init.HOOKS]
        assert subprocess.run(command, capture_output=True).returncode == 0
