"""hadolint's findings in an editor: by their own codes, with the fixes of the hooks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from dockmend._server.checked import Checked
from dockmend._server.diagnostics import finding
from dockmend._server.positions import Positions

TEXT = "FROM a:1\nRUN cd /x\nUSER 1000\nCMD node $X\n"


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dockmend.toml").write_text('select = ["lint"]\n')
    return Checked(TEXT, str(tmp_path / "Dockerfile"), Positions(TEXT, len))


def index(checked: Checked, name: str) -> int:
    return [found.name for found in checked.outcome.findings].index(name)


def test_a_diagnostic_has_hadolints_code_and_page(checked: Checked) -> None:
    made = finding(checked, index(checked, "DL3003"), "file:///Dockerfile")
    assert made.code == "DL3003"
    assert made.code_description == types.CodeDescription("https://github.com/hadolint/hadolint/wiki/DL3003")


def test_a_comment_silences_that_code_alone(checked: Checked) -> None:
    edit = checked.ignoring(index(checked, "DL3003"))
    assert edit is not None
    assert edit.text == "# dockmend: ignore[DL3003]\n"


def test_the_hook_for_a_finding_mends_it(checked: Checked) -> None:
    (edit,) = checked.mending_alone(index(checked, "exec-form"))
    assert edit.text.startswith('["/bin/sh", "-c", "exec ')
    assert checked.mending == [edit]
