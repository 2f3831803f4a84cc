from __future__ import annotations

import re
from pathlib import Path

import pytest

import compose_harness
from dockmend import image_version
from dockmend._engine.config import load
from dockmend._engine.errors import Failure
from dockmend._engine.mend import Settings, mend_text
from dockmend._project.context import BuildContext
from dockmend._project.versions import stated
from dockmend.image_version import HOOK
from harness import Row, suite

NEWER = "and what latest is today may be newer"
PINNED = {".python-version": "3.12.4\n"}
UV = {"versions": {"ghcr.io/astral-sh/uv": "0.9.5"}}

LEFT_ALONE = [
    Row("a version", "FROM python:3.12\n", context=PINNED, says=""),
    Row(
        "a tag that moves and says what is meant",
        "FROM node:lts\nFROM alpine:edge\nFROM golang:alpine\n",
        says="",
    ),
    Row("a digest", f"FROM python@sha256:{'0' * 64}\n", context=PINNED, says=""),
    Row("latest with a digest", f"FROM python:latest@sha256:{'0' * 64}\n", context=PINNED, says=""),
    Row("scratch", "FROM scratch\n", says=""),
    Row("a stage", "FROM python:3.12 AS python\nFROM python\n", context=PINNED, says=""),
    Row("a stage in capitals", "FROM python:3.12 AS Build\nFROM build\n", says=""),
    Row("a stage by a build argument", "ARG T=prod\nFROM alpine:3.20 AS prod\nFROM $T\n", says=""),
    Row("a port, no tag", "FROM localhost:5000/app:1\n", says=""),
    Row("the caller decides the tag", "ARG TAG\nFROM python:$TAG\n", context=PINNED, says=""),
    Row("the caller decides it all", "ARG BASE\nFROM $BASE\n", context=PINNED, says=""),
    Row("a version by default", "ARG TAG=3.12\nFROM python:${TAG}\n", context=PINNED, says=""),
    Row("a default within", "ARG TAG\nFROM python:${TAG:-3.12}\n", says=""),
    Row(
        "copied from a stage",
        "FROM alpine:3.20 AS b\nFROM alpine:3.20\nCOPY --from=b /a /a\nCOPY --from=0 /a /\n",
        says="",
    ),
    Row("perhaps a build context", "COPY --from=assets /a /a\n", says=""),
    Row("an image with a version", "COPY --from=composer:2.8 /usr/bin/composer /\n", says=""),
    # Reported, and not mended.
    Row("the context is not known", "FROM python\n", says="the build context is not known"),
    Row(
        "no version stated",
        "FROM python:latest\n",
        context={"a": ""},
        says="the project states no version of python",
    ),
    Row("another image", "FROM ubuntu\n", context=PINNED, says="the project states no version of ubuntu"),
    Row(
        "no Python of the library",
        "FROM acme/python:latest\n",
        context=PINNED,
        says="no version of acme/python",
    ),
    Row("an image to copy from", "COPY --from=composer /usr/bin/composer /\n", says="composer has no tag"),
    Row("an image to mount", "RUN --mount=from=acme/tools,target=/t /t/x\n", says="acme/tools has no tag"),
    Row(
        "several Pythons",
        "FROM python\n",
        context={".python-version": "3.12\n3.11\n"},
        says="has several versions",
    ),
    Row(
        "no CPython",
        "FROM python\n",
        context={".python-version": "pypy3.10-7.3.17\n"},
        says="names no version to pull",
    ),
    Row(
        "an old range",
        "FROM python\n",
        context={"pyproject.toml": '[project]\nrequires-python = ">=3.6"\n'},
        says="no longer",
    ),
    Row("an old go line", "FROM golang\n", context={"go.mod": "module a\n\ngo 1.16\n"}, says="lower bound"),
    Row(
        "the configuration has no tag",
        "FROM alpine\n",
        options={"versions": {"alpine": "a b"}},
        says="`a b` is no tag",
    ),
    Row("quotes", 'FROM "python:latest"\n', context=PINNED, says="quotes"),
    Row(
        "two arguments",
        "ARG A=python\nARG B=latest\nFROM $A-$B\n",
        context=PINNED,
        says="python-latest has no tag",
    ),
    Row(
        "an argument that a stage uses",
        "ARG TAG=latest\nFROM python:$TAG\nARG TAG\nRUN echo $TAG\n",
        context=PINNED,
        says="is used for more than this",
    ),
    Row(
        "an argument for two images",
        "ARG TAG=latest\nFROM node:$TAG\nFROM python:$TAG\n",
        context=PINNED,
        says="is used for more than this",
    ),
]

UNSAFE = [
    Row(
        "no tag",
        "FROM python\n",
        "FROM python:3.12.4\n",
        context=PINNED,
        says=f".python-version says 3.12.4, {NEWER}",
    ),
    Row("latest, with a name", "FROM python:latest AS b\n", "FROM python:3.12.4 AS b\n", context=PINNED),
    Row(
        "a platform",
        "FROM --platform=linux/amd64 python\n",
        "FROM --platform=linux/amd64 python:3.12.4\n",
        context=PINNED,
    ),
    Row(
        "Hub by its full name",
        "FROM docker.io/library/python\n",
        "FROM docker.io/library/python:3.12.4\n",
        context=PINNED,
    ),
    Row(
        "on two lines",
        "FROM \\\n  # why\n  python:latest \\\n  AS b\n",
        "FROM \\\n  # why\n  python:3.12.4 \\\n  AS b\n",
        context=PINNED,
    ),
    Row("the configuration", "FROM alpine\n", "FROM alpine:3.22\n", options={"versions": {"alpine": "3.22"}}),
    Row(
        "the configuration comes first",
        "FROM python\n",
        "FROM python:3.13-slim\n",
        context=PINNED,
        options={"versions": {"python": "3.13-slim"}},
        says="the configuration says 3.13-slim",
    ),
    Row(
        "an argument's default",
        "ARG TAG=latest\nFROM python:${TAG}\n",
        "ARG TAG=3.12.4\nFROM python:${TAG}\n",
        context=PINNED,
    ),
    Row(
        "an argument in quotes",
        'ARG A=1 T="latest"\nFROM python:$T\n',
        'ARG A=1 T="3.12.4"\nFROM python:$T\n',
        context=PINNED,
    ),
    Row(
        "a whole image",
        "ARG BASE=python\nFROM $BASE\n",
        "ARG BASE=python:3.12.4\nFROM $BASE\n",
        context=PINNED,
    ),
    Row(
        "twice the same image",
        "ARG TAG=latest\nFROM python:$TAG AS a\nFROM python:$TAG\n",
        "ARG TAG=3.12.4\nFROM python:$TAG AS a\nFROM python:$TAG\n",
        context=PINNED,
    ),
    Row(
        "an argument for the registry",
        "ARG R=docker.io\nFROM $R/python\n",
        "ARG R=docker.io\nFROM $R/python:3.12.4\n",
        context=PINNED,
    ),
    Row(
        "an argument, and latest",
        "ARG R=docker.io\nFROM $R/python:latest\n",
        "ARG R=docker.io\nFROM $R/python:3.12.4\n",
        context=PINNED,
    ),
    Row(
        "an image to copy from",
        "COPY --chmod=755 --from=ghcr.io/astral-sh/uv:latest /uv /bin/\n",
        "COPY --chmod=755 --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\n",
        options=UV,
    ),
    Row(
        "an image to mount",
        "RUN --mount=type=bind,from=ghcr.io/astral-sh/uv,source=/uv,target=/bin/uv uv sync\n",
        "RUN --mount=type=bind,from=ghcr.io/astral-sh/uv:0.9.5,source=/uv,target=/bin/uv uv sync\n",
        options=UV,
    ),
    Row("Node.js", "FROM node\n", "FROM node:22\n", context={".nvmrc": "v22\n"}),
    Row(
        "Go",
        "FROM golang AS b\n",
        "FROM golang:1.24\n".replace("\n", " AS b\n"),
        context={"go.mod": "module a\n\ngo 1.24.2\n"},
    ),
    Row("Ruby", "FROM ruby:latest\n", "FROM ruby:3.3.6\n", context={".ruby-version": "ruby-3.3.6\n"}),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, (), UNSAFE)


@pytest.mark.parametrize(
    ("tool", "name", "content", "version"),
    [
        ("python", ".python-version", "# ours\n3.12\n", "3.12"),
        ("python", ".python-version", "3\n", ""),
        ("python", ".tool-versions", "nodejs 22.1.0\npython 3.12.4 # ours\n", "3.12.4"),
        ("python", "pyproject.toml", '[project]\nrequires-python = "==3.12.*"\n', "3.12"),
        ("python", "pyproject.toml", '[project]\nrequires-python = "~=3.12.2"\n', "3.12"),
        ("python", "pyproject.toml", '[project]\nrequires-python = "~= 3.12"\n', "3.12"),
        ("python", "pyproject.toml", '[project]\nrequires-python = ">=3.12, <3.13"\n', "3.12"),
        ("python", "pyproject.toml", '[project]\nrequires-python = ">=3.8,<3.9"\n', "3.8"),
        ("python", "pyproject.toml", '[project]\nrequires-python = ">=3.12,!=3.12.1,<4"\n', "3.12"),
        ("python", "pyproject.toml", '[project]\nrequires-python = "<3.13"\n', ""),
        ("python", "pyproject.toml", '[project]\nrequires-python = ">3.11"\n', ""),
        ("python", "pyproject.toml", '[project]\nrequires-python = ">=3"\n', ""),
        ("python", "pyproject.toml", '[project]\nrequires-python = "three"\n', ""),
        ("python", "pyproject.toml", '[project]\nrequires-python = "==3"\n', ""),
        ("python", "pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\n', "3.11"),
        ("python", "pyproject.toml", "[project\npython\n", ""),
        ("python", "pyproject.toml", '[project]\nname = "python"\n', None),
        ("python", "pyproject.toml", "[project]\n", None),
        ("node", ".nvmrc", "lts/iron\n", "iron"),
        ("node", ".nvmrc", "lts/*\n", ""),
        ("node", ".node-version", "20.11.1", "20.11.1"),
        ("node", ".tool-versions", "nodejs 22.1.0\n", "22.1.0"),
        ("node", "package.json", '{"engines": {"node": "22.x"}}', "22"),
        ("node", "package.json", '{"engines": {"node": "^22.3.0"}}', "22"),
        ("node", "package.json", '{"engines": {"node": "~22.3.0"}}', "22.3"),
        ("node", "package.json", '{"engines": {"node": ">= 22"}}', "22"),
        ("node", "package.json", '{"engines": {"node": ">=18 <19"}}', "18"),
        ("node", "package.json", '{"engines": {"node": ">=14"}}', ""),
        ("node", "package.json", '{"engines": {"node": "20 || 22"}}', ""),
        ("node", "package.json", '{"engines": {"npm": "10"}}', None),
        ("node", "package.json", '{"engines": ', None),
        ("golang", "go.mod", "module a\n", None),
        ("golang", ".go-version", "1.24.2\n", "1.24.2"),
        ("golang", ".tool-versions", "golang 1.24.2\n", "1.24.2"),
        ("rust", "rust-toolchain", "1.90\n", None),
    ],
)
def test_stated(tmp_path: Path, tool: str, name: str, content: str, version: str | None) -> None:
    (tmp_path / name).write_text(content)
    found = stated(tool, BuildContext(str(tmp_path)))
    assert (found and found.version) == version
    assert found is None or found.why


def test_the_oldest_of_a_range_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.12"\n')
    found = stated("python", BuildContext(str(tmp_path)))
    assert found is not None
    assert found.why == "3.12 is the oldest that requires-python of pyproject.toml (>=3.12) allows"


def test_the_page_shows_what_happens(tmp_path: Path) -> None:
    before, after = re.findall(r"```dockerfile\n(.*?)```", image_version.__doc__ or "", re.DOTALL)
    (tmp_path / ".python-version").write_text("3.12\n")
    settings = Settings((HOOK,), options={HOOK.name: UV}, unsafe=True)
    assert mend_text(before, settings, None, BuildContext(str(tmp_path))).text == after


def test_the_configuration_gives_versions(tmp_path: Path) -> None:
    path = tmp_path / ".dockmend.toml"
    path.write_text('[image-version.versions]\npython = "3.12"\n')
    read = load(str(path))
    assert read is not None
    assert read.options == {HOOK.name: {"versions": {"python": "3.12"}}}
    path.write_text("[image-version.versions]\npython = 3.12\n")
    with pytest.raises(Failure, match=re.escape("`image-version.versions.python` must be a string")):
        load(str(path))


def image(reference: str, more: str = "") -> str:
    return f"services:\n  a:\n    image: {reference}\n{more}"


STATED = {".python-version": "3.12\n"}

test_compose_left_alone, _, test_compose_mended = compose_harness.suite(
    HOOK,
    [
        Row("a tag", image("python:3.12"), says=""),
        Row("a digest", image("python@sha256:" + "0" * 64), says=""),
        Row("a tag that a variable decides", image("python:${TAG}"), says=""),
        Row("a variable", image("${IMAGE}"), says=""),
        Row("what is built there", image("app", "    build: .\n"), says=""),
        Row("no image", "services:\n  a:\n    build: .\n", says=""),
        Row("no version is stated", image("redis"), says="the project states no version of redis"),
        Row(
            "latest by default", image("python:${TAG:-latest}"), context=STATED, says="a variable decides it"
        ),
        Row("over two lines", image('"pyth\\\n      on"'), context=STATED, says="not written on one line"),
    ],
    unsafe=[
        Row("no tag", image("python"), image("python:3.12"), STATED, says=".python-version"),
        Row("latest", image("python:latest  # newest"), image("python:3.12  # newest"), STATED),
        Row("in quotes", image("'python'"), image("'python:3.12'"), STATED),
        Row(
            "in brackets", "services: {a: {image: python}}\n", "services: {a: {image: python:3.12}}\n", STATED
        ),
        Row(
            "by configuration",
            image("redis:latest"),
            image("redis:8"),
            options={"versions": {"redis": "8"}},
        ),
        Row(
            "shared",
            "x-a: &a\n  image: python\nservices:\n  b:\n    <<: *a\n  c:\n    <<: *a\n",
            "x-a: &a\n  image: python:3.12\nservices:\n  b:\n    <<: *a\n  c:\n    <<: *a\n",
            STATED,
        ),
        Row(
            "in a Dockerfile within",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python\n        RUN echo $$A\n",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python:3.12\n        RUN echo $$A\n",
            STATED,
        ),
    ],
    aside=compose_harness.without("image", "dockerfile_inline"),
)
