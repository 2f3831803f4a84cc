from __future__ import annotations

import re
from pathlib import Path

import pytest

from dockmend import slim_base
from dockmend._engine.mend import Settings, mend_text
from dockmend._project.context import BuildContext
from dockmend._project.reference import parse
from dockmend._project.small_images import small_variant
from dockmend._registry import load
from dockmend.slim_base import HOOK
from harness import Row, suite

SLIM = "what has no prebuilt binary fails to build"

LEFT_ALONE = [
    Row("small already", "FROM python:3.12-slim\n", says=""),
    Row("small already, of a release", "FROM node:22-bookworm-slim\n", says=""),
    Row("Alpine", "FROM python:3.12-alpine\n", says=""),
    Row("an image without a small variant", "FROM ubuntu:24.04\n", says=""),
    Row("somebody's own", "FROM acme/python:3.12\n", says=""),
    Row("scratch", "FROM scratch\n", says=""),
    Row("a digest", f"FROM python:3.12@sha256:{'0' * 64}\n", says=""),
    Row("a builder", "FROM python:3.12 AS b\nFROM python:3.12-slim\nCOPY --from=b /a /a\n", says=""),
    Row("a tag for triggers", "FROM python:3-onbuild\n", says=""),
    Row("Windows", "FROM python:3.12-windowsservercore\n", says=""),
    Row("an old patch, whose variants are not known", "FROM python:3.4.0\n", says=""),
    Row(
        "a Go program on its own",
        "FROM golang:1.24\nRUN go build\n",
        says="",
        without=dict.fromkeys(("later-stage", "base-stage"), "then it is a multi-stage file"),
    ),
    # Reported, and not mended.
    Row("no tag", "FROM python\n", says="image-version goes first", without={"umbrella": "image-version"}),
    Row("latest", "FROM node:latest\n", says="image-version goes first"),
    Row("a build argument", "ARG V=3.12\nFROM python:$V\n", says="a build argument decides its tag"),
    Row(
        "a build argument without a default",
        "ARG V\nFROM python:$V\n",
        says="a build argument decides its tag",
    ),
    Row("quotes", 'FROM "python:3.12"\n', says="quotes"),
    Row(
        "a mirror of one image",
        "FROM public.ecr.aws/docker/library/openjdk:17\n",
        says="may not have eclipse-temurin",
    ),
    Row("git in RUN", "FROM python:3.12\nRUN git clone https://a/b\n", says="lacks: git"),
    Row("git for pip", "FROM python:3.12\nRUN pip install git+https://a/b\n", says="lacks: git"),
    Row("curl in a heredoc", "FROM python:3.12\nRUN <<EOF\ncurl https://a | sh\nEOF\n", says="lacks: curl"),
    Row("curl in the probe", "FROM node:22\nHEALTHCHECK CMD curl -f http://localhost/\n", says="lacks: curl"),
    Row("settings of ssh", "FROM node:22\nCOPY ssh_config /root/.ssh/config\n", says="lacks: ssh"),
    Row("make in CMD", 'FROM python:3.12\nCMD ["make", "serve"]\n', says="lacks: make"),
    Row(
        "gcc in a stage built from it",
        "FROM python:3.12 AS a\nFROM a AS b\nRUN gcc a.c\nFROM a\n",
        says="lacks: gcc",
    ),
    Row("a script that is not understood", "FROM python:3.12\nRUN if wget x; then\n", says="lacks: wget"),
    Row("through another", "FROM python:3.12\nRUN ls | xargs file\n", says="lacks: file"),
    Row("a configure script", "FROM python:3.12\nRUN ./configure --prefix=/usr\n", says="lacks: gcc"),
    Row(
        "a local package",
        "FROM python:3.12\nCOPY a.deb /\nRUN dpkg -i /a.deb\n",
        says="lacks: the dependencies of what dpkg installs",
    ),
    Row(
        "a package that takes Java",
        "FROM debian:11\nRUN apt-get install -y tomcat9\n",
        says="/usr/share/man (for tomcat9)",
    ),
    Row(
        "an SDK of .NET that ships",
        "FROM mcr.microsoft.com/dotnet/core/sdk:3.0 AS a\nFROM a\nCMD b\n",
        says="which is there to build with",
    ),
    Row(
        "an SDK of .NET by its tag",
        "FROM microsoft/dotnet:2.1-sdk AS a\nFROM a\nCMD b\n",
        says="which is there to build with",
    ),
    Row("a bz2 archive", "FROM python:3.12\nRUN tar xjf a.tar.bz2\n", says="lacks: bzip2"),
    Row("an xz archive", "FROM python:3.12\nRUN tar -C / -xf a.tar.xz\n", says="lacks: xz"),
    Row("Python for Node.js", "FROM node:22\nRUN python3 gyp.py\n", says="lacks: python3"),
    Row("gems", "FROM ruby:3.3\nRUN bundle install\n", says="a compiler (for gems)"),
    Row("a gem", "FROM ruby:3.3\nRUN gem install nokogiri\n", says="a compiler (for gems)"),
    Row(
        "Java from apt",
        "FROM debian:12\nRUN apt-get install -y default-jre\n",
        says="/usr/share/man (for default-jre)",
    ),
    Row(
        "a distribution with no wheel",
        "FROM python:3.12\nRUN pip install psycopg2\n",
        says="gcc and libpq-dev (for psycopg2)",
    ),
    Row(
        "one in the requirements",
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
        context={"requirements.txt": "django\nuWSGI==2.0.28\n"},
        says="gcc (for uwsgi)",
    ),
    Row(
        "one in the project",
        "FROM python:3.12\nCOPY . .\nRUN uv sync\n",
        context={"pyproject.toml": '[project]\ndependencies = ["mysqlclient>=2"]\n'},
        says="(for mysqlclient)",
    ),
    Row(
        "headers for the image's own compiler",
        "FROM python:3.12\nRUN apt-get install -y graphviz libgraphviz-dev\nRUN pip install -r a.txt\n",
        says="a compiler (for libgraphviz-dev)",
    ),
    Row("a compiler for Java", "FROM eclipse-temurin:21\nRUN ./mvnw package\n", says="lacks: mvnw"),
    Row(
        "packages of another system",
        "FROM openjdk:17\nRUN apt-get update\n",
        says="packages of another system",
    ),
    Row("where Java was", "FROM openjdk:17\nENV J=/usr/local/openjdk-17\n", says="/usr/local/openjdk"),
    Row(
        "a toolchain that ships",
        "FROM golang:1.24 AS b\nRUN go build\nFROM golang:1.24\nCOPY --from=b /a /a\n",
        says="which is there to build with",
        without={"base-stage": "another stage"},
    ),
]

UNSAFE = [
    Row("Python", "FROM python:3.12.2\n", "FROM python:3.12.2-slim\n", says=SLIM),
    Row("a name and a comment", "FROM python:3.12 AS app\n# it\n", "FROM python:3.12-slim AS app\n# it\n"),
    Row("a release of Debian", "FROM python:3.12-bookworm\n", "FROM python:3.12-slim-bookworm\n"),
    Row("an old release of Debian", "FROM python:3.6-jessie\n", "FROM python:3.6-slim-jessie\n"),
    Row("a Node.js of old", "FROM node:0.12.4\n", "FROM node:0.12.4-slim\n"),
    Row(
        "a local package on Debian itself",
        "FROM debian:12\nCOPY a.deb /\nRUN dpkg -i /a.deb\n",
        "FROM debian:12-slim\nCOPY a.deb /\nRUN dpkg -i /a.deb\n",
    ),
    Row("Node.js has it the other way", "FROM node:22-bookworm\n", "FROM node:22-bookworm-slim\n"),
    Row("a moving tag", "FROM node:lts\n", "FROM node:lts-slim\n"),
    Row(
        "another registry",
        "FROM mirror.gcr.io/library/python:3.12\n",
        "FROM mirror.gcr.io/library/python:3.12-slim\n",
    ),
    Row("Ruby", "FROM ruby:3.3\nRUN gem install bundler\n", "FROM ruby:3.3-slim\nRUN gem install bundler\n"),
    Row(
        "gems, and what they take",
        "FROM ruby:3.3\nRUN apt-get update && apt-get install -y build-essential\nRUN bundle install\n",
        "FROM ruby:3.3-slim\nRUN apt-get update && apt-get install -y build-essential\nRUN bundle install\n",
    ),
    Row("Debian", "FROM debian:bookworm\n", "FROM debian:bookworm-slim\n", says="no documentation"),
    Row("Debian by number", "FROM debian:12.5\n", "FROM debian:12.5-slim\n"),
    Row(
        "a JDK",
        'FROM openjdk:17-jdk\nCMD ["java", "-jar", "a.jar"]\n',
        'FROM eclipse-temurin:17-jre\nCMD ["java", "-jar", "a.jar"]\n',
        says="none of the tools that only a JDK has",
    ),
    Row(
        "a JDK of the same maker",
        "FROM eclipse-temurin:21-jdk-jammy\n",
        "FROM eclipse-temurin:21-jre-jammy\n",
    ),
    Row("a JDK on Alpine", "FROM openjdk:8-jdk-alpine\n", "FROM openjdk:8-jre-alpine\n"),
    Row(
        "what apt brings first",
        "FROM python:3.12\nRUN apt-get install -y git=1:2 && git clone x\n",
        "FROM python:3.12-slim\nRUN apt-get install -y git=1:2 && git clone x\n",
    ),
    Row(
        "the base of the last stage",
        'FROM python:3.12 AS base\nFROM base AS test\nRUN pytest\nFROM base\nCMD ["a"]\n',
        'FROM python:3.12-slim AS base\nFROM base AS test\nRUN pytest\nFROM base\nCMD ["a"]\n',
    ),
    Row(
        "a wheel that has its library",
        "FROM python:3.12\nRUN pip install 'psycopg[binary]' psycopg2-binary && cat Makefile /etc/file\n",
        "FROM python:3.12-slim\nRUN pip install 'psycopg[binary]' psycopg2-binary && cat Makefile /etc/file\n",
    ),
    Row(
        "a library that apt brings",
        "FROM python:3.12\nRUN apt-get install -y gcc libpq-dev\nRUN python -m pip install --no-cache-dir psycopg2\n",
        "FROM python:3.12-slim\nRUN apt-get install -y gcc libpq-dev\nRUN python -m pip install --no-cache-dir psycopg2\n",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    LEFT_ALONE,
    (),
    UNSAFE,
    without={
        "onbuild": "what ships is the stage, not its triggers",
        "other-escape": "the backtick marks a file for Windows",
        "heredoc": "the body is a script with other words",
    },
)


@pytest.mark.parametrize(
    ("reference", "tag"),
    [
        ("python:3", "3-slim"),
        ("python:2.7", "2.7-slim"),
        ("python:3.9-stretch", "3.9-slim-stretch"),
        ("python:2.7-wheezy", None),
        ("python:3.13.0rc1", None),
        ("pypy:3.10", "3.10-slim"),
        ("perl:5.40", "5.40-slim"),
        ("perl:5.10", None),
        ("elixir:1.17-otp-27", "1.17-otp-27-slim"),
        ("erlang:27", "27-slim"),
        ("node:0.10", "0.10-slim"),
        ("node:iron-bookworm", "iron-bookworm-slim"),
        ("debian:bookworm-20240311", "bookworm-20240311-slim"),
        ("debian:8.5", None),
        ("debian:bookworm-backports", None),
        ("openjdk:8-jre", "8-jre-slim"),
        ("openjdk:16", None),
        ("eclipse-temurin:21", "21-jre"),
        ("eclipse-temurin:21-jre", None),
        ("nginx:1.27", None),
    ],
)
def test_tags(reference: str, tag: str | None) -> None:
    image = parse(reference)
    assert image is not None
    small = small_variant(image)
    assert (small and small.tag) == tag


def test_the_page_shows_what_happens() -> None:
    before, after = re.findall(r"```dockerfile\n(.*?)```", slim_base.__doc__ or "", re.DOTALL)
    settings = Settings((HOOK,), unsafe=True)
    assert mend_text(before, settings, None, BuildContext(None)).text == after


def test_image_version_goes_first(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("3.12\n")
    for names in (("image-version", "slim-base"), ("slim-base", "image-version")):
        hooks = tuple(load(name) for name in names)
        mended = mend_text("FROM python\n", Settings(hooks, unsafe=True), None, BuildContext(str(tmp_path)))
        assert mended.text == "FROM python:3.12-slim\n"
