"""Small variants of well-known images, and what they lack.

The tags are those of https://github.com/docker-library/official-images/tree/master/library (its history for
old ones) and https://hub.docker.com/_/eclipse-temurin.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._project.reference import Image

BUILD, JDK, DOCS = "build", "jdk", "docs"

# What buildpack-deps adds to Debian, by the packages that bring it back:
# https://github.com/docker-library/buildpack-deps/blob/master/debian/bookworm/Dockerfile and its curl and scm
_BUILD_TOOLS = {
    "autoconf": "autoconf", "automake": "automake", "bzip2": "bzip2", "c++": "g++", "cc": "gcc",
    "convert": "imagemagick", "cpp": "gcc", "curl": "curl", "dpkg-buildpackage": "dpkg-dev", "file": "file",
    "g++": "g++", "gcc": "gcc", "git": "git", "gpg": "gnupg", "hg": "mercurial",
    "identify": "imagemagick", "libtool": "libtool", "make": "make",
    "mysql_config": "default-libmysqlclient-dev", "patch": "patch",
    "pg_config": "libpq-dev", "pgrep": "procps", "pkg-config": "pkg-config", "pkill": "procps",
    "ps": "procps", "scp": "openssh-client", "ssh": "openssh-client", "ssh-keygen": "openssh-client",
    "ssh-keyscan": "openssh-client", "svn": "subversion", "top": "procps", "unzip": "unzip", "wget": "wget",
    "xml2-config": "libxml2-dev", "xz": "xz-utils",
}  # fmt: skip
_NODE_TOOLS = {"python": "python-is-python3", "python3": "python3", "python2": "python2"}
_JDK_TOOLS = dict.fromkeys(
    """
    javac jar javadoc jlink jdeps jpackage jshell jcmd jmap jstack jps jstat mvn mvnw gradle gradlew ant
    sbt lein native-image
    """.split(),  # noqa: SIM905
    "a JDK",
)
# Packages that bring several of the tools.
BRING = {
    "build-essential": frozenset({"gcc", "g++", "make", "dpkg-dev"}), "g++": frozenset({"gcc"}),
    "pkgconf": frozenset({"pkg-config"}), "openssh-server": frozenset({"openssh-client"}),
    "libmysqlclient-dev": frozenset({"default-libmysqlclient-dev"}), "git-core": frozenset({"git"}),
    "libmariadb-dev": frozenset({"default-libmysqlclient-dev"}), "gnupg2": frozenset({"gnupg"}),
}  # fmt: skip

# Distributions that are built when they are installed, or that load a library of the system, by the Debian
# packages they take: their own installation pages.
PYTHON_NEEDS = {
    **dict.fromkeys(
        ("uwsgi", "netifaces", "pylibmc", "mod-wsgi", "py-radix", "m2crypto", "dbus-python"), ("gcc",)
    ),
    **dict.fromkeys(("xmlsec", "pymssql", "fbprophet"), ("gcc",)),
    **dict.fromkeys(("pygraphviz", "pyicu", "python-snappy"), ("g++",)),
    **dict.fromkeys(("psycopg2", "psycopg-c"), ("gcc", "libpq-dev")),
    "psycopg": ("libpq5",),
    "mysqlclient": ("gcc", "default-libmysqlclient-dev"),
    "python-ldap": ("gcc", "libldap2-dev"),
    "python-magic": ("libmagic1",),
    "wand": ("libmagickwand-dev",),
    "pycairo": ("gcc", "libcairo2-dev"),
    "gssapi": ("gcc", "libkrb5-dev"),
    "pycurl": ("gcc", "libcurl4-openssl-dev"),
}

_DEBIAN = regex(
    r"(?:(?:wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|forky)(?:-[0-9]{8})?"
    r"|sid|unstable|testing|stable|oldstable|[789]|1[0-9](?:\.[0-9]+)?)\Z"
)
_CODENAME = r"(?:-(jessie|stretch|buster|bullseye|bookworm|trixie|forky))?\Z"


class Small(NamedTuple):
    """The small variant of an image: its `name` and `tag`, and what kind of thing it lacks.

    `lacks` are the commands it lacks, by the Debian package that brings each.
    """

    name: str
    tag: str
    kind: str
    lacks: dict[str, str]


def small_variant(image: Image) -> Small | None:
    """The small variant of the image at its own version; None where there is none, or none is known.

    None too for an image that is small already.
    """
    rule = _RULES.get(image.name)
    return None if rule is None or image.tag is None else rule(image.name, image.tag)


def has_small_variant(name: str) -> bool:
    """Whether versions of the image have a small variant."""
    return name in _RULES


def is_toolchain(image: Image) -> bool:
    """Whether the image is one to build with, of a language whose programs run without it."""
    return image.name in _TOOLCHAINS or (image.name == "microsoft/dotnet" and "sdk" in image.words)


_TOOLCHAINS = frozenset(
    """
    golang rust maven gradle gcc mcr.microsoft.com/dotnet/sdk mcr.microsoft.com/dotnet/core/sdk
    microsoft/aspnetcore-build
    """.split()  # noqa: SIM905
)


def _slim(pattern: str, *, last: bool = False, extra: dict[str, str] | None = None) -> _Rule:
    """A rule for tags that are a version, or a version and Debian's code name, which goes `last` or not."""
    shape = regex(f"({pattern}){_CODENAME}")
    lacks = {**_BUILD_TOOLS, **(extra or {})}

    def rule(name: str, tag: str) -> Small | None:
        match = shape.match(tag)
        if match is None:
            return None
        version, codename = match[1], match[match.lastindex or 1] if match.lastindex != 1 else ""
        middle = f"-{codename}" if codename else ""
        small = f"{version}{middle}-slim" if last else f"{version}-slim{middle}"
        return Small(name, small, BUILD, lacks)

    return rule


def _debian(name: str, tag: str) -> Small | None:
    return Small(name, f"{tag}-slim", DOCS, {}) if _DEBIAN.match(tag) else None


def _openjdk(name: str, tag: str) -> Small | None:
    """The image is no longer built: https://hub.docker.com/_/openjdk; what there is of it stays."""
    if re.match(r"8(?:-jdk)?-alpine\Z", tag):
        return Small(name, "8-jre-alpine", JDK, _JDK_TOOLS)
    if name == "openjdk" and re.match(r"(?:8|11)-jre\Z", tag):
        return Small(name, f"{tag}-slim", BUILD, _BUILD_TOOLS)
    match = re.match(r"(8|11|17|21)(?:-jdk)?(?:-(?:stretch|buster|bullseye))?\Z", tag)
    return Small("eclipse-temurin", f"{match[1]}-jre", JDK, {**_BUILD_TOOLS, **_JDK_TOOLS}) if match else None


def _temurin(name: str, tag: str) -> Small | None:
    match = re.match(r"(8|11|17|21|25)(?:-jdk)?(-(?:focal|jammy|noble|alpine|ubi[0-9]-minimal))?\Z", tag)
    return Small(name, f"{match[1]}-jre{match[2] or ''}", JDK, _JDK_TOOLS) if match else None


_Rule = Callable[[str, str], "Small | None"]
_RULES: dict[str, _Rule] = {
    "python": _slim(r"2(?:\.7(?:\.1[0-9])?)?|3(?:\.[0-9]+|\.(?:[5-9]|[1-9][0-9])\.[0-9]+)?"),
    "pypy": _slim(r"[23](?:\.[0-9]+)?"),
    "node": _slim(
        r"(?:0\.1[02]|[4-9]|[1-9][0-9])(?:\.[0-9]+){0,2}|lts|dubnium|erbium|fermium|gallium|hydrogen|iron|jod|krypton",
        last=True,
        extra=_NODE_TOOLS,
    ),
    "ruby": _slim(r"2(?:\.[1-7](?:\.[0-9]+)?)?|[34](?:\.[0-9]+){0,2}"),
    "perl": _slim(r"5\.[3-9][0-9](?:\.[0-9]+)?"),
    "elixir": _slim(r"1\.[0-9]+(?:\.[0-9]+)?(?:-otp-[0-9]+)?"),
    "erlang": _slim(r"(?:2[0-9])(?:\.[0-9]+){0,3}"),
    "debian": _debian,
    "openjdk": _openjdk,
    "java": _openjdk,
    "eclipse-temurin": _temurin,
}
