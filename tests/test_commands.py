"""`dockmend NAME`: the commands beside checking and mending."""

from __future__ import annotations

from pathlib import Path

import pytest

import dockmend._commands
from dockmend import _cli, _registry
from dockmend._commands import COMMANDS

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
    assert ", ".join(COMMANDS) in capsys.readouterr().out


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
