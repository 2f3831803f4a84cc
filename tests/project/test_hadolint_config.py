"""hadolint's configuration, as the real hadolint reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from dockmend._project.hadolint_config import LEVELS, HadolintConfig, read

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
ALL = """\
failure-threshold: warning
format: json
ignored: [DL3000, SC1010]
label-schema: {author: text}
no-color: true
no-fail: false
override:
  error:
    - DL3001
  warning: [DL3042]
  info: [DL3032]
  style: [DL3015]
strict-labels: true
disable-ignore-pragma: true
trustedRegistries:
  - docker.io
  - my-company.com:5000
  - "*.gcr.io"
"""

FILES = [
    ("all keys", ALL),
    ("none", ""),
    ("a comment", "# c\n"),
    ("unset", "ignored:\noverride: {error: ~}\ntrustedRegistries: null\n"),
    ("other keys", "foo: bar\ntrusted-registries: [a.io]\n"),
    ("one document", "--- {ignored: [DL3000]}\n"),
    ("anchors", "override: {error: &a [DL3000]}\nignored: *a\n"),
    ("the highest of several levels", "override: {style: [DL3001], info: [DL3001], error: [DL3001]}\n"),
    ("a level that is none", "override: {ignore: [DL3001]}\n"),
    ("small letters", "ignored: [dl3006]\n"),
    ("threshold none", "failure-threshold: none\n"),
    ("threshold ignore", "failure-threshold: ignore\n"),
    ("never fails", "no-fail: true\n"),
    ("a threshold in capitals", "failure-threshold: Error\n"),
    ("a threshold that is none", "failure-threshold: high\n"),
    ("not a list", "ignored: DL3006\n"),
    ("not strings", "ignored: [1]\n"),
    ("null in a list", "ignored: [~]\n"),
    ("not a mapping", "[DL3000]\n"),
    ("a word", "DL3000\n"),
    ("override is no mapping", "override: [DL3000]\n"),
    ("override has no list", "override: {error: DL3000}\n"),
    ("yes is no boolean", "no-fail: yes\n"),
    ("a string is no boolean", 'disable-ignore-pragma: "true"\n'),
    ("registries as a mapping", "trustedRegistries: {a: b}\n"),
    ("not closed", "ignored: [\n"),
    ("two documents", "ignored: [DL3000]\n---\nignored: []\n"),
    ("a key twice", "ignored: [DL3000]\nignored: [DL3001]\n"),
    ("tabs", "override:\n\terror: [DL3000]\n"),
]
VARIABLES = [
    {"HADOLINT_IGNORE": "DL3000,DL3001"},
    {"HADOLINT_IGNORE": "DL3000, DL3001"},
    {"HADOLINT_OVERRIDE_ERROR": "DL3000", "HADOLINT_OVERRIDE_STYLE": "DL3000,DL3001"},
    {"HADOLINT_TRUSTED_REGISTRIES": "docker.io,quay.io"},
    {"HADOLINT_FAILURE_THRESHOLD": "error", "HADOLINT_NOFAIL": "1"},
    {"HADOLINT_FAILURE_THRESHOLD": "high", "HADOLINT_NOFAIL": "2"},
    {"HADOLINT_NOFAIL": "Yes", "HADOLINT_DISABLE_IGNORE_PRAGMA": "on"},
]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name in [*os.environ]:
        if name.startswith(("HADOLINT_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def hadolints() -> tuple[HadolintConfig, str]:
    """What the real hadolint says that it was told, and by which file."""
    done = subprocess.run([HADOLINT, "-V", "-"], input="FROM scratch\n", capture_output=True, text=True)
    said = done.stderr
    listed = {
        title: tuple(re.findall(r'    - "([^"]*)"', items))
        for title, items in re.findall(r"(?m)^  override (\w+):\n((?:    .*\n)*)", said)
    }
    levels: dict[str, str] = {}
    for level in LEVELS:
        levels = {**dict.fromkeys(listed[level], level), **levels}
    threshold = re.search(r"failure threshold: (\w+)", said)
    file = re.search(r"Configuration file used: ([^\"]*)", said)
    assert threshold
    return HadolintConfig(
        frozenset(listed["ignore"]),
        levels,
        threshold[1],
        "no fail: True" in said,
        tuple(sorted(re.findall(r"(?m)^    - - (.*)$", said))),
        "disable ignore pragma: True" not in said,
        "refused" if "Error parsing" in said else "",
    ), file[1] if file else ""


def ours() -> HadolintConfig:
    """What is read here, said as hadolint does: its default threshold is info."""
    found = read(os.getcwd())
    threshold = {"none": "ignore", None: "info"}.get(found.threshold, found.threshold)
    return found._replace(
        trusted=tuple(sorted(set(found.trusted))), threshold=threshold, problem=found.problem and "refused"
    )


@pytest.mark.parametrize("text", [row[1] for row in FILES], ids=[row[0] for row in FILES])
def test_a_file_is_read_as_hadolint_reads_it(text: str) -> None:
    Path(".hadolint.yaml").write_text(text)
    theirs, _ = hadolints()
    if text.strip("# c\n"):
        assert ours() == theirs
    else:
        assert ours() == theirs._replace(problem="")  # it complains of an empty file


@pytest.mark.parametrize("variables", VARIABLES, ids=",".join)
@pytest.mark.parametrize("text", ["", ALL], ids=["alone", "with a file"])
def test_the_environment_is_read_as_hadolint_reads_it(
    variables: dict[str, str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text:
        Path(".hadolint.yaml").write_text(text)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ours() == hadolints()[0]


PLACES = [
    "project/.hadolint.yaml",
    "project/.hadolint.yml",
    "home/.config/hadolint.yaml",
    "home/.config/hadolint.yml",
    "home/.hadolint/hadolint.yaml",
    "home/.hadolint/hadolint.yml",
    "home/.hadolint/config.yaml",
    "home/.hadolint/config.yml",
    "home/.hadolint.yaml",
    "home/.hadolint.yml",
]


@pytest.mark.parametrize("xdg", ["", "general"])
def test_the_first_place_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, xdg: str) -> None:
    if xdg:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / xdg))
    places = [place.replace("home/.config", xdg) if xdg else place for place in PLACES]
    for number, place in enumerate(places):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(f"ignored: [DL{number:04}]\n")
    for number, place in enumerate(places):
        theirs, file = hadolints()
        assert file == str(tmp_path / place)
        assert ours() == theirs == theirs._replace(ignored=frozenset([f"DL{number:04}"]))
        (tmp_path / place).unlink()
    assert hadolints()[1] == ""
    assert ours() == HadolintConfig(threshold="info")


def test_a_registry_alone_as_the_readme_has_it() -> None:
    Path(".hadolint.yaml").write_text("trustedRegistries: docker.io\n")
    assert ours().trusted == ("docker.io",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [\n", ".hadolint.yaml:2: warning: is not valid YAML ("),
        (b"a: \xff\n", ".hadolint.yaml: warning: is not UTF-8;"),
        (b"ignored: 1\n", ".hadolint.yaml: warning: `ignored` must be a list of strings;"),
        (b"[]", ".hadolint.yaml: warning: the file must be a mapping, each key once;"),
        (b"#" * 2_000_000, ".hadolint.yaml: warning: cannot be read;"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(content: bytes, said: str) -> None:
    Path(".hadolint.yaml").write_bytes(content)
    problem = read(os.getcwd()).problem
    assert problem.startswith(said)
    assert problem.endswith("hadolint goes on without it, and so does dockmend")
    assert "\n" not in problem
