"""`dockmend verify`, with a program in cosign's place that records what it is asked: no real one is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockmend import _cli
from dockmend._commands import verify

PINNED = f"ghcr.io/acme/app:1@sha256:{'1' * 64}"
TEXT = f"""\
ARG TAG=3.12
FROM python:${{TAG}} AS build
FROM {PINNED}
COPY --from=build /a /
COPY --from=ghcr.io/acme/tools /t /
"""
STAND_IN = """\
#!/bin/sh
printf '%s\\n' "$@" --- >> asked
for image; do :; done
case $image in
*python*) echo 'Error: no signatures found' >&2
          echo 'main.go:69: error during command execution: no signatures found' >&2; exit 10 ;;
*odd*) echo; exit 1 ;;
*quiet*) exit 3 ;;
*slow*) exec sleep 20 ;;
esac
echo '[{"critical": {}}]'
"""
KEYLESS = (
    "--certificate-identity",
    "me@example.org",
    "--certificate-oidc-issuer",
    "https://issuer.example.org",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bin" / "cosign"
    path.parent.mkdir()
    path.write_text(STAND_IN)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    Path("cosign.pub").write_text("a key")
    return path


def asked() -> list[list[str]]:
    path = Path("asked")
    return (
        sorted(call.split("\n")[:-1] for call in path.read_text().split("---\n")[:-1])
        if path.exists()
        else []
    )


def write(text: str, name: str = "Dockerfile") -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)


def test_by_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    write(TEXT)
    assert _cli.main(["verify", "--key", "cosign.pub", "--output-format", "concise", "Dockerfile"]) == 1
    assert capsys.readouterr().out == (
        "Dockerfile:2:6: not verified: python:3.12 (no signatures found)\n"
        f"Dockerfile:3:6: verified: {PINNED}\n"
        "Dockerfile:5:6: verified: ghcr.io/acme/tools\n"
        "2 verified, 1 not.\n"
    )
    assert asked() == [
        ["verify", "--key=cosign.pub", "docker.io/library/python:3.12"],
        ["verify", "--key=cosign.pub", f"ghcr.io/acme/app@sha256:{'1' * 64}"],
        ["verify", "--key=cosign.pub", "ghcr.io/acme/tools:latest"],
    ]


def test_by_an_identity_each_image_once(capsys: pytest.CaptureFixture[str]) -> None:
    write(f"FROM {PINNED}\n", "a/Dockerfile")
    write(f"FROM {PINNED}\n", "b/Dockerfile")
    assert _cli.main(["verify", *KEYLESS, "--output-format=concise", "."]) == 0
    assert capsys.readouterr().out.endswith(f"b/Dockerfile:1:6: verified: {PINNED}\n2 verified.\n")
    options = [
        "--certificate-identity=me@example.org",
        "--certificate-oidc-issuer=https://issuer.example.org",
    ]
    assert asked() == [["verify", *options, f"ghcr.io/acme/app@sha256:{'1' * 64}"]]


def test_a_key_elsewhere() -> None:
    write("FROM ghcr.io/acme/app:1\n")
    assert _cli.main(["verify", "--key", "awskms:///alias/app", "Dockerfile"]) == 0
    assert asked() == [["verify", "--key=awskms:///alias/app", "ghcr.io/acme/app:1"]]


def test_full(capsys: pytest.CaptureFixture[str]) -> None:
    write("FROM ghcr.io/acme/app:1 AS a\nFROM python:3\n")
    assert _cli.main(["verify", "--key=cosign.pub", "Dockerfile"]) == 1
    assert (
        capsys.readouterr().out
        == """\
Dockerfile:1:6: verified: ghcr.io/acme/app:1
  |
1 | FROM ghcr.io/acme/app:1 AS a
  |      ^^^^^^^^^^^^^^^^^^

Dockerfile:2:6: not verified: python:3
  |
2 | FROM python:3
  |      ^^^^^^^^
  = no signatures found

1 verified, 1 not.
"""
    )


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    write("FROM scratch\nCOPY --from=ghcr.io/acme/app:1 \\\n /a /\nFROM python:3\n")
    assert _cli.main(["verify", "--key=cosign.pub", "--output-format=json", "Dockerfile"]) == 1
    place = {"path": "Dockerfile", "line": 4, "column": 6, "image": "python:3"}
    other = {"path": "Dockerfile", "line": 2, "column": 6, "image": "ghcr.io/acme/app:1"}
    assert json.loads(capsys.readouterr().out) == [
        {**other, "verified": True, "reason": None},
        {**place, "verified": False, "reason": "no signatures found"},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ARG BASE\nFROM $BASE\n", "$BASE (a variable that has no value here decides it)"),
        ("ARG TAG\nFROM ghcr.io/acme/app:$TAG\n", "app:$TAG (a variable that has no value here decides it)"),
        ("FROM -a.example.org/app:1\n", "-a.example.org/app:1 (its registry is no name of one)"),
        ("FROM ghcr.io/acme/odd:1\n", "(cosign ended with status 1)"),
        ("FROM ghcr.io/acme/quiet:1\n", "(cosign ended with status 3)"),
        ("FROM ghcr.io/acme/slow:1\n", "(cosign gave no answer within 0.2 seconds)"),
    ],
)
def test_what_cannot_be_verified_is_not(
    text: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_LIMIT", 0.2 if "slow" in text else 20)
    write(text)
    assert _cli.main(["verify", "--key=cosign.pub", "--output-format=concise", "Dockerfile"]) == 1
    assert said in capsys.readouterr().out
    assert all(not word.startswith("-a") for call in asked() for word in call)


def test_a_compose_file(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "services:\n"
        "  a: {image: 'ghcr.io/acme/app:1'}\n"
        "  b: {image: 'python:${TAG:-3}'}\n"
        "  c: {image: ours, build: .}\n"
        "  d:\n"
        "    build:\n"
        "      dockerfile_inline: |\n"
        "        FROM python:3\n",
        "compose.yaml",
    )
    assert _cli.main(["verify", "--key=cosign.pub", "--output-format=concise", "."]) == 1
    assert capsys.readouterr().out == (
        "compose.yaml:2:14: verified: ghcr.io/acme/app:1\n"
        "compose.yaml:3:14: not verified: python:${TAG:-3} (a variable that has no value here decides it)\n"
        "compose.yaml:8:14: not verified: python:3 (no signatures found)\n"
        "1 verified, 2 not.\n"
    )


def test_nothing_to_verify(capsys: pytest.CaptureFixture[str]) -> None:
    write("FROM scratch\n")
    assert _cli.main(["verify", "--key=cosign.pub", "Dockerfile"]) == 0
    assert capsys.readouterr().out == "No image to verify.\n"


def test_no_secret_of_the_file_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    token = "ghp_" + "a1B2" * 9
    write(f"FROM scratch\nRUN --mount=from=ghcr.io/acme/app:1 curl -H 'Authorization: Bearer {token}' x\n")
    assert _cli.main(["verify", "--key=cosign.pub", "Dockerfile"]) == 0
    assert token not in capsys.readouterr().out


def test_other_files_are_still_done(capsys: pytest.CaptureFixture[str]) -> None:
    write("FROM\n", "broken.Dockerfile")
    write("FROM ghcr.io/acme/app:1\n")
    assert _cli.main(["verify", "--key=cosign.pub", "missing", "broken.Dockerfile", "Dockerfile"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("missing: error: ")
    assert "broken.Dockerfile:1: error: " in said.err
    assert "1 verified.\n" in said.out


def test_no_cosign(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    write(TEXT)
    assert _cli.main(["verify", "--key=cosign.pub", "Dockerfile"]) == 2
    assert capfd.readouterr().err.startswith("error: cosign is not on the PATH; ")


def test_a_cosign_that_cannot_be_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here.write_text("#!/nowhere/at/all\n")
    write("FROM ghcr.io/acme/app:1\n")
    assert _cli.main(["verify", "--key=cosign.pub", "--output-format=concise", "Dockerfile"]) == 1
    assert "(cosign cannot be run: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --key, or"),
        (["--certificate-identity", "me"], "give --key, or"),
        (["--key=cosign.pub", "--certificate-oidc-issuer=x"], "give --key, or"),
        (["--key=cosign.pub", *KEYLESS], "give --key, or"),
        (["--key=missing.pub"], "--key: there is no file missing.pub"),
    ],
)
def test_wrong_usage(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        _cli.main(["verify", *options, "Dockerfile"])
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_no_shell_is_in_between() -> None:
    """What a file holds reaches cosign as one argument, or not at all."""
    write("FROM ghcr.io/acme/app:1$(touch${IFS}made)\nCOPY --from=x/y;touch${IFS}made /a /\n")
    command = [str(Path(sys.executable).parent / "dockmend"), "verify", "--key=cosign.pub", "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (1, 2)
    assert not Path("made").exists()
    assert asked() == []
