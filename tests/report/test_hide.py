"""No output shows a secret that a file holds; only the file itself does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dockmend import _cli, _report
from dockmend._engine import patch

SECRETS = ("SuperSecretSauce", "hunter2hunter2", "Tr0ub4dor")
TEXT = """\
FROM python:3.12-slim
ENV DATABASE_PASSWORD "SuperSecretSauce"
RUN deploy --password hunter2hunter2
RUN echo hunter2hunter2
# one
# two
# three
# four
# five
# six
# seven
CMD python app.py
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    _cli.main(list(arguments))
    out, err = capfd.readouterr()
    return out + err


@pytest.mark.parametrize("name", _report.FORMATS)
@pytest.mark.parametrize("options", [(), ("--unsafe-fixes",), ("--select", "merge-run,exec-form")], ids=str)
def test_no_format_shows_a_secret(
    folder: Path, capfd: pytest.CaptureFixture[str], name: str, options: tuple[str, ...]
) -> None:
    (folder / "Dockerfile").write_text(TEXT + "CMD app --password Tr0ub4dor\n")
    said = shown(capfd, "--output-format", name, *options, "Dockerfile")
    assert "Dockerfile" in said
    assert not [secret for secret in SECRETS[1:] if f"password {secret}" in said]
    assert SECRETS[0] not in said
    assert SECRETS[2] not in said


def test_a_plain_word_garbles_no_message(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM a:1\nRUN echo user:password | chpasswd\nRUN x\n")
    said = shown(capfd, "--output-format", "full", "Dockerfile")
    assert "RUN spells out a password set with chpasswd" in said
    assert "user:password" not in said


def test_what_is_mended_keeps_it(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(TEXT)
    said = shown(capfd, "--fix", "--show-fixes", "--select", "merge-run,exec-form", "Dockerfile")
    assert "Mended" in said
    assert SECRETS[0] not in said
    assert all(secret in (folder / "Dockerfile").read_text() for secret in SECRETS[:2])


def test_a_patch_leaves_out_lines_with_a_secret_and_applies(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.replace("CMD python app.py\n", "CMD python app.py\nEXPOSE 80\n")
    (folder / "Dockerfile").write_text(text)
    _cli.main(["--diff", "--select", "merge-run,exec-form", "Dockerfile"])
    out, err = capfd.readouterr()
    assert "SuperSecretSauce" not in out + err
    assert '+CMD ["python", "app.py"]' in out
    assert "the patch leaves out what changes lines with a secret; use --fix" in err
    done = subprocess.run(["git", "apply", "-"], input=out, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "Dockerfile").read_text() == text.replace(
        "CMD python app.py", 'CMD ["python", "app.py"]'
    )


def test_a_fix_that_changes_a_line_with_a_secret_is_left_out_whole(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "FROM a\nRUN b\nRUN c\n# d\nRUN echo 'root:hunter2' | chpasswd\nWORKDIR /e\nCMD python app.py\n"
    (folder / "Dockerfile").write_text(text)
    _cli.main(["--diff", "--select", "merge-run,exec-form", "Dockerfile"])
    out, err = capfd.readouterr()
    assert "the patch leaves out what changes lines with a secret; use --fix" in err
    done = subprocess.run(["git", "apply", "-"], input=out, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "Dockerfile").read_text() == text.replace(
        "CMD python app.py", 'CMD ["python", "app.py"]'
    )
    assert _cli.main(["--diff", "--select", "merge-run", "Dockerfile"]) == 1
    assert capfd.readouterr().out == ""


OLD = "FROM a\nENV B_PASSWORD=hunter22\nRUN b\nRUN c\nRUN d\n"


@pytest.mark.parametrize(
    ("before", "after", "there"),
    [
        (OLD, OLD.replace("RUN c", "RUN x"), "@@ -3,3 +3,3 @@\n RUN b\n-RUN c\n+RUN x\n RUN d\n"),
        (OLD, OLD.replace("RUN b", "RUN x"), "@@ -3,3 +3,3 @@\n-RUN b\n+RUN x\n RUN c\n RUN d\n"),
        (OLD, OLD.replace("FROM a", "FROM x"), ""),
        (
            OLD,
            OLD.replace("ENV", "env").replace("RUN c", "RUN x"),
            "@@ -3,3 +3,3 @@\n RUN b\n-RUN c\n+RUN x\n RUN d\n",
        ),
        ("FROM a\nRUN c\n", "FROM a\nRUN deploy --password hunter22\n", ""),
    ],
    ids=["above", "right above", "right below", "in one of two changes", "in what is put"],
)
def test_hunks(before: str, after: str, there: str) -> None:
    head = "--- a/D\n+++ b/D\n"
    assert patch.unified("D", before, after) == (head + there if there else "")
    assert patch.withheld("Dockerfile", before, after) is (there == "" or "env" in after)


def test_nothing_is_withheld_where_there_is_no_secret() -> None:
    assert not patch.withheld("Dockerfile", "FROM a\n", "FROM b\n")


def test_a_plain_start_does_not_look_for_secrets(tmp_path: Path) -> None:
    code = "import sys; from dockmend import _cli; sys.exit('dockmend._project.secrets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_no_error_shows_a_secret(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM a\nENV DB_PASSWORD=correct horsebattery\nENV A=b ccc\n")
    said = shown(capfd, "Dockerfile")
    assert "2: error: ENV can't find = in '***'" in said
    assert "3: error: ENV can't find = in 'ccc'" in said
