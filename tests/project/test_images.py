from __future__ import annotations

import pytest

from dockmend._dockerfile.parser import parse as parse_file
from dockmend._project.images import Facts, facts, family
from dockmend._project.reference import Image, base_image, parse

HUB = "docker.io"


@pytest.mark.parametrize(
    ("reference", "image", "name"),
    [
        ("python", Image(HUB, "library/python", None, None), "python"),
        ("python:3.12-slim", Image(HUB, "library/python", "3.12-slim", None), "python"),
        ("python@sha256:ab", Image(HUB, "library/python", None, "sha256:ab"), "python"),
        ("python:3@sha256:ab", Image(HUB, "library/python", "3", "sha256:ab"), "python"),
        ("bitnami/nginx", Image(HUB, "bitnami/nginx", None, None), "bitnami/nginx"),
        ("docker.io/python", Image(HUB, "library/python", None, None), "python"),
        ("docker.io/library/python", Image(HUB, "library/python", None, None), "python"),
        ("index.docker.io/library/python:3", Image(HUB, "library/python", "3", None), "python"),
        ("public.ecr.aws/docker/library/python:3", Image(HUB, "library/python", "3", None), "python"),
        ("mirror.gcr.io/library/python:3", Image(HUB, "library/python", "3", None), "python"),
        ("arm64v8/node:20", Image(HUB, "library/node", "20", None), "node"),
        (
            "gcr.io/distroless/cc:debug",
            Image("gcr.io", "distroless/cc", "debug", None),
            "gcr.io/distroless/cc",
        ),
        ("localhost:5000/app", Image("localhost:5000", "app", None, None), "localhost:5000/app"),
        ("localhost/a/b:1", Image("localhost", "a/b", "1", None), "localhost/a/b"),
        (
            "public.ecr.aws/acme/app",
            Image("public.ecr.aws", "acme/app", None, None),
            "public.ecr.aws/acme/app",
        ),
        ("Scratch", Image("", "scratch", None, None), "scratch"),
    ],
)
def test_reference(reference: str, image: Image, name: str) -> None:
    assert parse(reference) == image
    assert image.name == name


@pytest.mark.parametrize(
    "reference", ["", ":3", "Python", "python:", "python: 3", "a//b", "$IMAGE", "-x", "a:b:c"]
)
def test_no_reference(reference: str) -> None:
    assert parse(reference) is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("FROM python:3\n", "python:3"),
        ("ARG V=3.12\nFROM python:$V-slim\n", "python:3.12-slim"),
        ("ARG V=3.12 S=slim\nFROM python:${V}-${S}\n", "python:3.12-slim"),
        ("ARG A=3\nARG V=$A.12\nFROM python:$V\n", "python:3.12"),
        ("ARG V\nFROM python:${V:-3.12}\n", "python:3.12"),
        ("ARG V=\nFROM python:${V:-3}\n", "python:3"),
        ("FROM python:${V-3}\n", "python:3"),
        ('ARG I="python:3"\nFROM "$I"\n', "python:3"),
        ("FROM python:3 AS a\nFROM a AS b\nFROM b\n", "python:3"),
    ],
)
def test_base_image(text: str, reference: str) -> None:
    doc = parse_file(text)
    assert base_image(doc, doc.stages[-1]) == parse(reference)


def test_base_image_with_an_open_tag() -> None:
    doc = parse_file("ARG V\nFROM python:${V}-alpine\n")
    image = base_image(doc, doc.stages[-1])
    assert image is not None
    assert (image.name, image.open, image.words) == ("python", True, ("${v}", "alpine"))
    assert family(image) == "alpine"


@pytest.mark.parametrize("text", ["ARG I\nFROM $I\n", "ARG I\nFROM $I:3\n", "FROM ${A}x\n"])
def test_base_image_unknown(text: str) -> None:
    doc = parse_file(text)
    assert base_image(doc, doc.stages[-1]) is None


@pytest.mark.parametrize(
    ("reference", "system", "user", "brings"),
    [
        ("python", "debian", "root", None),
        ("python:3.12-slim-bookworm", "debian", "root", None),
        ("python:3.12-alpine3.20", "alpine", "root", None),
        ("python:3-windowsservercore", None, "root", None),
        ("python:$V", None, "root", None),
        ("python:$V-slim", "debian", "root", None),
        ("python@sha256:ab", None, "root", None),
        ("node:22-slim", "debian", "root", "node"),
        ("ubuntu:24.04", "debian", "root", None),
        ("busybox", "busybox", "root", None),
        ("scratch", "scratch", "root", None),
        ("fedora:41", "rhel", "root", None),
        ("registry.access.redhat.com/ubi9/ubi:9.4", "rhel", "root", None),
        ("registry.access.redhat.com/ubi9", "rhel", "root", None),
        ("registry.access.redhat.com/ubi9/python-312", "rhel", None, None),
        ("openjdk:8-jre", "debian", "root", None),
        ("openjdk:17", None, "root", None),
        ("openjdk:17-slim", "debian", "root", None),
        ("openjdk:17-alpine", "alpine", "root", None),
        ("eclipse-temurin:21-jre-jammy", "debian", "root", None),
        ("eclipse-temurin:21-ubi9-minimal", None, "root", None),
        ("maven:3-amazoncorretto-21", "rhel", "root", None),
        ("gcr.io/distroless/static-debian12", "distroless", "root", "nonroot"),
        ("gcr.io/distroless/static-debian12:nonroot", "distroless", "nonroot", "nonroot"),
        ("gcr.io/distroless/static:$TAG", "distroless", None, "nonroot"),
        ("mcr.microsoft.com/dotnet/aspnet:6.0", "debian", "root", None),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-alpine", "alpine", "root", "app"),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", None, "app", None),
        ("mcr.microsoft.com/dotnet/aspnet:$V", None, None, None),
        ("mcr.microsoft.com/dotnet/core/aspnet:3.1", "debian", "root", None),
        ("microsoft/dotnet:2.1-aspnetcore-runtime-alpine", "alpine", "root", None),
        ("nvidia/cuda:12.2.0-base-ubuntu22.04", "debian", "root", None),
        ("bitnami/redis", None, "1001", None),
        ("jenkins/jenkins:lts", "debian", "jenkins", None),
        ("acme/app:1-alpine", "alpine", None, None),
        ("acme/app:1-bookworm", "debian", None, None),
        ("acme/app:1-slim", None, None, None),
        ("acme/app", None, None, None),
    ],
)
def test_facts(reference: str, system: str | None, user: str | None, brings: str | None) -> None:
    image = parse(reference)
    assert image is not None
    known = facts(image)
    assert (known.family, known.user, known.brings) == (system, user, brings)


@pytest.mark.parametrize(
    ("reference", "there", "not_there"),
    [
        ("python:3", {"python", "python3", "useradd", "bash"}, {"curl", "wget", "node"}),
        ("python:2.7", {"python"}, {"python3"}),
        ("python:3-alpine", {"python", "wget", "nc", "adduser"}, {"bash", "curl", "useradd"}),
        ("node:20-alpine", {"node", "wget"}, {"python3", "curl"}),
        ("redhat/ubi9", {"useradd", "curl"}, {"wget"}),
        ("redhat/ubi9-minimal", {"bash"}, {"useradd"}),
        ("amazonlinux:2023", {"bash"}, {"useradd"}),
        ("gcr.io/distroless/python3-debian12", {"python3"}, {"bash", "python"}),
        ("gcr.io/distroless/cc", set(), {"bash", "python3"}),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", {"python", "bash"}, {"curl"}),
        ("ghcr.io/astral-sh/uv:0.5", set(), {"python", "bash"}),
        ("nginx:1.27", {"curl"}, {"wget"}),
        ("nginx:1.18", set(), {"curl"}),
        ("nginx:alpine-slim", {"wget"}, {"curl"}),
        ("php:8-cli", {"php", "curl"}, {"wget"}),
    ],
)
def test_tools(reference: str, there: set[str], not_there: set[str]) -> None:
    image = parse(reference)
    assert image is not None
    assert there <= facts(image).tools
    assert not not_there & facts(image).tools


@pytest.mark.parametrize(
    ("reference", "full"),
    [("python:3", {"curl", "wget"}), ("python:3-slim", set()), ("node:22-alpine", set())],
)
def test_full(reference: str, full: set[str]) -> None:
    image = parse(reference)
    assert image is not None
    assert facts(image).full == full


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        ("nginx:alpine", (80, "page", True, "")),
        ("php:8-apache", (80, "page", True, "")),
        ("php:8-fpm", (9000, "tcp", True, "")),
        ("php:8", (None, "tcp", False, "")),
        ("wordpress:fpm", (9000, "tcp", True, "")),
        ("postgres:16", (5432, "tcp", True, "")),
        ("lscr.io/linuxserver/nginx", (None, "tcp", True, "ENTRYPOINT")),
        ("phusion/baseimage:0.11", (None, "tcp", False, "CMD")),
    ],
)
def test_serves(reference: str, known: tuple[int | None, str, bool, str]) -> None:
    image = parse(reference)
    assert image is not None
    found: Facts = facts(image)
    assert (found.port, found.protocol, found.drops, found.init) == known
