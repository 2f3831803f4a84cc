"""Kinds of text: by their names, and Compose files from end to end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockmend._dockerfile.span import Span
from dockmend._engine import compose, dockerfile, script
from dockmend._engine.config import Configs
from dockmend._engine.kinds import is_named, kind_of
from dockmend._engine.mend import check_text, mend_text
from dockmend._engine.run import CHECK, DIFF, MEND, Job, Outcome, process, process_text
from dockmend._hook import UNSAFE, Edit, Finding, Fix, Hook, nothing
from dockmend._project.context import BuildContext
from harness import settings_for

INLINE = """\
services:
  web:
    build:
      dockerfile_inline: |
        FROM python:3.12
        CMD python app.py
    deploy: {resources: {limits: {cpus: '1', memory: 1G}}}
"""


@pytest.mark.parametrize(
    "name",
    [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
        "docker-compose.prod.yaml",
        "compose.override.yaml",
        "docker-compose-dev.yml",
        "local-compose.yml",
        "stack.yml",
    ],
)
def test_compose_files(name: str) -> None:
    assert kind_of(f"/a/{name}").parse is compose.parse
    assert is_named(name) is ("compose" in name)


@pytest.mark.parametrize(
    "name", ["Dockerfile", "Dockerfile.yml", "app.dockerfile", "Containerfile", "decompose.txt", "x"]
)
def test_dockerfiles(name: str) -> None:
    assert kind_of(f"/a/{name}").parse is kind_of(None).parse is dockerfile.parse


@pytest.mark.parametrize(
    "path",
    [
        "a/run.sh",
        "a.bash",
        "Makefile",
        "a/rules.mk",
        "Jenkinsfile",
        ".github/workflows/ci.yml",
        "a/.gitlab-ci.yml",
    ],
)
def test_scripts(path: str) -> None:
    assert kind_of(f"/a/{path}").parse is script.parse
    assert is_named(path)


@pytest.mark.parametrize(
    "path", ["workflows/ci.yml", "config.yml", "a.yaml", "a.txt", "makefile.py", "a.sh.j2"]
)
def test_what_a_search_passes(path: str) -> None:
    assert not is_named(path)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def job(mode: str = CHECK, *select: str, unsafe: bool = False) -> Job:
    return Job(mode, Configs(), select or None, unsafe=unsafe)


def found(outcome: Outcome) -> list[tuple[str, int, int]]:
    assert not outcome.errors
    return [(one.hook.name, one.line, one.column) for one in outcome.findings]


def test_a_dockerfile_within_is_mended_in_place() -> None:
    path = Path("compose.yaml")
    path.write_text(INLINE)
    assert found(process("compose.yaml", job(CHECK, "exec-form"))) == [("exec-form", 6, 9)]
    assert not process("compose.yaml", job(MEND, "exec-form")).errors
    assert path.read_text() == INLINE.replace("python app.py", '["python", "app.py"]')


def test_its_patch_is_one_of_the_compose_file() -> None:
    Path("compose.yaml").write_text(INLINE)
    [(_, patch)] = process("compose.yaml", job(DIFF, "exec-form")).patches
    subprocess.run(["patch", "-p1", "--quiet"], input=patch.encode(), check=True)
    assert '["python", "app.py"]' in Path("compose.yaml").read_text()


def test_its_build_context_is_that_of_the_service() -> None:
    text = INLINE.replace("FROM python:3.12", "FROM python").replace(
        "dockerfile_inline", "context: app\n      dockerfile_inline"
    )
    Path("compose.yaml").write_text(text)
    Path("app").mkdir()
    Path("app/.python-version").write_text("3.13\n")
    process("compose.yaml", job(MEND, "image-version", unsafe=True))
    assert "FROM python:3.13\n" in Path("compose.yaml").read_text()


@pytest.mark.parametrize("context", ["gone", "https://github.com/a/b.git", "${X}"])
def test_a_context_that_is_not_there(context: str) -> None:
    text = INLINE.replace("dockerfile_inline", f"context: {context}\n      dockerfile_inline")
    Path("compose.yaml").write_text(text)
    assert ("exec-form", 7, 9) in found(process("compose.yaml", job()))


def test_what_cannot_be_edited_is_reported_where_it_stands() -> None:
    text = 'services:\n  web:\n    build: {dockerfile_inline: "FROM a\\nCMD b $$C\\n"}\n'
    result = process_text(text, "compose.yaml", "/x/compose.yaml", job(MEND, "exec-form"))
    assert result.text == text
    [one] = result.findings
    assert (one.line, one.column, one.finding.reason) == (3, 32, "it is no literal block (`|`)")


def test_a_dockerfile_within_that_is_broken_is_left_alone() -> None:
    text = INLINE.replace("CMD python", "RUNN python")
    assert found(process_text(text, "compose.yaml", "/x/compose.yaml", job())) == []


def test_a_broken_file_is_named_with_line_and_column() -> None:
    text = "services:\n  web:\n    image: [a\n"
    Path("compose.yaml").write_text(text)
    [error] = process("compose.yaml", job(MEND)).errors
    assert str(error).startswith("compose.yaml:4:1: error: it is no YAML: expected ',' or ']'")
    assert Path("compose.yaml").read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "compose.yaml:2:1: error: the key a is there twice; Compose refuses that"),
        ("- a\n", "compose.yaml:1:1: error: a Compose file is a mapping, with `services` in it"),
        ("services: [a]\n", "compose.yaml:1:1: error: `services` must be a mapping of names"),
        ("a: *b\n", "compose.yaml:1:4: error: it is no YAML: found undefined alias 'b'"),
        ("a: \x01\n", "compose.yaml:1:4: error: it is no YAML: a character that YAML does not allow"),
        ("[" * 200, "compose.yaml:1:102: error: it is no YAML: it is nested too deeply"),
    ],
)
def test_what_compose_refuses(text: str, said: str) -> None:
    Path("compose.yaml").write_text(text)
    assert list(map(str, process("compose.yaml", job()).errors)) == [said]


class TestIgnores:
    """Comments in a Compose file."""

    def hooks(self, text: str) -> set[str]:
        return {
            one.hook.name for one in process_text(text, "compose.yaml", "/x/compose.yaml", job()).findings
        }

    def test_above_an_entry_for_all_in_it(self) -> None:
        text = "services:\n  web:\n    image: redis\n"
        assert self.hooks(text) == {"image-version", "compose-limits"}
        assert self.hooks(text.replace("  web", "  # dockmend: ignore[image-version]\n  web")) == {
            "compose-limits"
        }
        assert self.hooks(text.replace("    image", "    # dockmend: ignore[DL3007] ours\n    image")) == {
            "compose-limits"
        }
        assert self.hooks(text.replace("services", "# a\n# dockmend: ignore\n# b\nservices")) == set()

    def test_not_beyond_it(self) -> None:
        text = "services:\n  # dockmend: ignore\n  a:\n    image: redis\n  b:\n    image: redis\n"
        result = process_text(text, "compose.yaml", "/x/compose.yaml", job())
        assert {one.line for one in result.findings} == {5, 6}

    def test_an_empty_line_ends_the_block(self) -> None:
        text = "# dockmend: ignore\n\nservices:\n  web:\n    image: redis\n"
        assert self.hooks(text) == {"image-version", "compose-limits"}

    def test_for_the_file(self) -> None:
        text = "# dockmend: file-ignore[compose-limits]\n\nservices:\n  web:\n    image: redis\n"
        assert self.hooks(text) == {"image-version"}
        late = "services:\n  # dockmend: file-ignore[compose-limits]\n  web:\n    image: redis\n"
        assert self.hooks(late) == {"image-version", "compose-limits"}

    def test_within_a_dockerfile(self) -> None:
        assert "exec-form" in self.hooks(INLINE)
        assert "exec-form" not in self.hooks(
            INLINE.replace("        CMD", "        # dockmend: ignore[exec-form]\n        CMD")
        )

    def test_a_name_that_is_none(self) -> None:
        text = "# dockmend: ignore[image-vershion]\nservices: {}\n"
        [note] = process_text(text, "compose.yaml", "/x/compose.yaml", job()).notes
        assert (
            note
            == 'compose.yaml:1: warning: the ignore comment names no hook: "image-vershion"; did you mean "image-version"?'
        )


class TestWhatComposeSaysOfADockerfile:
    """`build.target` and `healthcheck`."""

    DOCKERFILE = 'FROM a:1 AS dev\nUSER x\nCMD ["gunicorn", "a"]\nFROM debian:12\nCMD ["supervisord"]\n'

    def hooks(self, compose_file: str) -> set[str]:
        Path("Dockerfile").write_text(self.DOCKERFILE)
        Path("compose.yaml").write_text(compose_file)
        select = ("single-process", "healthcheck")
        return {one.hook.name for one in process("Dockerfile", job(CHECK, *select)).findings}

    @pytest.mark.parametrize(
        ("builds", "hooks"),
        [
            ("{a: {build: .}}", {"single-process"}),
            ("{a: {build: {context: ., target: dev}}}", {"healthcheck"}),
            ("{a: {build: {context: ., target: DEV}}}", {"healthcheck"}),
            ("{a: {build: {context: ., target: '0'}}}", {"healthcheck"}),
            ("{a: {build: {context: ., target: dev}, healthcheck: {test: [CMD, b]}}}", set()),
            ("{a: {build: {context: ., target: dev}}, b: {build: .}}", {"single-process"}),
            ("{a: {build: {context: ., target: gone}}}", {"single-process"}),
        ],
    )
    def test_hooks(self, builds: str, hooks: set[str]) -> None:
        assert self.hooks(f"services: {builds}\n") == hooks


def liar(edit: Edit, becomes: dict[object, object]) -> Hook:
    def check(doc: object, ctx: object) -> list[Finding]:
        return [Finding("a lie", edit.span, Fix(UNSAFE, (edit,), becomes), "it lies")]

    return Hook("liar", 1, "Lies", nothing, compose=check)


TEXT = "# c\nservices:\n  a: &x\n    image: b  # d\n  e: *x\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("b  #", "c  #"),
        ("image", "build"),
        ("*x", "{}"),
        ("&x", "&y"),
        ("  # d", ""),
        ("# c\n", ""),
        ("  a:", "  a: ["),
        ("b", "1"),
        ("\n  e: *x", ""),
        ("  a: &x", "  z:\n  a: &x"),
    ],
)
def test_a_fix_that_lies_is_caught(old: str, new: str) -> None:
    start = TEXT.index(old)
    hook = liar(Edit(Span(start, start + len(old)), new), {})
    result = mend_text(TEXT, settings_for(hook, unsafe=True), "/x/compose.yaml", BuildContext())
    assert result.text == TEXT
    assert "liar: its fix" in result.problems[0].message


def test_a_hook_that_has_nothing_to_say() -> None:
    hook = Hook("mute", 1, "Mute", nothing)
    for path in ("/x/compose.yaml", "/x/Dockerfile"):
        assert (
            check_text(
                "FROM: a\n" if "compose" in path else "FROM a\n", settings_for(hook), path, BuildContext()
            ).findings
            == ()
        )
