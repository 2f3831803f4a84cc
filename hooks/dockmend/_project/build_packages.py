"""System packages that are there to build with, and what of them has to stay for what was built.

https://packages.debian.org and https://pkgs.alpinelinux.org. Only libraries whose package keeps its name over
the releases are named: of others it is not known here what a header package leaves behind.
"""

from __future__ import annotations

from dockmend._project.images import ALPINE
from dockmend._typing import NamedTuple

_TOOLS = frozenset({
    "build-essential", "build-base", "alpine-sdk", "gcc", "g++", "cpp", "clang", "make", "cmake",
    "ninja-build", "ninja", "samurai", "autoconf", "automake", "libtool", "pkg-config", "pkgconf",
    "pkgconfig", "binutils", "dpkg-dev", "swig", "bison", "flex", "cargo", "rust", "rustc", "cython",
    "cython3", "gfortran", "libc-dev", "libc6-dev", "musl-dev",
})  # fmt: skip

# Any of their names, and any that ends in -dev or -devel, has one of these.
_HINTS = (
    "-dev", "build-", "-sdk", "gcc", "g++", "cpp", "clang", "make", "ninja", "samurai", "autoconf", "libtool",
    "pkg-config", "pkgconf", "binutils", "swig", "bison", "flex", "cargo", "rust", "cython", "gfortran",
    "linux-headers",
)  # fmt: skip

# The images of Python link with these themselves.
_IN_PYTHON = frozenset(
    """
    libffi-dev libssl-dev zlib1g-dev libsqlite3-dev libbz2-dev liblzma-dev libreadline-dev uuid-dev
    libncurses-dev libncurses5-dev libncursesw5-dev libexpat1-dev openssl-dev zlib-dev sqlite-dev
    bzip2-dev xz-dev readline-dev ncurses-dev expat-dev util-linux-dev
    """.split()  # noqa: SIM905
)
_DEBIAN_LIBRARIES = {
    "libpq-dev": "libpq5", "default-libmysqlclient-dev": "libmariadb3", "libmariadb-dev": "libmariadb3",
    "libxml2-dev": "libxml2", "libxslt1-dev": "libxslt1.1", "libxslt-dev": "libxslt1.1",
    "libjpeg-dev": "libjpeg62-turbo", "libjpeg62-turbo-dev": "libjpeg62-turbo",
    "libfreetype6-dev": "libfreetype6", "libfreetype-dev": "libfreetype6", "libpng-dev": "libpng16-16",
    "liblcms2-dev": "liblcms2-2",
    "libopenjp2-7-dev": "libopenjp2-7", "libcairo2-dev": "libcairo2", "libpango1.0-dev": "libpango-1.0-0",
    "libyaml-dev": "libyaml-0-2", "libsasl2-dev": "libsasl2-2", "unixodbc-dev": "unixodbc",
    "libsndfile1-dev": "libsndfile1", "portaudio19-dev": "libportaudio2", "libev-dev": "libev4",
    "librdkafka-dev": "librdkafka1", "libgeos-dev": "libgeos-c1v5", "libsodium-dev": "libsodium23",
    "libmagic-dev": "libmagic1", "libcurl4-openssl-dev": "libcurl4", "libgmp-dev": "libgmp10",
    "libmpfr-dev": "libmpfr6", "libsnappy-dev": "libsnappy1v5", "libzmq3-dev": "libzmq5",
    "libkrb5-dev": "libgssapi-krb5-2", "freetds-dev": "libsybdb5", "libpcre3-dev": "libpcre3",
    "gfortran": "libgfortran5",
}  # fmt: skip
_ALPINE_LIBRARIES = {
    "libpq-dev": "libpq", "postgresql-dev": "libpq", "mariadb-dev": "mariadb-connector-c",
    "mariadb-connector-c-dev": "mariadb-connector-c", "libxml2-dev": "libxml2", "libxslt-dev": "libxslt",
    "jpeg-dev": "libjpeg-turbo", "libjpeg-turbo-dev": "libjpeg-turbo", "freetype-dev": "freetype",
    "libpng-dev": "libpng", "lcms2-dev": "lcms2", "openjpeg-dev": "openjpeg", "tiff-dev": "tiff",
    "libwebp-dev": "libwebp", "cairo-dev": "cairo", "pango-dev": "pango", "yaml-dev": "yaml",
    "openldap-dev": "libldap", "unixodbc-dev": "unixodbc", "curl-dev": "libcurl", "gdal-dev": "gdal",
    "geos-dev": "geos", "proj-dev": "proj", "libsodium-dev": "libsodium", "libffi-dev": "libffi",
    "gmp-dev": "gmp", "librdkafka-dev": "librdkafka", "snappy-dev": "snappy", "zeromq-dev": "libzmq",
    "libev-dev": "libev",
    "g++": "libstdc++", "build-base": "libstdc++", "alpine-sdk": "libstdc++", "gfortran": "libgfortran",
}  # fmt: skip


class Package(NamedTuple):
    """What a package is for: `builds` for building alone.

    `leaves` is the package that has to be there for what was built, "" for none, None where it is not known.
    """

    builds: bool
    leaves: str | None


def package(name: str, family: str) -> Package:
    """What the package `name` of Debian (or of Alpine, as `family` says) is for, on an image of Python."""
    libraries = _ALPINE_LIBRARIES if family == ALPINE else _DEBIAN_LIBRARIES
    if name in libraries:
        return Package(True, libraries[name])
    if name in _IN_PYTHON or _is_tool(name):
        return Package(True, "")
    headers = name[1:].endswith(("-dev", "-devel")) and name[0].isalnum()
    return Package(True, None) if headers else Package(False, name)


def may_build(text: str) -> bool:
    """Whether a script may name a package that is there to build with: a cheap look ahead of reading it."""
    return any(hint in text for hint in _HINTS)


def _is_tool(name: str) -> bool:
    """Whether it is a tool or what that needs, maybe with a version: gcc, gcc-12, python3.11-dev."""
    plain = name.rstrip("0123456789.")
    plain = plain[:-1] if plain != name and plain.endswith("-") else name
    python = plain.removeprefix("lib").removesuffix("-dev")
    return (
        plain in _TOOLS
        or plain.startswith("linux-headers")
        or (plain.endswith("-dev") and python.rstrip("0123456789.") == "python")
    )
