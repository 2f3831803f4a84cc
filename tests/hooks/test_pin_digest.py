from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import compose_harness
from dockmend import _cli, image_version, pin_digest, slim_base
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Settings, check_text, mend_text
from dockmend._hook import Context
from dockmend._project import registry
from dockmend._project.context import BuildContext
from dockmend._project.registry import Answer, Question
from dockmend._registry import HOOKS
from dockmend.pin_digest import HOOK
from harness import Row, suite
from registries import Servers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).parent.parent.parent
OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
PIN = f"@{NEW}"
KNOWN = {
    "docker.io/library/python:3.12", "docker.io/library/python:3.12-slim", "docker.io/library/python:latest",
    "docker.io/library/composer:2.8", "ghcr.io/astral-sh/uv:0.9.5", "mirror.gcr.io/library/python:3.12",
    "docker.io/arm64v8/python:3.12", "docker.io/library/golang:1.25", "docker.io/library/debian:12-slim",
    "cgr.dev/chainguard/go:latest", "localhost:5000/app:latest",
}  # fmt: skip
DAYS = {f"docker.io/library/python:3.12{PIN}": "2026-10-31"}
ASKED: list[str] = []


def ask(questions: Iterable[Question]) -> Iterator[tuple[int, int]]:
    """Answer as registries would: a stand-in, so that the tables say what they are about and no more."""
    for question in questions:
        name = f"{question.image.registry}/{question.image.repository}:{question.image.tag or 'latest'}"
        ASKED.append(f"{name} at {question.mirror}" if question.mirror else name)
        if question.image.digest:
            said = Answer(created=DAYS.get(f"{name}@{question.image.digest}", ""))
        elif name in KNOWN:
            said = Answer(NEW)
        else:
            said = Answer(reason="the registry has no such image or tag")
        registry._answers[question] = 0.0, said
        yield 1, 1


@pytest.fixture(autouse=True)
def _registry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "registries" not in request.fixturenames:
        ASKED.clear()
        monkeypatch.setattr(registry, "_answers", {})
        monkeypatch.setattr(registry, "ask", ask)


UPDATE = {"update": True}
PROJECT = {".python-version": "3.12\n"}

ALONE = {"later-stage": "the image of the stage before it would be reported"}

LEFT_ALONE = [
    Row("a digest", f"FROM python:3.12@{OLD}\n", says="", without=ALONE),
    Row("a digest alone", f"FROM python@{OLD}\n", options=UPDATE, says="", without=ALONE),
    Row("a digest of today", f"FROM python:3.12{PIN}\n", options=UPDATE, says="", without=ALONE),
    Row("scratch", "FROM scratch\n", says="", without=ALONE),
    Row(
        "a stage",
        f"FROM python:3.12@{OLD} AS python\nFROM python\nCOPY --from=python /a /\n",
        says="",
        without=ALONE,
    ),
    Row("a stage by its number", f"FROM python:3.12@{OLD}\nCOPY --from=0 /a /b\n", says="", without=ALONE),
    Row("the caller decides the tag", "ARG TAG\nFROM python:$TAG\n", says="", without=ALONE),
    Row("the caller decides it all", "ARG BASE\nFROM $BASE\n", says="", without=ALONE),
    Row(
        "perhaps a build context",
        f"FROM python:3.12@{OLD}\nCOPY --from=assets /a /\n",
        says="",
        without=ALONE,
    ),
    # Reported, and not mended.
    Row("an image that nobody has", "FROM nobody/nothing:1\n", says="the registry has no such image or tag"),
    Row(
        "a pinned image that nobody has",
        f"FROM nobody/nothing:1@{OLD}\n",
        options=UPDATE,
        says="whether the tag of nobody/nothing:1 has left the pinned digest is not known",
    ),
    Row("quotes", 'FROM "python:3.12"\n', says="it is written with quotes"),
    Row(
        "a tag that a build argument is a part of",
        "ARG V=3.12\nFROM python:${V}-slim\n",
        says="a build argument decides a part of it",
    ),
    Row(
        "a name that a build argument decides",
        "ARG IMAGE=python\nFROM ${IMAGE}:3.12\n",
        says="a build argument decides a part of it",
    ),
    Row(
        "a default within",
        "ARG V\nFROM python:${V:-3.12}\n",
        says="a build argument decides a part of it",
    ),
    Row(
        "a digest by a build argument",
        f"ARG D={OLD[7:]}\nFROM python:3.12@sha256:$D\n",
        options=UPDATE,
        says="a build argument decides a part of it",
    ),
    Row(
        "an argument that a stage uses",
        "ARG TAG=3.12\nFROM python:$TAG\nARG TAG\nRUN echo $TAG\n",
        says="the build argument TAG is used for more than this",
    ),
    Row(
        "an argument for two images",
        "ARG TAG=3.12\nFROM python:$TAG\nFROM nobody/nothing:$TAG\n",
        says="the build argument TAG is used for more than this",
    ),
    Row(
        "an argument that another one uses",
        "ARG TAG=3.12\nARG FULL=python:$TAG\nFROM python:$TAG\nFROM $FULL\n",
        says="the build argument TAG is used for more than this",
    ),
    Row(
        "an argument made of another",
        "ARG TAG=3.12\nARG FULL=python:$TAG\nFROM $FULL\n",
        says="more than one build argument decides it",
    ),
    Row(
        "a version that the project states",
        "FROM python\nFROM python:latest\n",
        context=PROJECT,
        says="`image-version` goes first: .python-version says 3.12",
        without={"umbrella": "image-version does go first"},
    ),
    Row(
        "Docker Content Trust",
        "FROM scratch\nENV DOCKER_CONTENT_TRUST=1\n",
        says="official images cannot be pulled with it",
    ),
]

UNSAFE = [
    Row(
        "a tag",
        "FROM python:3.12\n",
        f"FROM python:3.12{PIN}\n",
        says="what its owner mends from now on comes with `--update` only",
    ),
    Row("with a name", "FROM python:3.12-slim AS b\n", f"FROM python:3.12-slim{PIN} AS b\n"),
    Row(
        "a platform",
        "FROM --platform=linux/amd64 python:3.12\n",
        f"FROM --platform=linux/amd64 python:3.12{PIN}\n",
    ),
    Row("no tag", "FROM cgr.dev/chainguard/go\n", f"FROM cgr.dev/chainguard/go:latest{PIN}\n"),
    Row("a port, no tag", "FROM localhost:5000/app\n", f"FROM localhost:5000/app:latest{PIN}\n"),
    Row("latest", "FROM python:latest\n", f"FROM python:latest{PIN}\n"),
    Row("another name of Hub", "FROM docker.io/python:3.12\n", f"FROM docker.io/python:3.12{PIN}\n"),
    Row(
        "a mirror in the name",
        "FROM mirror.gcr.io/library/python:3.12\n",
        f"FROM mirror.gcr.io/library/python:3.12{PIN}\n",
    ),
    Row("another architecture", "FROM arm64v8/python:3.12\n", f"FROM arm64v8/python:3.12{PIN}\n"),
    Row(
        "on two lines",
        "FROM \\\n  # why\n  python:3.12 \\\n  AS b\n",
        f"FROM \\\n  # why\n  python:3.12{PIN} \\\n  AS b\n",
    ),
    Row(
        "two stages of one image",
        "FROM python:3.12 AS a\nFROM python:3.12\nCOPY --from=a /a /\n",
        f"FROM python:3.12{PIN} AS a\nFROM python:3.12{PIN}\nCOPY --from=a /a /\n",
    ),
    Row(
        "an image to copy from",
        "COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\n",
        f"COPY --from=ghcr.io/astral-sh/uv:0.9.5{PIN} /uv /bin/\n",
    ),
    Row(
        "an image known by its name",
        "COPY --link --from=composer:2.8 --chown=1 /usr/bin/composer /\n",
        f"COPY --link --from=composer:2.8{PIN} --chown=1 /usr/bin/composer /\n",
    ),
    Row(
        "an image to mount",
        "RUN --mount=type=bind,from=composer:2.8,target=/t /t/x\n",
        f"RUN --mount=type=bind,from=composer:2.8{PIN},target=/t /t/x\n",
    ),
    Row(
        "a tag by an argument",
        "ARG TAG=3.12\nFROM python:${TAG}\n",
        f"ARG TAG=3.12{PIN}\nFROM python:${{TAG}}\n",
    ),
    Row(
        "a tag in quotes",
        'ARG A=1 TAG="3.12"\nFROM python:$TAG AS b\n',
        f'ARG A=1 TAG="3.12{PIN}"\nFROM python:$TAG AS b\n',
    ),
    Row(
        "an image by an argument",
        "ARG BASE=python:3.12\nFROM $BASE\n",
        f"ARG BASE=python:3.12{PIN}\nFROM $BASE\n",
    ),
    Row(
        "an argument for two stages",
        "ARG BASE=python:3.12\nFROM $BASE AS a\nFROM $BASE\n",
        f"ARG BASE=python:3.12{PIN}\nFROM $BASE AS a\nFROM $BASE\n",
    ),
    Row(
        "a registry by an argument",
        "ARG HUB=docker.io\nFROM $HUB/library/python:3.12\n",
        f"ARG HUB=docker.io\nFROM $HUB/library/python:3.12{PIN}\n",
    ),
    Row(
        "a moved tag",
        f"FROM python:3.12@{OLD}\n",
        f"FROM python:3.12{PIN}\n",
        options=UPDATE,
        says="python:3.12 is pinned to an image that the tag has left for one of 2026-10-31",
    ),
    Row(
        "a moved tag of an unknown day",
        f"FROM composer:2.8@{OLD}\n",
        f"FROM composer:2.8{PIN}\n",
        options=UPDATE,
        says="composer:2.8 is pinned to an image that the tag has left (",
    ),
    Row(
        "a moved tag in an argument",
        f"ARG TAG=3.12@{OLD}\nFROM python:$TAG\n",
        f"ARG TAG=3.12{PIN}\nFROM python:$TAG\n",
        options=UPDATE,
    ),
    Row(
        "one pinned, one not",
        f"FROM python:3.12@{OLD}\nCOPY --from=composer:2.8 /a /\n",
        f"FROM python:3.12{PIN}\nCOPY --from=composer:2.8{PIN} /a /\n",
        options=UPDATE,
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, unsafe=UNSAFE)


def without_digests(documents: list[Any]) -> list[Any]:
    return [re.sub(r":latest|@sha256:[0-9a-f]{64}", "", json.dumps(one)) for one in documents]


COMPOSE_LEFT_ALONE = [
    Row("a digest", f"services:\n  a:\n    image: python:3.12@{OLD}\n", says=""),
    Row("a digest of today", f"services:\n  a:\n    image: python:3.12{PIN}\n", options=UPDATE, says=""),
    Row("an image that is built", "services:\n  a:\n    build: .\n    image: python:3.12\n", says=""),
    Row("a variable", "services:\n  a:\n    image: python:${TAG:-3.12}\n", says=""),
    Row("nothing", "services:\n  a:\n    image:\n", says=""),
    Row(
        "an image that nobody has",
        "services:\n  a:\n    image: nobody/nothing:1\n",
        says="the registry has no such image or tag",
    ),
    Row(
        "Docker Content Trust",
        "services:\n  a:\n    build: .\n    environment:\n      DOCKER_CONTENT_TRUST: 1\n",
        says="official images cannot be pulled with it",
    ),
]

COMPOSE_UNSAFE = [
    Row(
        "an image",
        "services:\n  a:\n    image: python:3.12 # ours\n",
        f"services:\n  a:\n    image: python:3.12{PIN} # ours\n",
    ),
    Row(
        "in quotes and in braces",
        "services:\n  a: {image: 'python:3.12'}\n  b: {image: python:latest, init: true}\n",
        f"services:\n  a: {{image: 'python:3.12{PIN}'}}\n  b: {{image: python:latest{PIN}, init: true}}\n",
    ),
    Row(
        "no tag",
        "services:\n  a:\n    image: localhost:5000/app\n",
        f"services:\n  a:\n    image: localhost:5000/app:latest{PIN}\n",
    ),
    Row(
        "one that services share",
        "x-base: &base\n  image: python:3.12\nservices:\n  a: *base\n  b:\n    <<: *base\n    init: true\n",
        f"x-base: &base\n  image: python:3.12{PIN}\nservices:\n  a: *base\n  b:\n    <<: *base\n    init: true\n",
    ),
    Row(
        "a moved tag",
        f"services:\n  a:\n    image: python:3.12@{OLD}\n",
        f"services:\n  a:\n    image: python:3.12{PIN}\n",
        options=UPDATE,
        says="python:3.12 is pinned to an image that the tag has left for one of 2026-10-31",
    ),
    Row(
        "a Dockerfile within",
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python:3.12\n        ENV A=1\n",
        f"services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python:3.12{PIN}\n        ENV A=1\n",
    ),
]

compose_left_alone, _, compose_unsafe = compose_harness.suite(
    HOOK, COMPOSE_LEFT_ALONE, unsafe=COMPOSE_UNSAFE, aside=without_digests
)


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("ci.sh", "export DOCKER_CONTENT_TRUST=1\n# DOCKER_CONTENT_TRUST=1\n", [(1, 8)]),
        ("Makefile", "all:\n\tDOCKER_CONTENT_TRUST=1 docker pull a\n", [(2, 2)]),
        (".gitlab-ci.yml", "variables:\n  DOCKER_CONTENT_TRUST: '1'\n", [(2, 3)]),
        (
            "compose.yaml",
            "services: {a: {build: {args: [DOCKER_CONTENT_TRUST=1],\n dockerfile_inline: 'FROM a'}}}\n",
            [(1, 31)],
        ),
        (
            "compose.yaml",
            "services:\n a:\n  build:\n   dockerfile_inline: |\n    FROM a\n    ENV DOCKER_CONTENT_TRUST=1\n",
            [(6, 9)],
        ),
    ],
)
def test_content_trust_in_other_files(name: str, text: str, places: list[tuple[int, int]]) -> None:
    found = check_text(text, Settings((HOOK,)), f"/project/{name}", BuildContext(None)).findings
    assert [(one.line, one.column) for one in found] == places


class TestCompose:
    test_left_alone = staticmethod(compose_left_alone)
    test_unsafe = staticmethod(compose_unsafe)


def settings(*hooks: str, unsafe: bool = True, **options: object) -> Settings:
    named = {hook.HOOK.name: hook.HOOK for hook in (image_version, pin_digest, slim_base)}
    return Settings(
        tuple(named[name] for name in hooks),
        options={HOOK.name: options},
        unsafe=unsafe,
        asked=frozenset(hooks),
    )


def test_no_registry_is_asked_unless_the_hook_was_selected_by_name() -> None:
    text = "FROM python:3.12\nRUN export DOCKER_CONTENT_TRUST=1\n"
    for unsafe in (False, True):
        result = check_text(text, Settings((HOOK,), unsafe=unsafe), None, BuildContext(None))
        assert [(one.line, one.column) for one in result.findings] == [(2, 12)]
    assert ASKED == []


def test_no_registry_is_asked_for_what_cannot_be_mended() -> None:
    text = f"ARG V=3.12\nFROM python:$V-slim\nFROM python:3.12@{OLD}\nFROM scratch\n"
    assert len(check_text(text, settings(HOOK.name), None, BuildContext(None)).findings) == 1
    assert ASKED == []


def test_the_page_shows_what_happens() -> None:
    before, after = re.findall(r"```dockerfile\n(.*?)```", pin_digest.__doc__ or "", re.DOTALL)
    mended = mend_text(before, settings(HOOK.name), None, BuildContext(None)).text
    assert mended == re.sub(r"sha256:[0-9a-f]{64}", NEW, after)


def test_a_mirror_is_asked_and_not_written() -> None:
    mirrors = {"docker.io": "mirror.example.org"}
    text = "FROM python:3.12\nFROM ghcr.io/astral-sh/uv:0.9.5\n"
    mended = mend_text(text, settings(HOOK.name, mirrors=mirrors), None, BuildContext(None)).text
    assert mended == f"FROM python:3.12{PIN}\nFROM ghcr.io/astral-sh/uv:0.9.5{PIN}\n"
    assert ASKED[:2] == ["docker.io/library/python:3.12 at mirror.example.org", "ghcr.io/astral-sh/uv:0.9.5"]


@pytest.mark.parametrize("order", [(HOOK.name, "image-version"), ("image-version", HOOK.name)])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM python\n", f"FROM python:3.12{PIN}\n"),
        ("FROM python:latest AS a\n", f"FROM python:3.12{PIN} AS a\n"),
        ("ARG TAG=latest\nFROM python:$TAG\n", f"ARG TAG=3.12{PIN}\nFROM python:$TAG\n"),
        ("FROM cgr.dev/chainguard/go\n", f"FROM cgr.dev/chainguard/go:latest{PIN}\n"),
        (f"FROM python:latest{PIN}\n", f"FROM python:latest{PIN}\n"),
    ],
)
def test_image_version_goes_first(tmp_path: Path, order: tuple[str, ...], before: str, after: str) -> None:
    """Together, in either order; and one after the other, in either order, until nothing changes."""
    (tmp_path / ".python-version").write_text("3.12\n")
    build = BuildContext(str(tmp_path))
    assert mend_text(before, settings(*order), None, build).text == after
    text = before
    for name in order * 2:
        text = mend_text(text, settings(name), None, build).text
    assert text == after


def test_slim_base_goes_first(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("3.12\n")
    order = [name for name in HOOKS if name in ("slim-base", "image-version", HOOK.name)]
    mended = mend_text("FROM python\n", settings(*order), None, BuildContext(str(tmp_path)))
    assert mended.text == f"FROM python:3.12-slim{PIN}\n"


def test_what_is_pinned_has_a_version() -> None:
    text = (
        f"FROM python{PIN}\nFROM python:latest{PIN}\nARG B=python:latest{PIN}\nCOPY --from=node{PIN} /a /\n"
    )
    assert not check_text(text, settings("image-version"), None, BuildContext(None)).findings


class TestContentTrust:
    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("ARG DOCKER_CONTENT_TRUST=1\nFROM a\n", [(1, 5)]),
            ("FROM a\nENV A=1 \\\n  DOCKER_CONTENT_TRUST=1\n", [(3, 3)]),
            ("FROM a\nENV DOCKER_CONTENT_TRUST 1\n", [(2, 5)]),
            ("FROM a\nRUN DOCKER_CONTENT_TRUST=1 docker pull a\n", [(2, 5)]),
            ("FROM a\nRUN <<EOF\n# DOCKER_CONTENT_TRUST=1\nexport DOCKER_CONTENT_TRUST=1\nEOF\n", [(4, 8)]),
            ("FROM a\nONBUILD ENV DOCKER_CONTENT_TRUST=1\n", [(2, 13)]),
            ("FROM a\nLABEL DOCKER_CONTENT_TRUST=1\n# DOCKER_CONTENT_TRUST=1\n", []),
            ("FROM a\nENV DOCKER_CONTENT_TRUST=0\n", []),
        ],
    )
    def test_where(self, text: str, places: list[tuple[int, int]]) -> None:
        found = check_text(text, Settings((HOOK,)), None, BuildContext(None)).findings
        assert [(one.line, one.column) for one in found] == places
        assert all("cosign" in one.finding.reason for one in found)


class TestManyFiles:
    def test_all_images_are_asked_for_before_the_first_file(self) -> None:
        noted: list[Any] = []
        ctx = Context(None, BuildContext(None), {"mirrors": {}, **UPDATE}, asked=True, ahead=noted)
        for text in (
            f"FROM python:3.12@{OLD}\n",
            "FROM composer:2.8\nENV DOCKER_CONTENT_TRUST=1\n",
            "FROM scratch\n",
        ):
            assert all(one.fix is None for one in pin_digest.check(parse(text), ctx))
        assert ASKED == []
        assert list(pin_digest.prepare(noted))
        python = "docker.io/library/python:3.12"
        composer = "docker.io/library/composer:2.8"
        assert list(ASKED) == [python, composer, python, python]

    def test_nothing_to_ask(self) -> None:
        assert list(pin_digest.prepare([])) == []


class TestCommand:
    """The command, against a real registry."""

    @pytest.fixture(autouse=True)
    def here(
        self, registries: Servers, client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(registries.authority))
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_files_are_pinned_and_what_cannot_be_is_said(
        self, registries: Servers, capfd: pytest.CaptureFixture[str], jobs: str
    ) -> None:
        pushed = registries.push("app/base:1", "linux/amd64", "linux/arm64")
        here = registries.tokens
        for name in "abc":
            Path(f"{name}.Dockerfile").write_text(
                f"FROM {here}/app/base:1\nCOPY --from={here}/app/none:1 /a /\n"
            )
        registries.asked.clear()
        arguments = [
            "--select",
            "pin-digest",
            "--fix",
            "--unsafe-fixes",
            "--output-format=github",
            "--jobs",
            jobs,
        ]
        assert _cli.main(arguments) == 1
        for name in "abc":
            text = Path(f"{name}.Dockerfile").read_text()
            assert text == f"FROM {here}/app/base:1@{pushed}\nCOPY --from={here}/app/none:1 /a /\n"
        said = capfd.readouterr()
        assert said.out.count(f"({here} has no such image or tag)") == 3
        assert said.err == ""
        assert sorted(registries.asked) == ["repository:app/base:pull", "repository:app/none:pull"]

    def test_update(self, registries: Servers, capfd: pytest.CaptureFixture[str]) -> None:
        here = registries.plain
        old = registries.push("app/moving:1", made="2026-10-01T00:00:00Z")
        path = Path("Dockerfile")
        path.write_text(f"FROM {here}/app/moving:1\n")
        assert pin_digest.HOOK.prepare is not None
        assert _cli.hook_main(HOOK, ["--unsafe-fixes", "Dockerfile"]) == 0
        assert path.read_text() == f"FROM {here}/app/moving:1@{old}\n"
        new = registries.push("app/moving:1", made="2026-10-30T00:00:00Z")
        assert _cli.hook_main(HOOK, ["--unsafe-fixes", "Dockerfile"]) == 0
        assert path.read_text() == f"FROM {here}/app/moving:1@{old}\n"
        capfd.readouterr()
        registry._answers.clear()
        assert _cli.main(["--update", "--select", "exec-form", "--output-format", "concise"]) == 1
        said = capfd.readouterr().out
        assert (
            f"{here}/app/moving:1 is pinned to an image that the tag has left for one of 2026-10-30" in said
        )
        assert _cli.hook_main(HOOK, ["--update", "--unsafe-fixes", "Dockerfile"]) == 0
        assert path.read_text() == f"FROM {here}/app/moving:1@{new}\n"

    def test_a_registry_that_is_not_there(
        self, registries: Servers, capfd: pytest.CaptureFixture[str]
    ) -> None:
        pushed = registries.push("app/base:1", "linux/amd64", "linux/arm64")
        Path("a.Dockerfile").write_text("FROM 127.0.0.1:1/nobody:1\nCMD a\n")
        Path("b.Dockerfile").write_text(f"FROM {registries.plain}/app/base:1\n")
        arguments = ["--extend-select", "pin-digest", "--fix", "--unsafe-fixes", "--select", "exec-form"]
        assert _cli.main(arguments) == 1
        assert Path("a.Dockerfile").read_text() == 'FROM 127.0.0.1:1/nobody:1\nCMD ["a"]\n'
        assert Path("b.Dockerfile").read_text() == f"FROM {registries.plain}/app/base:1@{pushed}\n"
        assert "127.0.0.1:1 cannot be reached" in capfd.readouterr().out

    def test_a_mirror_in_the_configuration(self, registries: Servers) -> None:
        pushed = registries.push("library/mine:1")
        Path(".dockmend.toml").write_text(
            f'select = ["pin-digest"]\nunsafe-fixes = true\n[pin-digest.mirrors]\n"docker.io" = "{registries.mirror}"\n'
        )
        Path("Dockerfile").write_text("FROM mine:1\n")
        assert _cli.main(["--fix"]) == 0
        assert Path("Dockerfile").read_text() == f"FROM mine:1@{pushed}\n"

    def test_standard_input(self, registries: Servers, tmp_path: Path) -> None:
        pushed = registries.push("app/base:1", "linux/amd64", "linux/arm64")
        command = [str(Path(sys.executable).parent / "dockmend-pin-digest"), "--unsafe-fixes", "-"]
        text = f"FROM {registries.plain}/app/base:1\n"
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, f"FROM {registries.plain}/app/base:1@{pushed}\n")

    def test_files_that_cannot_be_read_are_said_once(self, capfd: pytest.CaptureFixture[str]) -> None:
        Path("broken.Dockerfile").write_text("FROM\n")
        Path("sub").mkdir()
        Path("sub/.dockmend.toml").write_text("nonsense = 1\n")
        Path("sub/Dockerfile").write_text("FROM scratch\n")
        arguments = ["--select", "pin-digest", "missing", "broken.Dockerfile", "sub/Dockerfile"]
        assert _cli.main(arguments) == 2
        assert len(capfd.readouterr().err.splitlines()) == 3


def test_pre_commit_installs_what_the_extra_installs() -> None:
    hooks = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
    [hook] = [one for one in hooks if one["id"] == "dockerfile-pin-digest"]
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert hook["additional_dependencies"] == project["optional-dependencies"]["registry"]
