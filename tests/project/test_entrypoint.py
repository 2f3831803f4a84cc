from __future__ import annotations

from pathlib import Path

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._project import entrypoint
from dockmend._project.context import BuildContext
from dockmend._project.entrypoint import ACTED_ON, HANDED_ON, TAKEN, UNREAD

NOWHERE = BuildContext(None)


@pytest.mark.parametrize(
    ("image", "word", "acts"),
    [
        ("nginx", "nginx", True),
        ("nginx", "nginx-debug", True),
        ("nginx", "bash", False),
        ("nginxinc/nginx-unprivileged", "nginx", True),
        ("mongo", "mongod", True),
        ("redis", "redis-server", True),
        ("redis", "/etc/redis.conf", True),
        ("redis", "redis-cli", False),
        ("node", "server.js", True),
        ("node", "node", False),
        ("hashicorp/vault", "server", True),
        ("hashicorp/vault", "/bin/vault", False),
        ("sonarqube", "anything", True),
        ("bitnami/redis", "/opt/bitnami/scripts/redis/run.sh", True),
        ("python", "python", False),
        ("mynginx", "nginx", False),
        ("", "", False),
    ],
)
def test_images_with_an_entrypoint_that_looks(image: str, word: str, acts: bool) -> None:
    assert entrypoint.acts_on(image, word) is acts


@pytest.mark.parametrize(
    ("words", "script"),
    [
        (["/bin/sh", "-c", "a b"], "a b"),
        (["bash", "-o", "pipefail", "-c", "a"], "a"),
        (["bash", "-euxo", "pipefail", "-c", "a"], "a"),
        (["/bin/bash", "-lc", "a"], "a"),
        (["bash", "-l", "-c", "a"], "a"),
        (["sh", "-c"], None),
        (["sh", "a", "-c", "b"], None),
        (["sh", "-c", "a", "b"], None),
        (["sh", "-e", "a"], None),
        (["bash", "/a.sh"], None),
        (["a", "-c", "b"], None),
        ([], None),
    ],
)
def test_the_script_of_a_shell(words: list[str], script: str | None) -> None:
    assert entrypoint.script_of(words) == script


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("FROM a\nCMD x\n", HANDED_ON),
        ("FROM nginx\nCMD x\n", ACTED_ON),
        ("ARG B=nginx\nFROM ${B}:1\nCMD x\n", ACTED_ON),
        ("FROM $B\nCMD x\n", HANDED_ON),
        ("FROM nginx\nENTRYPOINT []\n", HANDED_ON),
        ("FROM nginx AS b\nFROM b\n", ACTED_ON),
        ("FROM a\nENTRYPOINT exec y\n", UNREAD),
        ("FROM a\nENTRYPOINT y $X ${Y:-1} && z\n", UNREAD),
        ("FROM a\nENTRYPOINT set -e; y\n", UNREAD),
        ('FROM a\nENTRYPOINT ["sh", "-c", "y"]\n', UNREAD),
        ('FROM a\nENTRYPOINT y "$@"\n', TAKEN),
        ("FROM a\nENTRYPOINT y $0\n", TAKEN),
        ("FROM a\nENTRYPOINT y ${0}\n", TAKEN),
        ("FROM a\nENTRYPOINT y ${1:-z}\n", TAKEN),
        ("FROM a\nENTRYPOINT y $#\n", TAKEN),
        ("FROM a\nENTRYPOINT for i; do y; done\n", TAKEN),
        ("FROM a\nENTRYPOINT . /y\n", TAKEN),
        ("FROM a\nENTRYPOINT shift; y\n", TAKEN),
        ("FROM a\nENTRYPOINT set -- a; y\n", TAKEN),
        ('FROM a\nENTRYPOINT ["tini", "--"]\n', HANDED_ON),
        ('FROM a\nENTRYPOINT ["tini", "-vv", "-e", "143", "--"]\n', HANDED_ON),
        ('FROM a\nENTRYPOINT ["tini", "-z"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["tini", "-e"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["env", "A=1", "dumb-init"]\n', HANDED_ON),
        ('FROM a\nENTRYPOINT ["env", "-i"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["env", "A=1", "python"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["gosu", "app"]\n', HANDED_ON),
        ('FROM a\nENTRYPOINT ["gosu"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["python", "app.py"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["e.sh"]\n', TAKEN),
        ('FROM a\nENTRYPOINT ["/e.sh", "x"]\n', TAKEN),
    ],
)
def test_the_fate_of_cmd(text: str, fate: str) -> None:
    doc = parse(text)
    assert entrypoint.fate(doc, NOWHERE, doc.stages[-1], "nginx")[0] == fate


SCRIPTS = [
    ('#!/bin/sh\nexec "$@"\n', True),
    ('#!/usr/bin/env bash\nset -euo pipefail\n# $1 here\necho "$0 $HOME" >&2\n\nexec "$@"\n', True),
    ('#! /bin/dash -e\nexec "$@"', True),
    ('#!/bin/sh\nexec gosu app:app "$@"\n', True),
    ('#!/bin/sh\nexec /sbin/tini -- "$@"\n', True),
    ('exec "$@"\n', False),
    ('#!/usr/bin/python\nexec "$@"\n', False),
    ('#!\nexec "$@"\n', False),
    ("#!/bin/sh\nexec $@\n", False),
    ('#!/bin/sh\nexec app "$@"\n', False),
    ('#!/bin/sh\n"$@"\n', False),
    ('#!/bin/sh\nif a; then\n  exec "$@"\nfi\n', False),
    ('#!/bin/sh\ncase "$1" in a) b;; esac\nexec "$@"\n', False),
    ('#!/bin/sh\n[ $# = 0 ] && exit\nexec "$@"\n', False),
    ('#!/bin/sh\necho ${1#-}\nexec "$@"\n', False),
    ('#!/bin/sh\nset -- a "$@"\nexec "$@"\n', False),
    ('#!/bin/sh\nset a b\nexec "$@"\n', False),
    ('#!/bin/sh\nshift\nexec "$@"\n', False),
    ('#!/bin/sh\n. /env\nexec "$@"\n', False),
    ('#!/bin/bash\nsource /env\nexec "$@"\n', False),
    ('#!/bin/sh\nfor x\ndo y; done\nexec "$@"\n', False),
    ('#!/bin/sh\nrun \\\nexec "$@"\n', False),
    ("#!/bin/sh\n", False),
]


@pytest.mark.parametrize(("script", "hands_on"), SCRIPTS, ids=range(len(SCRIPTS)))
def test_scripts(script: str, hands_on: bool, tmp_path: Path) -> None:
    (tmp_path / "e.sh").write_text(script)
    doc = parse('FROM a\nCOPY e.sh /\nENTRYPOINT ["/e.sh"]\n')
    build = BuildContext(str(tmp_path))
    assert entrypoint.hands_on(doc, build, doc.stages[0], ("/e.sh",), "x") is hands_on


IMAGES = [
    ("COPY e.sh /", "/e.sh", "e"),
    ("COPY e.sh /e.sh", "/e.sh", "e"),
    ("COPY e.sh /usr/bin", "/usr/bin/e.sh", "e"),
    ("COPY e.sh f.sh /b/", "/b/f.sh", "f"),
    ('COPY ["e.sh", "/b c/"]', "/b c/e.sh", "e"),
    ("COPY --chmod=755 e.sh /x", "/x", "e"),
    ("ADD *.sh /b/", "/b/f.sh", "f"),
    ("COPY bin /b", "/b/g.sh", "g"),
    ("COPY . /b", "/b/bin/g.sh", "g"),
    ("WORKDIR /w\nCOPY . .", "bin/g.sh", "g"),
    ("WORKDIR /w\nCOPY . .", "./e.sh", "e"),
    ("ENV D=/w\nCOPY e.sh $D/", "/w/e.sh", "e"),
    ("COPY e.sh /x\nCOPY f.sh /x", "/x", "f"),
    ("COPY e.sh /x\nRUN chmod +x /x", "/x", "e"),
    ("COPY e.sh /x\nRUN make y", "/x", "e"),
    ("COPY e.sh /x\nRUN sed -i s/a/b/ /x", "/x", None),
    ("COPY e.sh /x\nCOPY --from=b / /", "/x", None),
    ("COPY e.sh /x\nCOPY --from=b /y /z/", "/x", "e"),
    ("COPY e.sh /x\nCOPY f.sh $D", "/x", None),
    ("COPY e.sh /x\nCOPY $D /x", "/x", None),
    ("ARG S\nCOPY $S /x", "/x", None),
    ("COPY e.sh /x\nFROM x", "/x", None),
    ("COPY nothing /x", "/x", None),
    ("COPY e.sh /y", "/x", None),
    ("COPY bin /x", "/x", None),
    ("COPY e.sh x", "x", None),
    ("COPY <<EOF /x\nh\nEOF", "/x", "h\n"),
    ("COPY <<EOF /d/\nh\nEOF", "/d/EOF", "h\n"),
    ("COPY <<EOF /x\n$h\nEOF", "/x", None),
    ("COPY <<'EOF' /x\n$h\nEOF", "/x", "$h\n"),
]


@pytest.mark.parametrize(("text", "path", "content"), IMAGES)
def test_files_of_an_image(text: str, path: str, content: str | None, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("e.sh", "f.sh", "bin/g.sh"):
        (tmp_path / name).write_text(name[-4])
    doc = parse(f"FROM a\n{text}\n")
    assert entrypoint.image_file(doc, BuildContext(str(tmp_path)), doc.stages[-1], path) == content


def test_files_of_the_stages_below(tmp_path: Path) -> None:
    (tmp_path / "e.sh").write_text("e")
    doc = parse("FROM a AS b\nCOPY e.sh /\nFROM b\nRUN c\n")
    assert entrypoint.image_file(doc, BuildContext(str(tmp_path)), doc.stages[-1], "/e.sh") == "e"
    assert entrypoint.image_file(doc, NOWHERE, doc.stages[-1], "/e.sh") is None


def test_too_many_layers_are_not_looked_through(tmp_path: Path) -> None:
    (tmp_path / "e.sh").write_text("e")
    build = BuildContext(str(tmp_path))
    many = parse("FROM a\n" + "COPY e.sh /\n" * 1001)
    assert entrypoint.image_file(many, build, many.stages[0], "/e.sh") is None
    deep = parse("FROM a AS s0\nCOPY e.sh /\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(150)))
    assert entrypoint.image_file(deep, build, deep.stages[-1], "/e.sh") is None
